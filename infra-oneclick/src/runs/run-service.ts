/** Runs as people ask for them. Nothing changes anything but the apply of a plan, by the hash of the very plan that was read. */
import type {
  ApplyPlanBody,
  InfraRunView,
  InfraVersionView,
  PlansQuery,
  RunKind,
  RunsQuery,
  StartRunBody,
} from '@aws-deployer/platform/contracts/infra';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { Transaction } from 'kysely';
import type { z } from 'zod';
import { findEnvironment, type EnvironmentRow } from '../environments/environment.js';
import type { ModuleFolders } from '../environments/module-folders.js';
import { refuseVariables } from '../environments/module-variables.js';
import { allValues } from '../environments/stored-variables.js';
import type { Principal } from '@aws-deployer/platform/auth/principal';
import { refuseAccountUse } from '../identity/cloud-identity.js';
import type { InfraSchema } from '../schema.js';
import {
  findRun,
  hasEnded,
  runView,
  snapshotNow,
  snapshotOf,
  snapshotOfVersion,
  whyNotApplicable,
  type RunRow,
} from './run.js';
import { insertRun, type NewRun } from './new-run.js';
import { insertEvents } from './run-store.js';
import { findVersion, versionView } from './versions.js';

export interface RunServiceParts {
  readonly database: Database<InfraSchema>;
  readonly clock: Clock;
  readonly modules: ModuleFolders;
  readonly box: SecretBox;
  /** There is something to do. */
  readonly wake: () => void;
  readonly cancelled: (id: string) => void;
}
/** Who asks, and from where. */
export interface Asker {
  readonly origin: Origin;
  readonly principal: Principal;
}
export class RunService {
  constructor(private readonly parts: RunServiceParts) {}

  list({ kind, ...query }: z.output<typeof RunsQuery>): Promise<Page<InfraRunView>> {
    return this.#list(query, kind === undefined ? undefined : [kind]);
  }

  /** The runs that make plans which can be applied. */
  plans({ kind, ...query }: z.output<typeof PlansQuery>): Promise<Page<InfraRunView>> {
    return this.#list(query, kind === undefined ? ['plan', 'destroy'] : [kind]);
  }

