/**
 * The sweep of a destroy: finds what Kubernetes made for the environment's clusters, takes away what was approved, and looks
 * for what is left at the end. Only what bears the tag of one of these clusters is ever taken away.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { SWEPT_KINDS, type OrphanView, type SweptResourceView } from '@aws-deployer/platform/contracts/infra';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { CloudInventory, ClusterResource, Identity } from '../ports/cloud-inventory.js';
import type { Traces } from './environment-traces.js';
import { belongings, plannedItem, type KeptSweep } from './kept-sweep.js';

export interface SweepTimes {
  /** Between two attempts at what something still has. */
  readonly againMs: number;
  /** How long that may last, and how long what was destroyed may still be seen. */
  readonly patienceMs: number;
}
/** When attempts end: moved as the work that holds things goes on. */
export interface Deadline {
  at: number;
}
/** What is left, and what could not be looked at, in words. */
export interface Scan {
  readonly orphans: readonly OrphanView[];
  readonly unseen: string | null;
}
export type ItemChanged = (item: SweptResourceView, status: 'started' | 'done' | 'failed') => Promise<void>;

export class Sweep {
  constructor(
    private readonly inventory: CloudInventory,
    private readonly times: SweepTimes,
  ) {}

  async find(identity: Identity, traces: Traces, signal: AbortSignal): Promise<ClusterResource[]> {
    const found: ClusterResource[] = [];
    for (const cluster of traces.clusters)
      found.push(...(await this.inventory.ofCluster(identity, cluster, belongings(traces), signal)));
    return found.sort((one, other) => rank(one) - rank(other));
  }

  async plan(identity: Identity, traces: Traces, signal: AbortSignal): Promise<KeptSweep> {
    return { ...traces, items: (await this.find(identity, traces, signal)).map(plannedItem) };
  }

  deadline(): Deadline {
    return { at: Date.now() + this.times.patienceMs };
  }

  /** What could not be taken away by `deadline` is `failed` with its reason; that is an answer, not an error. */
  async carryOut(
    identity: Identity,
    kept: KeptSweep,
    when: SweptResourceView['when'],
    changed: ItemChanged,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<void> {
    const own = belongings(kept);
    for (const item of kept.items) {
      if (item.when !== when || item.state === 'gone') continue;
      await changed(item, 'started');
      const reason = await this.#remove(identity, item, own, deadline, signal);
      await changed(
        { ...item, state: reason === null ? 'gone' : 'failed', reason },
        reason === null ? 'done' : 'failed',
      );
    }
  }

  /** What still bears the environment's tags, or those of its clusters; null: it has none to look by. */
  async orphans(identity: Identity, traces: Traces, signal: AbortSignal): Promise<Scan | null> {
    if (traces.clusters.length === 0 && Object.keys(traces.tags).length === 0) return null;
    for (const { at } = this.deadline(); ;) {
      const scan = await this.#scan(identity, traces, signal);
      if (scan.orphans.length === 0 || Date.now() >= at) return scan;
      await wait(this.times.againMs, undefined, { signal });
    }
  }

  async #scan(identity: Identity, { clusters, tags, regions }: Traces, signal: AbortSignal): Promise<Scan> {
    let unseen: string | null = null;
    const left = new Map<string, OrphanView>();
    const keep = (found: readonly OrphanView[]): void => {
      for (const one of found) if (!left.has(one.id)) left.set(one.id, one);
    };
    const [home] = regions;
    if (Object.keys(tags).length > 0 && home !== undefined) {
      for (const region of regions) keep(await this.inventory.tagged(identity, region, tags, signal));
      try {
        keep(await this.inventory.taggedIam(identity, home, tags, signal));
      } catch (error) {
        // Who may take a role away need not be allowed to list all of them: the rest is told all the same.
        if (!(error instanceof AppError) || error.code !== 'aws_refused') throw error;
        unseen = `IAM could not be looked through for what bears the environment's tags. ${error.message}`;
      }
    }
    for (const { name, region } of clusters)
      for (const own of [{ [`kubernetes.io/cluster/${name}`]: 'owned' }, { 'elbv2.k8s.aws/cluster': name }])
        keep(await this.inventory.tagged(identity, region, own, signal));
    return { orphans: [...left.values()], unseen };
  }

  /** null: it is gone. */
  async #remove(
    identity: Identity,
    item: SweptResourceView,
    own: ReturnType<typeof belongings>,
    deadline: Deadline,
    signal: AbortSignal,
  ): Promise<string | null> {
    for (;;) {
      try {
        if ((await this.inventory.remove(identity, item, own, signal)) === 'gone') return null;
      } catch (error) {
        if (signal.aborted) throw error;
        return messageOf(error);
      }
      if (Date.now() >= deadline.at) return 'something still uses it';
      await wait(this.times.againMs, undefined, { signal });
    }
  }
}

/** Load balancers first, since they hold the rest. */
const rank = ({ kind }: Pick<ClusterResource, 'kind'>): number => SWEPT_KINDS.indexOf(kind);
