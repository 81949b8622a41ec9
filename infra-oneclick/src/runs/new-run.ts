/** A run as it is asked for: queued, with what it works with, and recorded. */
import type { RunKind } from '@aws-deployer/platform/contracts/infra';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { Transaction } from 'kysely';
import type { EnvironmentRow } from '../environments/environment.js';
import type { InfraSchema } from '../schema.js';
import type { Snapshot } from './run.js';
import { insertEvents } from './run-store.js';

export interface NewRun {
  readonly kind: RunKind;
  readonly snapshot: Snapshot;
  readonly generation: number;
  readonly reason: string;
  readonly fromVersion?: number | undefined;
  readonly planRun?: string;
}

export async function insertRun(
  trx: Transaction<InfraSchema>,
  id: string,
  environment: EnvironmentRow,
  run: NewRun,
  origin: Origin,
  now: string,
): Promise<void> {
  await trx
    .insertInto('infra_runs')
    .values({
      id,
      environment_id: environment.id,
      environment: environment.name,
      kind: run.kind,
      status: 'queued',
      phase: null,
      reason: run.reason,
      from_version: run.fromVersion ?? null,
      plan_run: run.planRun ?? null,
      generation: run.generation,
      ...run.snapshot,
      plan_hash: null,
      plan_expires_at: null,
      applied_by: null,
      summary: null,
      cost: null,
      sweep: null,
      orphans: null,
      failure: null,
      state_lock: null,
      done: 0,
      failed: 0,
      made_version: null,
      cancel_requested: 0,
      step: null,
      step_offset: 0,
      lease_owner: null,
      lease_expires_at: null,
      version: 0,
      created_by: origin.principal?.username ?? 'platform',
      created_by_id: origin.principal?.userId ?? 'platform',
      trace_id: origin.traceId,
      created_at: now,
      started_at: null,
      ended_at: null,
    })
    .execute();
  await insertEvents(trx, id, [{ type: 'state', data: { status: 'queued', phase: null, reason: run.reason } }]);
  await recordAction(trx, origin, {
    type: `infra_run.${run.kind}`,
    targetType: 'infra_run',
    target: id,
    after: {
      environment: environment.name,
      kind: run.kind,
      version: run.fromVersion ?? null,
      plan: run.planRun ?? null,
    },
  });
}