  async #list(
    { limit, cursor, environment, status }: Omit<z.output<typeof RunsQuery>, 'kind'>,
    kinds: readonly RunKind[] | undefined,
  ): Promise<Page<InfraRunView>> {
    const { db } = this.parts.database;
    let query = db
      .selectFrom('infra_runs')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (environment !== undefined)
      query = query.where('environment_id', '=', (await findEnvironment(db, environment)).id);
    if (kinds !== undefined) query = query.where('kind', 'in', kinds);
    if (status !== undefined) query = query.where('status', '=', status);
    if (cursor !== undefined) query = query.where('id', '<', String(decodeCursor(cursor, 1)[0]));
    const rows = await query.execute();
    const views = new Map<string, InfraRunView>();
    for (const row of rows) views.set(row.id, await this.#view(row));
    return pageFrom(
      rows,
      limit,
      ({ id }) => views.get(id) as InfraRunView,
      ({ id }) => [id],
    );
  }

  /** Throws not_found/`plan_not_found` also on a run that makes no plan to be applied. */
  async plan(id: string): Promise<InfraRunView> {
    const view = await this.get(id);
    if (view.kind === 'plan' || view.kind === 'destroy') return view;
    throw new AppError(
      'not_found',
      'plan_not_found',
      `The run ${id} makes no plan that could be applied: it is ${view.kind}`,
    );
  }

  async get(id: string): Promise<InfraRunView> {
    return this.#view(await findRun(this.parts.database.db, id));
  }

  async versions(idOrName: string, { limit, cursor }: PageQuery): Promise<Page<InfraVersionView>> {
    const { db } = this.parts.database;
    const environment = await findEnvironment(db, idOrName);
    let query = db
      .selectFrom('infra_versions')
      .selectAll()
      .where('environment_id', '=', environment.id)
      .orderBy('number', 'desc')
      .limit(limit + 1);
    if (cursor !== undefined) query = query.where('number', '<', Number(decodeCursor(cursor, 1)[0]));
    return pageFrom(
      await query.execute(),
      limit,
      (row) => versionView(environment, row),
      ({ number }) => [Number(number)],
    );
  }

  /** Throws invalid/`variables_invalid` before anything is queued where the variables do not fit their module. */
  async start(idOrName: string, body: z.output<typeof StartRunBody>, asker: Asker): Promise<InfraRunView> {
    if (body.kind === 'plan' && body.version === undefined) await this.#refuseVariables(idOrName);
    return this.#queue(asker, async (trx) => {
      const environment = await findEnvironment(trx, idOrName);
      const { kind } = body;
      const number = body.version ?? (kind === 'drift' ? environment.current_version : null);
      if (kind === 'drift' && number === null)
        throw new AppError(
          'conflict',
          'nothing_applied',
          `Nothing of ${environment.name} is applied: there is no drift`,
        );
      const version = number === null ? undefined : await findVersion(trx, environment, Number(number));
      const snapshot = version === undefined ? snapshotNow(environment) : snapshotOfVersion(environment, version);
      const reason = kind === 'plan' && version !== undefined ? `Back to version ${version.number}` : '';
      return {
        environment,
        run: { kind, snapshot, reason, generation: Number(environment.generation), fromVersion: version?.number },
      };
    });
  }

  /** Throws conflict when the plan is another than the one that was read, or no longer what would happen. */
  async apply(planId: string, { plan_hash }: z.output<typeof ApplyPlanBody>, asker: Asker): Promise<InfraRunView> {
    return this.#queue(asker, async (trx, id) => {
      const plan = await findRun(trx, planId);
      const environment = await findEnvironment(trx, plan.environment_id);
      const refused = whyNotApplicable(plan, Number(environment.generation), instant(this.parts.clock.now()));
      if (refused !== null) throw refused;
      if (plan.plan_hash !== plan_hash)
        throw new AppError(
          'conflict',
          'plan_hash_mismatch',
          'That is not the hash of this plan: read the plan again and approve what it says now',
        );
      const generation = Number(environment.generation) + 1;
      const taken = await trx
        .updateTable('infra_environments')
        .set({ generation })
        .where('id', '=', environment.id)
        .where('generation', '=', environment.generation)
        .executeTakeFirst();
      const marked = await trx
        .updateTable('infra_runs')
        .set({ applied_by: id })
        .where('id', '=', plan.id)
        .where('applied_by', 'is', null)
        .executeTakeFirst();
      if (taken.numUpdatedRows === 0n || marked.numUpdatedRows === 0n)
        throw new AppError('conflict', 'plan_stale', 'Another plan was applied just now: plan anew');
      const reason = `Approved by ${asker.origin.principal?.username ?? 'the platform'}: ${plan.reason}`;
      return { environment, run: { kind: 'apply', snapshot: snapshotOf(plan), reason, generation, planRun: plan.id } };
    });
  }

  /** Plans anew what a run that did not come to its end was to do; what is there already is not made twice. */
  async resume(id: string, asker: Asker): Promise<InfraRunView> {
    return this.#queue(asker, async (trx) => {
      const before = await findRun(trx, id);
      if (before.status !== 'interrupted' && before.status !== 'failed' && before.status !== 'cancelled')
        throw new AppError('conflict', 'run_not_resumable', `The run is ${before.status}: there is nothing to resume`);
      const plan = before.plan_run === null ? before : await findRun(trx, before.plan_run);
      const environment = await findEnvironment(trx, before.environment_id);
      const run = {
        kind: plan.kind as RunKind,
        snapshot: snapshotOf(before),
        reason: `Resumes the run ${before.id}`,
        generation: Number(environment.generation),
        fromVersion: plan.from_version ?? undefined,
      };
      return { environment, run };
    });
  }

  async cancel(id: string, origin: Origin): Promise<InfraRunView> {
    const { database, clock, cancelled } = this.parts;
    const now = instant(clock.now());
    await inTransaction(database, async (trx) => {
      const row = await findRun(trx, id);
      if (hasEnded(row.status as InfraRunView['status']))
        throw new AppError('conflict', 'run_ended', `The run has ended: it is ${row.status}`);
      const reason = `Cancelled by ${origin.principal?.username ?? 'the platform'}`;
      const queued = row.status === 'queued';
      const { numUpdatedRows } = await trx
        .updateTable('infra_runs')
        .set((eb) => ({
          cancel_requested: 1,
          reason,
          version: eb('version', '+', 1),
          ...(queued ? { status: 'cancelled', ended_at: now } : {}),
        }))
        .where('id', '=', id)
        .where('status', '=', row.status)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw new AppError('conflict', 'run_moved', 'The run went on just now: try again');
      if (queued) await insertEvents(trx, id, [{ type: 'state', data: { status: 'cancelled', phase: null, reason } }]);
      await recordAction(trx, origin, {
        type: 'infra_run.cancel',
        targetType: 'infra_run',
        target: id,
        after: { environment: row.environment, kind: row.kind },
      });
    });
    cancelled(id);
    return this.get(id);
  }

  async #refuseVariables(idOrName: string): Promise<void> {
    const { database, modules, box } = this.parts;
    const environment = await findEnvironment(database.db, idOrName);
    const { module, id } = environment;
    refuseVariables(module, await modules.variables(module).catch(unknown), allValues(box, id, environment), true);
  }

  async #queue(
    { origin, principal }: Asker,
    ask: (trx: Transaction<InfraSchema>, id: string) => Promise<{ environment: EnvironmentRow; run: NewRun }>,
  ): Promise<InfraRunView> {
    const id = newId();
    await inTransaction(this.parts.database, async (trx) => {
      const { environment, run } = await ask(trx, id);
      refuseAccountUse(principal, run.snapshot.account);
      await insertRun(trx, id, environment, run, origin, instant(this.parts.clock.now()));
    });
    this.parts.wake();
    return this.get(id);
  }

  async #view(row: RunRow): Promise<InfraRunView> {
    const { db } = this.parts.database;
    const environment = await db
      .selectFrom('infra_environments')
      .select('generation')
      .where('id', '=', row.environment_id)
      .executeTakeFirst();
    const plan = row.plan_run === null ? undefined : await findRun(db, row.plan_run);
    const summary =
      plan?.summary == null ? undefined : (JSON.parse(plan.summary) as NonNullable<InfraRunView['summary']>);
    return runView(row, {
      generation: environment === undefined ? undefined : Number(environment.generation),
      total: summary === undefined ? undefined : summary.changes.length + summary.more_changes,
      now: instant(this.parts.clock.now()),
    });
  }
}

/** A module that is gone is said by the plan, where it is looked for again. */
const unknown = (error: unknown): null => {
  if (error instanceof AppError && error.code === 'module_not_found') return null;
  throw error;
};
