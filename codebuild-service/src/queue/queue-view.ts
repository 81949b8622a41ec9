/** The queue as screens show it: places and estimated starts of what waits. A look at a queue serves all who ask within a second. */
import type { BuildQueueView, QueuePlace } from '@aws-deployer/platform/contracts/builds';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { QueueCount } from '../builds/metrics.js';
import { forecast } from './queue-forecast.js';
import type { QueueLeaseStore } from './queue-lease-store.js';
import type { QueueSnapshot, QueueSnapshots } from './queue-snapshot.js';

const FRESH_MS = 1_000;
interface Foreseen {
  readonly snapshot: QueueSnapshot;
  readonly places: ReadonlyMap<string, QueuePlace>;
}
export interface QueueOf {
  readonly account: string;
  readonly region: string;
}

export class QueueViews {
  readonly #kept = new Map<string, { readonly at: number; readonly seen: Promise<Foreseen> }>();

  constructor(
    private readonly snapshots: QueueSnapshots,
    private readonly leases: QueueLeaseStore,
    private readonly clock: Clock,
  ) {}

  /** By id of the builds that wait in this queue. */
  async places(queue: QueueOf): Promise<ReadonlyMap<string, QueuePlace>> {
    return (await this.#foreseen(queue)).places;
  }

  /** Something changed in this process: the next who asks gets a fresh look. */
  changed(): void {
    this.#kept.clear();
  }

  async view(): Promise<BuildQueueView> {
    const queues = await Promise.all((await this.leases.open()).map((queue) => this.#foreseen(queue)));
    return {
      queues: queues
        .map(({ snapshot, places }) => ({
          account: snapshot.account,
          region: snapshot.region,
          limit: snapshot.input.rules.limit,
          limit_reason: snapshot.limitReason,
          running: snapshot.active.length,
          waiting: snapshot.queued
            .flatMap(({ id, project, number, team, created_by, created_at }) => {
              const queue = places.get(id);
              return queue === undefined
                ? []
                : [{ id, project, number: Number(number), team, queue, created_by, created_at }];
            })
            .sort((a, b) => a.queue.position - b.queue.position),
        }))
        .sort((a, b) => a.account.localeCompare(b.account) || a.region.localeCompare(b.region)),
    };
  }

  /** For the metrics. */
  async counts(): Promise<QueueCount[]> {
    const queues = await Promise.all((await this.leases.open()).map((queue) => this.#foreseen(queue)));
    return queues.map(({ snapshot: { account, region, queued, active } }) => ({
      account,
      region,
      waiting: queued.length,
      running: active.length,
    }));
  }

  #foreseen(queue: QueueOf): Promise<Foreseen> {
    const key = `${queue.account} ${queue.region}`;
    const now = this.clock.now().getTime();
    const kept = this.#kept.get(key);
    if (kept !== undefined && now - kept.at < FRESH_MS) return kept.seen;
    const seen = this.#look(queue);
    this.#kept.set(key, { at: now, seen });
    seen.catch(() => this.#kept.delete(key)); // the caller is told
    return seen;
  }

  async #look(queue: QueueOf): Promise<Foreseen> {
    const snapshot = await this.snapshots.load(queue);
    const { waiting } = snapshot.input;
    const seconds = new Map(waiting.map((build) => [build.id, build.seconds]));
    const places = new Map(
      [...forecast(snapshot.input, snapshot.at)].map(([id, { position, reason, startsAt }]): [string, QueuePlace] => {
        const own = seconds.get(id) ?? null;
        return [
          id,
          {
            position,
            reason,
            estimated_start_at: startsAt === null ? null : instant(new Date(startsAt)),
            estimated_seconds: own === null ? null : Math.round(own),
          },
        ];
      }),
    );
    return { snapshot, places };
  }
}
