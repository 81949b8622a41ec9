/** Environments as people keep them. A change makes every plan of before stale: what was approved would be another thing. */
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import type {
  CreateInfraEnvironmentBody,
  InfraEnvironmentView,
  UpdateInfraEnvironmentBody,
} from '@aws-deployer/platform/contracts/infra';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { z } from 'zod';
import type { InfraSchema } from '../schema.js';
import { environmentView, findEnvironment, type EnvironmentRow } from './environment.js';
import type { RunFiles } from '../runs/run-files.js';
import type { ModuleFolders } from './module-folders.js';
import { refuseVariables } from './module-variables.js';
import { allValues, secretValues, storeVariables } from './stored-variables.js';

export interface EnvironmentServiceParts {
  readonly database: Database<InfraSchema>;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly modules: ModuleFolders;
  readonly files: RunFiles;
}

export class EnvironmentService {
  constructor(private readonly parts: EnvironmentServiceParts) {}

  async list({ limit, cursor }: PageQuery): Promise<Page<InfraEnvironmentView>> {
    let query = this.parts.database.db
      .selectFrom('infra_environments')
      .selectAll()
      .orderBy('name')
      .limit(limit + 1);
    if (cursor !== undefined) query = query.where('name', '>', String(decodeCursor(cursor, 1)[0]));
    return pageFrom(await query.execute(), limit, environmentView, ({ name }) => [name]);
  }

  async get(idOrName: string): Promise<InfraEnvironmentView> {
    return environmentView(await findEnvironment(this.parts.database.db, idOrName));
  }

  async create(body: z.output<typeof CreateInfraEnvironmentBody>, origin: Origin): Promise<InfraEnvironmentView> {
    const { box, clock, database, modules } = this.parts;
    await this.#refuseUnknownModule(body.module);
    const id = newId();
    const now = clock.now();
    const variables = storeVariables(box, id, body.variables, {});
    refuseVariables(body.module, await modules.variables(body.module), allValues(box, id, variables), false);
    const row: EnvironmentRow = {
      id,
      name: body.name,
      description: body.description,
      module: body.module,
      ...variables,
      account: body.account,
      region: body.region,
      backend: JSON.stringify(body.backend),
      drift_minutes: body.drift_minutes,
      drift_status: 'unknown',
      drift_checked_at: null,
      drift_run: null,
      drift_changes: 0,
      drift_since: null,
      drift_next_at: nextDrift(body.drift_minutes, now),
      status: 'empty',
      current_version: null,
      version_count: 0,
      generation: 0,
      active_run: null,
      created_by: origin.principal?.username ?? 'platform',
      created_at: instant(now),
      updated_at: instant(now),
    };
    await inTransaction(database, async (trx) => {
      if (!(await insertedIfAbsent(trx.insertInto('infra_environments').values(row))))
        throw new AppError('conflict', 'environment_exists', `There is an environment ${body.name} already`);
      await recordAction(trx, origin, {
        type: 'infra_environment.create',
        targetType: 'infra_environment',
        target: row.name,
        after: environmentView(row),
      });
    });
    return environmentView(row);
  }

  async update(
    idOrName: string,
    body: z.output<typeof UpdateInfraEnvironmentBody>,
    origin: Origin,
  ): Promise<InfraEnvironmentView> {
    const { box, clock, database, modules } = this.parts;
    if (body.module !== undefined) await this.#refuseUnknownModule(body.module);
    const module = body.module ?? (await findEnvironment(database.db, idOrName)).module;
    // One that is gone is said when it is planned: what else is changed here does not need it.
    const declared = body.module === undefined && body.variables === undefined ? null : await modules.variables(module);
    return inTransaction(database, async (trx) => {
      const row = await findEnvironment(trx, idOrName);
      const now = clock.now();
      const variables =
        body.variables === undefined
          ? row
          : storeVariables(box, row.id, body.variables, secretValues(box, row.id, row));
      refuseVariables(module, declared, allValues(box, row.id, variables), false);
      const changed = {
        description: body.description ?? row.description,
        module: body.module ?? row.module,
        variables: variables.variables,
        secret_variables: variables.secret_variables,
        secret_names: variables.secret_names,
        account: body.account === undefined ? row.account : body.account,
        region: body.region === undefined ? row.region : body.region,
        backend: body.backend === undefined ? row.backend : JSON.stringify(body.backend),
        ...(body.drift_minutes === undefined
          ? {}
          : { drift_minutes: body.drift_minutes, drift_next_at: nextDrift(body.drift_minutes, now) }),
        generation: Number(row.generation) + 1,
        updated_at: instant(now),
      };
      const { numUpdatedRows } = await trx
        .updateTable('infra_environments')
        .set(changed)
        .where('id', '=', row.id)
        .where('generation', '=', row.generation)
        .executeTakeFirst();
      if (numUpdatedRows === 0n)
        throw new AppError('conflict', 'environment_moved', `The environment ${row.name} was changed meanwhile`);
      const view = environmentView({ ...row, ...changed });
      await recordAction(trx, origin, {
        type: 'infra_environment.update',
        targetType: 'infra_environment',
        target: row.name,
        before: environmentView(row),
        after: view,
      });
      return view;
    });
  }

  /** Refused while it has anything: what nobody knows of any more could not be taken away either. Files of its runs go, its state stays. */
  async remove(idOrName: string, origin: Origin): Promise<void> {
    const id = await inTransaction(this.parts.database, async (trx) => {
      const row = await findEnvironment(trx, idOrName);
      const open = await trx
        .selectFrom('infra_runs')
        .select('id')
        .where('environment_id', '=', row.id)
        .where('ended_at', 'is', null)
        .executeTakeFirst();
      if (open !== undefined)
        throw new AppError('conflict', 'environment_busy', `The environment ${row.name} has a run that has not ended`);
      if (row.status !== 'empty')
        throw new AppError(
          'conflict',
          'environment_not_empty',
          `The environment ${row.name} still has its infrastructure: apply a destroy plan first`,
        );
      await trx.deleteFrom('infra_environments').where('id', '=', row.id).execute();
      await recordAction(trx, origin, {
        type: 'infra_environment.delete',
        targetType: 'infra_environment',
        target: row.name,
        before: environmentView(row),
      });
      return row.id;
    });
    await this.parts.files.clean(id); // a plan among them holds secrets in the clear
  }

  async #refuseUnknownModule(module: string): Promise<void> {
    const names = await this.parts.modules.list();
    if (names.includes(module)) return;
    throw invalidField(
      'module',
      `there is no module ${module}`,
      names.length === 0 ? 'put one below DATA_DIR/infra/modules' : `take one of ${names.join(', ')}`,
      'module_not_found',
    );
  }
}

export const nextDrift = (minutes: number | null, now: Date): string | null =>
  minutes === null ? null : instant(new Date(now.getTime() + minutes * 60_000));
