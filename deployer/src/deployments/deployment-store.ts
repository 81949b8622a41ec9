/**
 * Writes of deployments: transitions and facts. Every transition is one transaction of the caller's: a guarded UPDATE
 * (id, state, version and lease owner in WHERE, so a process that lost its lease can change nothing), its stage rows, its
 * event rows and its action.
 */
import {
  STAGES,
  type DeploymentState,
  type StageName,
  type StageView,
} from '@aws-deployer/platform/contracts/deployments';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { ExpressionBuilder, Kysely, Transaction } from 'kysely';
import type { DeployerSchema } from '../schema.js';
import { canMove, isEnd, isFailure, type Deployment } from './deployment.js';
import { addEvent } from './deployment-events.js';
import { tellWaiting } from './deployment-queue.js';
import { holdsLease } from './lease-store.js';
import { factColumns, toDeployment, type Facts } from './deployment-rows.js';

type Db = Kysely<DeployerSchema> | Transaction<DeployerSchema>;
export type StageOutcome = NonNullable<StageView['outcome']>;

export interface Transition {
  readonly to: DeploymentState;
  /** The sentence shown beside the new state. */
  readonly reason: string;
  readonly facts?: Facts;
  /** How the stage that is left ended. */
  readonly stageOutcome?: StageOutcome;
  readonly origin: Origin;
}

const isStage = (state: DeploymentState): state is StageName => STAGES.some((stage) => stage === state);
const moved = (deployment: Deployment): AppError =>
  new AppError(
    'conflict',
    'deployment_moved',
    `Deployment ${deployment.id} is no longer ${deployment.state} in the hands of this process`,
  );

