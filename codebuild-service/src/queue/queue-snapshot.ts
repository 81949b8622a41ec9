/** One queue as it stands in the database: what waits, what runs, by which rules. Read by its keeper and for screens alike. */
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import type { Selectable } from 'kysely';
import type { Dependency } from '../builds/build.js';
import type { AccountAccess } from '../ports/account-access.js';
import type { BuildsTable, CodebuildSchema } from '../schema.js';
import { secondsLeft } from './build-estimate.js';
import type { BuildHistory } from './build-history.js';
import { FRESH, type FairState, type QueueRules, type WaitingBuild } from './fair-queue.js';
import type { ForecastInput, RunningForecast } from './queue-forecast.js';
import type { QueuePlace } from './queue-lease-store.js';

/** What the queue needs of a build: plans and overrides stay where they are, there may be thousands. */
const COLUMNS = [
  'id',
  'project_id',
  'project',
  'number',
  'team',
  'status',
  'dispatched',
  'stop_requested',
  'version',
  'compute',
  'estimated_seconds',
  'not_before',
  'queue_deadline',
  'batch_id',
  'depends_on',
  'created_by',
  'created_at',
  'started_at',
  'updated_at',
] as const satisfies readonly (keyof BuildsTable)[];
export type OpenBuild = Pick<Selectable<BuildsTable>, (typeof COLUMNS)[number]>;

export interface QueueSnapshot extends QueuePlace {
  /** Neither started nor just being started, in the order in which they came. */
  readonly queued: readonly OpenBuild[];
  readonly active: readonly OpenBuild[];
  readonly input: ForecastInput;
  readonly limitReason: string;
  /** Milliseconds of the epoch. */
  readonly at: number;
}

export const dependenciesOf = ({ depends_on }: Pick<OpenBuild, 'depends_on'>): Dependency[] =>
  depends_on === '[]' ? [] : (JSON.parse(depends_on) as Dependency[]);
export const isQueued = ({ status, dispatched }: OpenBuild): boolean => status === 'queued' && dispatched === 0;
const instantMs = (text: string | null): number | null => (text === null ? null : Date.parse(text));

export class QueueSnapshots {
  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly accounts: AccountAccess,
    private readonly history: BuildHistory,
    private readonly clock: Clock,
  ) {}

  async load(place: QueuePlace): Promise<QueueSnapshot> {
    const rows = await this.#rows(place);
    const queued = rows.filter(isQueued);
    const active = rows.filter((row) => !isQueued(row));
    const at = this.clock.now().getTime();
    const { rules, state, limitReason } = await this.#rules(place, queued, at);
    const waiting: WaitingBuild[] = [];
    for (const row of queued)
      waiting.push({
        id: row.id,
        project: row.project,
        team: row.team,
        seconds: await this.#estimate(row),
        notBefore: instantMs(row.not_before),
        after: dependenciesOf(row).map(({ id }) => id),
      });
    const running: RunningForecast[] = [];
    for (const row of active) {
      const estimate = row.estimated_seconds === null ? await this.#estimate(row) : Number(row.estimated_seconds);
      const since = instantMs(row.started_at ?? row.updated_at) ?? at;
      running.push({ id: row.id, project: row.project, secondsLeft: secondsLeft(estimate, (at - since) / 1000) });
    }
    return { ...place, queued, active, input: { waiting, running, rules, state }, limitReason, at };
  }

  async #rows({ account, region }: QueuePlace): Promise<OpenBuild[]> {
    return this.database.db
      .selectFrom('builds')
      .select(COLUMNS)
      .where('ended_at', 'is', null)
      .where('account', '=', account)
      .where('region', '=', region)
      .orderBy('id')
      .execute();
  }

  #estimate(row: OpenBuild): Promise<number | null> {
    return this.history.estimate({ projectId: row.project_id, project: row.project, compute: row.compute });
  }

  async #rules(
    { account, region }: QueuePlace,
    queued: readonly OpenBuild[],
    now: number,
  ): Promise<{ rules: QueueRules; state: FairState; limitReason: string }> {
    const { db } = this.database;
    const queue = await db
      .selectFrom('build_queues')
      .select(['fair_state', 'full_limit', 'full_until'])
      .where('account', '=', account)
      .where('region', '=', region)
      .executeTakeFirst();
    const weights = await db.selectFrom('team_weights').selectAll().execute();
    let { limit, reason } = await this.accounts
      .buildLimit(account, region)
      // Builds go on as they can: one at a time is right for every account.
      .catch((error: unknown) => ({ limit: 1, reason: `not known: ${messageOf(error)}` }));
    const full = instantMs(queue?.full_until ?? null);
    if (full !== null && full > now && queue?.full_limit != null && Number(queue.full_limit) < limit) {
      limit = Number(queue.full_limit);
      reason = `the account said that it was full; ${reason} again at ${new Date(full).toISOString()}`;
    }
    return {
      rules: {
        limit,
        weights: new Map(weights.map(({ team, weight }) => [team, weight])),
        projectLimits: await this.#projectLimits(new Set(queued.map(({ project_id }) => project_id))),
      },
      state: queue?.fair_state == null ? FRESH : (JSON.parse(queue.fair_state) as FairState),
      limitReason: reason,
    };
  }

  /** As the projects say now, not as they said when the builds came. */
  async #projectLimits(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, number>> {
    if (ids.size === 0) return new Map();
    const rows = await this.database.db
      .selectFrom('build_projects')
      .select(['name', 'settings'])
      .where('id', 'in', [...ids])
      .execute();
    return new Map(
      rows.flatMap(({ name, settings }) => {
        const { concurrent_build_limit: limit } = JSON.parse(settings) as { concurrent_build_limit?: number | null };
        return limit == null ? [] : [[name, limit] as const];
      }),
    );
  }
}
