/**
 * The lock of an environment's state: who has it, and how it is broken. Broken is only what nobody holds any more: the note of a
 * process of ours that died, or, where that cannot be told, what a person forces and answers for.
 */
import { hostname, userInfo } from 'node:os';
import { StateLockView, type UnlockBody } from '@aws-deployer/platform/contracts/infra';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { z } from 'zod';
import { findEnvironment, type Db, type EnvironmentRow } from '../environments/environment.js';
import type { ModuleFolders } from '../environments/module-folders.js';
import { refuseAccountUse, type CloudIdentity } from '../identity/cloud-identity.js';
import type { Asker } from '../runs/run-service.js';
import type { InfraSchema } from '../schema.js';
import { localLock, removeLocalLock } from '../terraform/state-lock.js';
import type { Terraform } from '../terraform/terraform.js';
import type { WorkFolders } from '../terraform/work-folders.js';

export interface LockServiceParts {
  readonly database: Database<InfraSchema>;
  readonly terraform: Terraform;
  readonly folders: WorkFolders;
  readonly modules: ModuleFolders;
  readonly identity: CloudIdentity;
  readonly localState: boolean;
}

export class LockService {
  constructor(private readonly parts: LockServiceParts) {}

  /** null: there is none, or none that is known here. */
  async get(idOrName: string): Promise<StateLockView | null> {
    return this.#lock(await findEnvironment(this.parts.database.db, idOrName));
  }

  /** Throws conflict when another lock is there, its holder lives, or it may live and nothing is forced. */
  async unlock(
    idOrName: string,
    { lock_id, force }: z.output<typeof UnlockBody>,
    { origin, principal }: Asker,
  ): Promise<void> {
    const { database, folders, localState } = this.parts;
    const environment = await findEnvironment(database.db, idOrName);
    refuseAccountUse(principal, environment.account);
    const lock = await this.#lock(environment);
    if (lock === null || lock.lock_id !== lock_id)
      throw new AppError(
        'conflict',
        'lock_not_there',
        lock === null ? `The state of ${environment.name} is not locked` : `The lock is another one: ${lock.lock_id}`,
      );
    if (environment.active_run !== null)
      throw new AppError(
        'conflict',
        'lock_in_use',
        `The run ${environment.active_run} works on ${environment.name}: cancel it or wait for its end`,
      );
    if (lock.held === true)
      throw new AppError(
        'conflict',
        'lock_in_use',
        `The process ${lock.pid ?? ''} of this machine holds the lock: it would go on writing; end it first`,
      );
    if (!force && !(lock.held === false && lock.who === OURS))
      throw new AppError(
        'conflict',
        'lock_foreign',
        `${lock.who} took the lock (${lock.created}), and nothing here tells whether it still works: make sure, then force it`,
      );
    if (localState) await removeLocalLock(folders.state(environment.id));
    else await this.#breakRemote(environment, lock_id, origin);
    await inTransaction(database, async (trx) => {
      await forgetLock(trx, environment.id);
      await recordAction(trx, origin, {
        type: 'infra_lock.break',
        targetType: 'infra_environment',
        target: environment.name,
        request: { lock_id, force },
        before: lock,
      });
    });
  }

  /** In the files of the run that met the lock, where the backend is known. */
  async #breakRemote(environment: EnvironmentRow, lockId: string, origin: Origin): Promise<void> {
    const { database, terraform, folders, modules, identity } = this.parts;
    const run = await this.#lockedRun(environment.id);
    const row = run === undefined ? undefined : await moduleOf(database, run.id);
    if (row?.module_hash == null)
      throw new AppError('conflict', 'lock_not_there', `No run of ${environment.name} has met that lock`);
    const copy = await modules.earlier(row.module, row.module_hash, folders.modules(environment.id));
    const variables = await identity.variables(environment.account, environment.region, {
      purpose: `the lock of ${environment.name} is broken`,
      actingUser: origin.principal?.userId,
      signal: AbortSignal.timeout(UNLOCK_MS),
    });
    const env = terraform.environment(folders.data(environment.id), variables);
    try {
      await terraform.forceUnlock(lockId, { folder: copy.root, env });
    } catch (error) {
      // What was shown until now is over: nobody should be asked to break it again.
      if (error instanceof AppError && error.code === 'lock_not_there') await forgetLock(database.db, environment.id);
      throw error;
    }
  }

  async #lock(environment: EnvironmentRow): Promise<StateLockView | null> {
    const { folders, localState } = this.parts;
    if (localState) return (await localLock(folders.state(environment.id))) ?? null;
    const run = await this.#lockedRun(environment.id);
    return run === undefined ? null : StateLockView.parse(JSON.parse(run.state_lock));
  }

  /** The newest run, if it met a lock: one that came after it and did not shows that the lock is gone. */
  async #lockedRun(environmentId: string): Promise<{ id: string; state_lock: string } | undefined> {
    const row = await this.parts.database.db
      .selectFrom('infra_runs')
      .select(['id', 'state_lock'])
      .where('environment_id', '=', environmentId)
      .where('ended_at', 'is not', null)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.state_lock == null ? undefined : { id: row.id, state_lock: row.state_lock };
  }
}

const forgetLock = (db: Db, environmentId: string) =>
  db
    .updateTable('infra_runs')
    .set({ state_lock: null })
    .where('environment_id', '=', environmentId)
    .where('state_lock', 'is not', null)
    .execute();
const moduleOf = (database: Database<InfraSchema>, runId: string) =>
  database.db.selectFrom('infra_runs').select(['module', 'module_hash']).where('id', '=', runId).executeTakeFirst();

const UNLOCK_MS = 60_000;
/** As Terraform names whoever takes a lock: without a name where the user id has none, as in a container. */
const OURS = `${ownName()}@${hostname()}`;
function ownName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR') return '';
    throw error;
  }
}