export class DeploymentStore {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly clock: Clock,
  ) {}

  /** Throws conflict/`deployment_moved` when somebody else moved it meanwhile; then nothing was written. */
  async transition(
    trx: Transaction<DeployerSchema>,
    from: Deployment,
    { to, reason, facts = {}, stageOutcome = 'succeeded', origin }: Transition,
  ): Promise<Deployment> {
    if (!canMove(from.state, to))
      throw new AppError('internal', 'no_such_move', `A deployment does not go from ${from.state} to ${to}`);
    const now = instant(this.clock.now());
    const ended = isEnd(to);
    const next: Deployment = {
      ...from,
      ...facts,
      state: to,
      reason,
      failedState: isFailure(to) ? to : from.failedState,
      version: from.version + 1,
      leaseOwner: ended ? null : from.leaseOwner,
      updatedAt: now,
      endedAt: ended ? now : null,
    };
    const { numUpdatedRows } = await trx
      .updateTable('deployments')
      .set({
        ...factColumns(facts),
        state: to,
        reason,
        failed_state: next.failedState,
        version: next.version,
        updated_at: now,
        ended_at: next.endedAt,
        ...(ended ? { lease_owner: null, lease_expires_at: null } : {}),
      })
      .where('id', '=', from.id)
      .where('state', '=', from.state)
      .where(guard(from))
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw moved(from);

    if (isStage(from.state)) await this.#endStage(trx, from.id, from.state, stageOutcome, now);
    if (facts.verdict !== undefined && JSON.stringify(facts.verdict) !== JSON.stringify(from.verdict))
      await addEvent(trx, from.id, 'verdict', facts.verdict, now);
    await addEvent(trx, from.id, 'state', { state: to, reason, at: now }, now);
    if (isStage(to)) await this.#beginStage(trx, from.id, to, now);
    if (ended) {
      await addEvent(trx, from.id, 'end', { state: to }, now);
      await tellWaiting(trx, from, now);
    }
    await recordAction(trx, origin, {
      type: `deployment.${to}`,
      targetType: 'deployment',
      target: from.id,
      outcome: isFailure(to) || to === 'rollback_failed' ? 'failed' : 'succeeded',
      before: { state: from.state },
      after: {
        state: to,
        application: from.application,
        environment: from.environment,
        ...(facts.image === undefined ? {} : { image: facts.image }),
        ...(facts.imageDigest === undefined ? {} : { image_digest: facts.imageDigest }),
      },
      summary: reason,
    });
    return next;
  }

  /** Keeps what a step found out. The same guard as a transition; a verdict becomes an event. */
  async record(from: Deployment, facts: Facts): Promise<Deployment> {
    const now = instant(this.clock.now());
    return inTransaction(this.database, async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('deployments')
        .set({ ...factColumns(facts), version: from.version + 1, updated_at: now })
        .where('id', '=', from.id)
        .where('state', '=', from.state)
        .where(guard(from))
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw moved(from);
      if (facts.verdict !== undefined) await addEvent(trx, from.id, 'verdict', facts.verdict, now);
      return { ...from, ...facts, version: from.version + 1, updatedAt: now };
    });
  }

  /** The pods as they are now: one row, replaced. Nothing, when the deployment is another process’s by now. */
  async keepPods(from: Deployment, pods: readonly unknown[]): Promise<void> {
    const { db } = this.database;
    if (!(await holdsLease(db, from))) return;
    const text = JSON.stringify(pods);
    const updated_at = instant(this.clock.now());
    const { numUpdatedRows } = await db
      .updateTable('deployment_pods')
      .set((eb) => ({ pods: text, revision: eb('revision', '+', 1), updated_at }))
      .where('deployment_id', '=', from.id)
      .executeTakeFirst();
    if (numUpdatedRows > 0n) return;
    await insertedIfAbsent(
      db.insertInto('deployment_pods').values({ deployment_id: from.id, pods: text, revision: 1, updated_at }),
    );
  }

  /** When the present stage began: its time limit counts from there, whoever works on it. */
  async stageStartedAt({ id, state }: Deployment): Promise<Date> {
    const row = await this.database.db
      .selectFrom('deployment_stages')
      .select('started_at')
      .where('deployment_id', '=', id)
      .where('name', '=', state)
      .executeTakeFirst();
    return row === undefined ? this.clock.now() : new Date(row.started_at);
  }

  async find(db: Db, id: string): Promise<Deployment | undefined> {
    const row = await db.selectFrom('deployments').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toDeployment(row);
  }

  /** Throws not_found/`deployment_not_found`. */
  async get(id: string, db: Db = this.database.db): Promise<Deployment> {
    const found = await this.find(db, id);
    if (found) return found;
    throw new AppError('not_found', 'deployment_not_found', `There is no deployment ${id}`);
  }

  async #beginStage(trx: Transaction<DeployerSchema>, id: string, name: StageName, now: string): Promise<void> {
    const row = { deployment_id: id, name, outcome: null, started_at: now, ended_at: null };
    await insertedIfAbsent(trx.insertInto('deployment_stages').values(row));
    await addEvent(trx, id, 'stage', { name, outcome: null, started_at: now, ended_at: null }, now);
  }

  async #endStage(
    trx: Transaction<DeployerSchema>,
    id: string,
    name: StageName,
    outcome: StageOutcome,
    now: string,
  ): Promise<void> {
    const begun = await trx
      .selectFrom('deployment_stages')
      .select('started_at')
      .where('deployment_id', '=', id)
      .where('name', '=', name)
      .executeTakeFirst();
    await trx
      .updateTable('deployment_stages')
      .set({ outcome, ended_at: now })
      .where('deployment_id', '=', id)
      .where('name', '=', name)
      .execute();
    await addEvent(trx, id, 'stage', { name, outcome, started_at: begun?.started_at ?? now, ended_at: now }, now);
  }
}

/** Only the process that holds the deployment, at the version that it knows, may write. */
const guard =
  ({ version, leaseOwner }: Deployment) =>
  (where: ExpressionBuilder<DeployerSchema, 'deployments'>) =>
    where.and([
      where('version', '=', version),
      leaseOwner === null ? where('lease_owner', 'is', null) : where('lease_owner', '=', leaseOwner),
      where('ended_at', 'is', null),
    ]);
