/** A run as a row and as it is shown. */
import { CostView, type InfraRunView, type RunStatus } from '@aws-deployer/platform/contracts/infra';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Selectable } from 'kysely';
import type { Db, EnvironmentRow } from '../environments/environment.js';
import type { StoredVariables } from '../environments/stored-variables.js';
import { parseSweep, sweepView } from '../sweep/kept-sweep.js';
import type { InfraRunsTable, InfraVersionsTable } from '../schema.js';

export type RunRow = Selectable<InfraRunsTable>;
export type VersionRow = Selectable<InfraVersionsTable>;
export const hasEnded = (status: RunStatus): boolean => status !== 'queued' && status !== 'running';

/** What a run works with, as it was when it was asked for. */
export type Snapshot = StoredVariables & Pick<RunRow, 'module' | 'module_hash' | 'account' | 'region' | 'backend'>;
export const snapshotOf = (row: RunRow): Snapshot => ({
  module: row.module,
  module_hash: row.module_hash,
  variables: row.variables,
  secret_variables: row.secret_variables,
  secret_names: row.secret_names,
  account: row.account,
  region: row.region,
  backend: row.backend,
});
export const snapshotNow = (environment: EnvironmentRow): Snapshot => ({
  module: environment.module,
  module_hash: null,
  variables: environment.variables,
  secret_variables: environment.secret_variables,
  secret_names: environment.secret_names,
  account: environment.account,
  region: environment.region,
  backend: environment.backend,
});
/** Of an earlier version; where it lies is the environment's. */
export const snapshotOfVersion = (environment: EnvironmentRow, version: VersionRow): Snapshot => ({
  ...snapshotNow(environment),
  module: version.module,
  module_hash: version.module_hash,
  variables: version.variables,
  secret_variables: version.secret_variables,
  secret_names: version.secret_names,
});

/** Throws not_found/`run_not_found`. */
export async function findRun(db: Db, id: string): Promise<RunRow> {
  const row = await db.selectFrom('infra_runs').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new AppError('not_found', 'run_not_found', `There is no run ${id}`);
  return row;
}

/** Why a plan cannot be applied; null: it can. */
export function whyNotApplicable(plan: RunRow, generation: number, now: string): AppError | null {
  const no = (code: string, message: string) => new AppError('conflict', code, message);
  if (plan.kind !== 'plan' && plan.kind !== 'destroy')
    return no('not_a_plan', `The run ${plan.id} made no plan that could be applied`);
  if (plan.status !== 'succeeded' || plan.plan_hash === null)
    return no('plan_not_ready', `The run ${plan.id} has no plan: it is ${plan.status}`);
  if (plan.applied_by !== null)
    return no('plan_applied', `The plan was applied already, by the run ${plan.applied_by}`);
  if (Number(plan.generation) !== generation)
    return no(
      'plan_stale',
      'The environment was changed or another plan was applied since this one was made: plan anew',
    );
  if (plan.plan_expires_at !== null && plan.plan_expires_at < now)
    return no('plan_expired', `The plan was good until ${plan.plan_expires_at}: plan anew`);
  return null;
}

/** null: the run made no plan. */
function planState(row: RunRow, generation: number, now: string): InfraRunView['plan_state'] {
  const refused = whyNotApplicable(row, generation, now);
  if (refused === null) return 'ready';
  return PLAN_STATE_OF[refused.code] ?? null;
}
const PLAN_STATE_OF: Readonly<Record<string, InfraRunView['plan_state']>> = {
  plan_applied: 'applied',
  plan_stale: 'stale',
  plan_expired: 'expired',
};

const parsed = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));
const numberOrNull = (value: number | null): number | null => (value === null ? null : Number(value));

/** `generation`: of the environment now; `total`: of an apply, the changes of its plan. */
export function runView(
  row: RunRow,
  context: { readonly generation: number | undefined; readonly total: number | undefined; readonly now: string },
): InfraRunView {
  return {
    id: row.id,
    environment_id: row.environment_id,
    environment: row.environment,
    kind: row.kind as InfraRunView['kind'],
    status: row.status as RunStatus,
    phase: row.phase as InfraRunView['phase'],
    reason: row.reason,
    from_version: numberOrNull(row.from_version),
    plan_run: row.plan_run,
    module: row.module,
    module_hash: row.module_hash,
    plan_hash: row.plan_hash,
    plan_expires_at: row.plan_expires_at,
    plan_state: context.generation === undefined ? null : planState(row, context.generation, context.now),
    applied_by: row.applied_by,
    applicable: context.generation !== undefined && whyNotApplicable(row, context.generation, context.now) === null,
    summary: parsed(row.summary),
    cost: row.cost === null ? null : CostView.parse(JSON.parse(row.cost)), // an earlier one lacks what came later
    sweep: sweepView(parseSweep(row.sweep)),
    orphans: parsed(row.orphans),
    failure: parsed(row.failure),
    lock: parsed(row.state_lock),
    resources:
      row.kind === 'apply' ? { done: Number(row.done), failed: Number(row.failed), total: context.total ?? 0 } : null,
    made_version: numberOrNull(row.made_version),
    created_by: row.created_by,
    created_at: row.created_at,
    started_at: row.started_at,
    ended_at: row.ended_at,
  };
}
