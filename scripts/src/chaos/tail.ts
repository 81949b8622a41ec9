/**
 * What happens to deployments, read from the deployer's database beside it, a few milliseconds after each commit: events, and
 * who holds which lease.
 */
import type { DeployerSchema } from '@aws-deployer/deployer/schema';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { isEnd } from '@aws-deployer/platform/contracts/deployments';
import { pause } from './child-process.js';
import type { Transition } from './transitions.js';

const EVENTS_EVERY_MS = 10;
const LEASES_EVERY_MS = 50;

export interface StateChange extends Transition {
  readonly deployment: string;
  /** The process that held it last, of which a pid is known. */
  readonly pid: number | undefined;
}
export interface Held {
  readonly pid: number;
  readonly since: number;
}

export class Tail {
  /** The newest state of each deployment that was seen. */
  readonly states = new Map<string, DeploymentState>();
  /** By deployment: which process holds it now. */
  readonly holders = new Map<string, Held>();
  readonly #listeners = new Set<(change: StateChange) => void>();
  readonly #lastPid = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(private readonly database: Database<DeployerSchema>) {}

  start(): void {
    this.#running = Promise.all([this.#readEvents(), this.#readLeases()]);
    this.#running.catch(() => undefined); // told by `stop`
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const giveUp of [...this.#waiting]) giveUp();
    await this.#running;
  }

  onChange(listener: (change: StateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves with the first change that `is` takes; undefined when it does not come within `ms`. */
  next(is: (change: StateChange) => boolean, ms: number): Promise<StateChange | undefined> {
    return new Promise((resolve) => {
      const end = (change?: StateChange): void => {
        clearTimeout(late);
        this.#waiting.delete(end);
        off();
        resolve(change);
      };
      const off = this.onChange((change) => is(change) && end(change));
      const late = setTimeout(end, ms);
      this.#waiting.add(end);
    });
  }

  /** Resolves with its end. */
  async ended(deployment: string, ms: number): Promise<DeploymentState | undefined> {
    const known = this.states.get(deployment);
    if (known !== undefined && isEnd(known)) return known;
    return (await this.next((change) => change.deployment === deployment && isEnd(change.to), ms))?.to;
  }

  async #readEvents(): Promise<void> {
    let after = 0;
    // Rows of transactions that overlap are not always visible in the order of their numbers: the last few are read again.
    const seen = new Set<number>();
    while (!this.#stopped) {
      const rows = await this.database.db
        .selectFrom('deployment_events')
        .select(['seq', 'deployment_id', 'payload'])
        .where('type', '=', 'state')
        .where('seq', '>', Math.max(0, after - 40))
        .orderBy('seq')
        .execute();
      for (const row of rows) {
        const seq = Number(row.seq);
        if (seen.has(seq)) continue;
        seen.add(seq);
        after = Math.max(after, seq);
        this.#tell(row.deployment_id, (JSON.parse(row.payload) as { state: DeploymentState }).state);
      }
      await pause(EVENTS_EVERY_MS);
    }
  }

  #tell(deployment: string, to: DeploymentState): void {
    const from = this.states.get(deployment) ?? null;
    if (from === to) return; // one that waits tells its first state again
    this.states.set(deployment, to);
    const change = { deployment, from, to, pid: this.#lastPid.get(deployment) };
    for (const listener of this.#listeners) listener(change);
  }

  async #readLeases(): Promise<void> {
    while (!this.#stopped) {
      const rows = await this.database.db
        .selectFrom('deployments')
        .select(['id', 'lease_owner'])
        .where('ended_at', 'is', null)
        .execute();
      const open = new Set<string>();
      for (const { id, lease_owner: owner } of rows) {
        open.add(id);
        const pid = pidOf(owner);
        if (pid === undefined || this.holders.get(id)?.pid === pid) continue;
        this.holders.set(id, { pid, since: Date.now() });
        this.#lastPid.set(id, pid);
      }
      for (const id of this.holders.keys()) if (!open.has(id)) this.holders.delete(id);
      await pause(LEASES_EVERY_MS);
    }
  }
}

/** An owner is `host:pid:…`. */
const pidOf = (owner: string | null): number | undefined => {
  const pid = Number(owner?.split(':')[1]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
};
