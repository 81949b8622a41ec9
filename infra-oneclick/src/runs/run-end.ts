/** What the end of a run leaves: on its row, on its environment, as a version, and as an action. One transaction. */
import type { RunFailureView, RunStatus, StateLockView } from '@aws-deployer/platform/contracts/infra';
import { platformOrigin, recordAction } from '@aws-deployer/platform/outbox/outbox';
import { instant } from '@aws-deployer/platform/runtime/clock';
import type { Transaction } from 'kysely';
import { nextDrift } from '../environments/environment-service.js';
import type { InfraSchema } from '../schema.js';
import type { RunRow } from './run.js';
import type { RunChange, RunStore } from './run-store.js';
import type { RunResult } from './run-work.js';

export interface RunEnd {
  readonly status: Exclude<RunStatus, 'queued' | 'running'>;
  readonly reason: string;
  readonly result?: RunResult;
  readonly failure?: RunFailureView;
  readonly lock?: StateLockView;
  /** Of an apply. */
  readonly plan: RunRow | undefined;
}

/** Throws LeaseLost. */
export async function endRun(store: RunStore, row: RunRow, owner: string, end: RunEnd, at: Date): Promise<void> {
  const now = instant(at);
  const { status, reason, result } = end;
  const made = row.kind === 'apply' && status === 'succeeded' ? await nextVersion(store, row.environment_id) : null;
  const change: RunChange = {
    ...result?.change,
    status,
    phase: null,
    reason,
    failure: end.failure === undefined ? null : JSON.stringify(end.failure),
    state_lock: end.lock === undefined ? null : JSON.stringify(end.lock),
    made_version: made,
    lease_expires_at: null,
    ended_at: now,
  };
  const events = [{ type: 'state', data: { status, phase: null, reason } }];
  await store.write(row.id, owner, change, events, async (trx) => {
    await trx
      .updateTable('infra_environments')
      .set({ active_run: null })
      .where('id', '=', row.environment_id)
      .where('active_run', '=', row.id)
      .execute();
    if (row.kind === 'apply') await keepApplied(trx, row, end, made, now);
    if (row.kind === 'drift') await keepDrift(trx, row, end, at);
    await recordAction(trx, platformOrigin('infra', 'run', row.trace_id), {
      type: `infra_run.${status}`,
      targetType: 'infra_run',
      target: row.id,
      outcome: status === 'succeeded' ? 'succeeded' : 'failed',
      after: { environment: row.environment, kind: row.kind, status, version: made },
      summary: reason,
    });
  });
}

async function nextVersion({ database }: RunStore, environmentId: string): Promise<number> {
  const row = await database.db
    .selectFrom('infra_environments')
    .select('version_count')
    .where('id', '=', environmentId)
    .executeTakeFirst();
  return Number(row?.version_count ?? 0) + 1; // nobody else counts: an environment has one run at a time
}

async function keepApplied(
  trx: Transaction<InfraSchema>,
  row: RunRow,
  { plan, result }: RunEnd,
  made: number | null,
  now: string,
): Promise<void> {
  const destroyed = plan?.kind === 'destroy';
  const before = await trx
    .selectFrom('infra_environments')
    .select('drift_since')
    .where('id', '=', row.environment_id)
    .executeTakeFirst();
  if (made !== null && (before?.drift_since ?? null) !== null)
    await recordDrift(trx, row, 'infra_environment.in_sync', 0, destroyed ? 'All of it is gone' : 'A plan was applied');
  await trx
    .updateTable('infra_environments')
    .set(
      made === null
        ? { status: 'incomplete' }
        : {
            status: destroyed ? 'empty' : 'applied',
            current_version: destroyed ? null : made,
            version_count: made,
            drift_status: destroyed ? 'unknown' : 'in_sync',
            drift_changes: 0,
            drift_since: null,
          },
    )
    .where('id', '=', row.environment_id)
    .execute();
  if (made === null) return;
  await trx
    .insertInto('infra_versions')
    .values({
      environment_id: row.environment_id,
      number: made,
      run_id: row.id,
      module: row.module,
      module_hash: row.module_hash ?? '',
      variables: row.variables,
      secret_variables: row.secret_variables,
      secret_names: row.secret_names,
      state_serial: result?.stateSerial ?? null,
      destroyed: destroyed ? 1 : 0,
      created_by: row.created_by,
      created_at: now,
    })
    .execute();
}

async function keepDrift(trx: Transaction<InfraSchema>, row: RunRow, { result }: RunEnd, at: Date): Promise<void> {
  const environment = await trx
    .selectFrom('infra_environments')
    .select(['name', 'drift_minutes', 'drift_status', 'drift_since'])
    .where('id', '=', row.environment_id)
    .executeTakeFirst();
  if (environment === undefined) return;
  const next = nextDrift(environment.drift_minutes === null ? null : Number(environment.drift_minutes), at);
  const { drifted } = result ?? {};
  const status = drifted === undefined ? 'unknown' : drifted === 0 ? 'in_sync' : 'drifted';
  await trx
    .updateTable('infra_environments')
    .set({
      drift_status: status,
      drift_checked_at: instant(at),
      drift_run: row.id,
      drift_changes: drifted ?? 0,
      drift_since:
        status === 'in_sync'
          ? null
          : status === 'drifted'
            ? (environment.drift_since ?? instant(at))
            : environment.drift_since,
      drift_next_at: next,
    })
    .where('id', '=', row.environment_id)
    .execute();
  if (status === 'drifted' && environment.drift_since === null)
    await recordDrift(trx, row, 'infra_environment.drifted', drifted ?? 0, result?.reason ?? '');
  if (status === 'in_sync' && environment.drift_since !== null)
    await recordDrift(trx, row, 'infra_environment.in_sync', 0, 'The drift is gone');
}

/** Both ends of an alert: `infra_drift_changes` says the same to Prometheus. */
async function recordDrift(
  trx: Transaction<InfraSchema>,
  row: RunRow,
  type: string,
  changes: number,
  summary: string,
): Promise<void> {
  await recordAction(trx, platformOrigin('infra', 'drift', row.trace_id), {
    type,
    targetType: 'infra_environment',
    target: row.environment,
    after: { changes, run: row.id },
    summary,
  });
}
