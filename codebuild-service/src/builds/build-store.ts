/**
 * Writes of builds. Each change is guarded by the version that it was decided on and, where the process that keeps the queue
 * writes, by its lease: who has lost either changes nothing. A change of status is one transaction with its action.
 */
import { isBuildEnd, type BuildStatus } from '@aws-deployer/platform/contracts/builds';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { ExpressionBuilder, Kysely, Transaction } from 'kysely';
import type { QueueLease } from '../queue/queue-lease.js';
import type { BuildsTable, CodebuildSchema } from '../schema.js';
import { buildFromRow, canMove, type Build } from './build.js';

type Db = Kysely<CodebuildSchema> | Transaction<CodebuildSchema>;

/** What may change in the life of a build beside its status. */
export type BuildFacts = Partial<
  Pick<
    Build,
    | 'reason'
    | 'phase'
    | 'phases'
    | 'failure'
    | 'secretVariables'
    | 'engineRef'
    | 'commit'
    | 'runtime'
    | 'imageSubstituted'
    | 'exportedVariables'
    | 'reports'
    | 'artifactCount'
    | 'gates'
    | 'attempt'
    | 'dispatched'
    | 'stopRequested'
    | 'logCursor'
    | 'estimatedSeconds'
    | 'notBefore'
    | 'durationMs'
    | 'billedMinutes'
    | 'costMicros'
    | 'startedAt'
  >
>;
export interface BuildTransition {
  readonly to: BuildStatus;
  /** The sentence shown beside the new status. */
  readonly reason: string;
  readonly facts?: BuildFacts;
  readonly origin: Origin;
  /** Absent: not the keeper of the queue writes (a stop of a waiting build). */
  readonly lease?: QueueLease | undefined;
}

export const isMoved = (error: unknown): boolean => error instanceof AppError && error.code === 'build_moved';
const moved = ({ id, status }: Build): AppError =>
  new AppError('conflict', 'build_moved', `Build ${id} is no longer ${status} as it was read: look at it again`);

export class BuildStore {
  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly clock: Clock,
  ) {}

  /** Throws not_found/`build_not_found`. */
  async get(id: string, db: Db = this.database.db): Promise<Build> {
    const row = await db.selectFrom('builds').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw new AppError('not_found', 'build_not_found', `There is no build ${id}`);
    return buildFromRow(row);
  }

  /** The builds of one account and region that have not ended, oldest first. */
  async open(account: string, region: string): Promise<Build[]> {
    const rows = await this.database.db
      .selectFrom('builds')
      .selectAll()
      .where('ended_at', 'is', null)
      .where('account', '=', account)
      .where('region', '=', region)
      .orderBy('id')
      .execute();
    return rows.map(buildFromRow);
  }

  /** Throws conflict/`build_moved` when it was written since it was read, or the lease is another's; then nothing was written. */
  async transition(
    trx: Transaction<CodebuildSchema>,
    from: Build,
    { to, reason, facts = {}, origin, lease }: BuildTransition,
  ): Promise<Build> {
    if (!canMove(from.status, to))
      throw new AppError('internal', 'no_such_move', `A build does not go from ${from.status} to ${to}`);
    const now = instant(this.clock.now());
    const endedAt = isBuildEnd(to) ? now : null;
    const next = await this.#write(trx, from, { ...facts, reason }, { status: to, ended_at: endedAt }, now, lease);
    await recordAction(trx, origin, {
      type: `build.${to}`,
      targetType: 'build',
      target: from.id,
      outcome: to === 'failed' || to === 'fault' || to === 'timed_out' ? 'failed' : 'succeeded',
      before: { status: from.status },
      after: { status: to, project: from.project, number: from.number },
      summary: reason,
    });
    return { ...next, status: to, endedAt };
  }

  /** Keeps what was found out. The same guard as a transition. */
  async record(db: Db, from: Build, facts: BuildFacts, lease?: QueueLease): Promise<Build> {
    return this.#write(db, from, facts, {}, instant(this.clock.now()), lease);
  }

  async #write(
    db: Db,
    from: Build,
    facts: BuildFacts,
    more: Partial<Pick<BuildsTable, 'status' | 'ended_at'>>,
    now: string,
    lease: QueueLease | undefined,
  ): Promise<Build> {
    const version = from.version + 1;
    let update = db
      .updateTable('builds')
      .set({ ...factColumns(facts), ...more, version, updated_at: now })
      .where('id', '=', from.id)
      .where('version', '=', from.version)
      .where('ended_at', 'is', null);
    if (lease !== undefined) update = update.where(heldBy(lease));
    const { numUpdatedRows } = await update.executeTakeFirst();
    if (numUpdatedRows === 0n) throw moved(from);
    return { ...from, ...facts, version, updatedAt: now };
  }
}

/** The lease is still the writer's: a claim in between counted the epoch up. */
export const heldBy =
  ({ account, region, owner, epoch }: QueueLease) =>
  (where: ExpressionBuilder<CodebuildSchema, 'builds'>) =>
    where.exists(
      where
        .selectFrom('build_queues')
        .select('build_queues.epoch')
        .where('build_queues.account', '=', account)
        .where('build_queues.region', '=', region)
        .where('build_queues.owner', '=', owner)
        .where('build_queues.epoch', '=', epoch),
    );

type Column = keyof BuildsTable;
const COLUMNS = {
  reason: 'reason',
  phase: 'phase',
  phases: 'phases',
  failure: 'failure',
  secretVariables: 'secret_variables',
  engineRef: 'engine_ref',
  commit: 'commit_id',
  runtime: 'runtime',
  imageSubstituted: 'image_substituted',
  exportedVariables: 'exported_variables',
  reports: 'report_summary',
  artifactCount: 'artifact_count',
  gates: 'gates',
  attempt: 'attempt',
  dispatched: 'dispatched',
  stopRequested: 'stop_requested',
  logCursor: 'log_cursor',
  estimatedSeconds: 'estimated_seconds',
  notBefore: 'not_before',
  durationMs: 'duration_ms',
  billedMinutes: 'billed_minutes',
  costMicros: 'cost_micros',
  startedAt: 'started_at',
} as const satisfies Record<keyof BuildFacts, Column>;

function factColumns(facts: BuildFacts): Partial<BuildsTable> {
  const columns: Record<string, string | number | null> = {};
  for (const [fact, value] of Object.entries(facts))
    columns[COLUMNS[fact as keyof BuildFacts]] =
      typeof value === 'boolean'
        ? Number(value)
        : typeof value === 'object' && value !== null
          ? JSON.stringify(value)
          : value;
  return columns;
}
