import { Gauge, Counter, type Registry } from 'prom-client';
import { ActionBatchView } from '../contracts/activity.js';
import type { Database } from '../database/open-database.js';
import type { ServiceClient } from '../http-client/service-client.js';
import type { Logger } from '../observability/logger.js';
import type { OutboxSchema } from './outbox.js';

/**
 * Carries the outbox to monitor-service and history-service, each at its own pace: one that is down holds up nothing but
 * its own column. At least once; the receivers drop what they already have by `event_id`, so replicas may relay alike.
 */
export const DESTINATIONS = { monitor: 'monitor_at', history: 'history_at' } as const;
export type Destination = keyof typeof DESTINATIONS;

const BATCH = 200;
/** Bytes of one batch, well under what the receivers take: one row more than fits would hold up all that come after it. */
const BATCH_BYTES = 4_000_000;
/** What the receivers of actions must take: a batch, or one action of the largest request, and its JSON escapes. */
export const ACTION_BATCH_LIMIT = 32_000_000;
const IDLE_MS = 500;
const LONGEST_BACK_OFF_MS = 15_000;
/** What is under way when the process stops, and the last try after it, each have so long. */
const LAST_MS = 1_000;
/** Confirmed rows are kept a day: long enough to look at, short enough to stay small. */
const KEPT_MS = 24 * 3_600_000;

export class OutboxRelay {
  readonly #stopped = new AbortController();
  readonly #cutOff = new AbortController();
  #loops: Promise<void>[] = [];
  readonly #wake = new Map<Destination, () => void>();
  readonly #lag: Gauge<'service' | 'destination'>;
  readonly #relayed: Counter<'service' | 'destination'>;

  constructor(
    private readonly options: {
      readonly service: string;
      readonly database: Database<OutboxSchema>;
      readonly clients: Readonly<Record<Destination, ServiceClient>>;
      readonly log: Logger;
      readonly register: Registry;
    },
  ) {
    const labelNames = ['service', 'destination'] as const;
    const registers = [options.register];
    this.#lag = new Gauge({
      name: 'outbox_lag_seconds',
      help: 'Age of the oldest action that a destination has not confirmed',
      labelNames,
      registers,
    });
    this.#relayed = new Counter({
      name: 'outbox_relayed_total',
      help: 'Actions that a destination has confirmed',
      labelNames,
      registers,
    });
    for (const destination of destinations()) {
      this.#lag.set({ service: options.service, destination }, 0);
      this.#relayed.inc({ service: options.service, destination }, 0);
    }
  }

  start(): void {
    this.#loops = destinations().map((destination) => this.#run(destination));
  }

  /** Something was written: look at once instead of at the next tick. */
  wake(): void {
    for (const wake of this.#wake.values()) wake();
  }

  /** Tries once more to hand over what is there, for at most a second, and ends. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.wake();
    // A destination that is silent, or a name that is looked up for ever, does not hold the process.
    const cutOff = setTimeout(() => this.#cutOff.abort(), LAST_MS);
    await Promise.all(this.#loops);
    clearTimeout(cutOff);
  }

  /** One batch. Returns how many were confirmed. Throws when the destination does not take them. */
  async relayOnce(destination: Destination, timeoutMs = 10_000): Promise<number> {
    const { database, clients, service } = this.options;
    const column = DESTINATIONS[destination];
    const waiting = await database.db
      .selectFrom('outbox')
      .select(['seq', 'record', 'created_at'])
      .where(column, 'is', null)
      .orderBy('seq')
      .limit(BATCH)
      .execute();
    let bytes = 0;
    const rows = waiting.filter(({ record }, index) => (bytes += record.length) <= BATCH_BYTES || index === 0);
    const oldest = rows[0];
    this.#lag.set(
      { service, destination },
      oldest === undefined ? 0 : Math.max(0, (Date.now() - Date.parse(oldest.created_at)) / 1000),
    );
    if (oldest === undefined) return 0;
    const actions = rows.map(({ record }) => JSON.parse(record) as unknown);
    await clients[destination].call(`/internal/v1/${destination}/actions`, {
      method: 'POST',
      body: { actions },
      answer: ActionBatchView,
      timeoutMs,
      signal: this.#cutOff.signal,
    });
    await database.db
      .updateTable('outbox')
      .set({ [column]: new Date().toISOString() })
      .where(
        'seq',
        'in',
        rows.map(({ seq }) => seq as number),
      )
      .execute();
    this.#relayed.inc({ service, destination }, rows.length);
    return rows.length;
  }

  async #run(destination: Destination): Promise<void> {
    let failures = 0;
    let pruned = 0;
    while (!this.#stopped.signal.aborted) {
      try {
        const count = await this.relayOnce(destination);
        if (failures > 0) this.options.log.info('actions are relayed again', { destination, after_failures: failures });
        failures = 0;
        if (count > 0) continue;
        if (Date.now() - pruned > 3_600_000) {
          await this.#prune();
          pruned = Date.now();
        }
      } catch (error) {
        failures += 1;
        if (failures === 1 || failures % 20 === 0)
          this.options.log.warn('actions wait: the destination does not take them', { destination, failures, error });
      }
      await this.#pause(
        destination,
        failures === 0
          ? IDLE_MS
          : Math.min(LONGEST_BACK_OFF_MS, 250 * 2 ** Math.min(failures, 8)) * (0.5 + Math.random() / 2),
      );
    }
    await this.relayOnce(destination, LAST_MS).catch((error: unknown) =>
      this.options.log.debug('what is left in the outbox goes at the next start', { destination, error }),
    );
  }

  #pause(destination: Destination, ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped.signal.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        this.#wake.delete(destination);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake.set(destination, done);
    });
  }

  async #prune(): Promise<void> {
    const before = new Date(Date.now() - KEPT_MS).toISOString();
    await this.options.database.db
      .deleteFrom('outbox')
      .where('monitor_at', '<', before)
      .where('history_at', '<', before)
      .execute();
  }
}
const destinations = (): Destination[] => Object.keys(DESTINATIONS) as Destination[];
