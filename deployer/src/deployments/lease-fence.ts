/**
 * Whether this process may still change anything in the name of a deployment. Writes to the database carry the lease in their
 * guard; the cluster knows no lease, so each change of it is preceded by this question. A process that was paused for longer
 * than its lease finds here that the deployment is another’s, before it changes what that one has done since.
 *
 * What was renewed recently is held without asking; else the database is asked, and the lease renewed. Times are of the
 * monotonic clock, which goes on while a process is paused.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster } from '../ports/cluster.js';
import type { Deployment } from './deployment.js';
import type { LeaseStore } from './lease-store.js';

/** The rest of the lease is for the change itself to arrive. */
const SURE_SHARE = 0.6;

export class LeaseFence {
  #sureUntil: number;
  #over = false;

  /** `since`: when the lease was asked for, by `performance.now()`. */
  constructor(
    private readonly leases: LeaseStore,
    private readonly deployment: Pick<Deployment, 'id' | 'leaseOwner'>,
    private readonly leaseMs: number,
    since: number,
  ) {
    this.#sureUntil = since + leaseMs * SURE_SHARE;
  }

  renewed(since: number): void {
    this.#sureUntil = Math.max(this.#sureUntil, since + this.leaseMs * SURE_SHARE);
  }

  /** The work is done or somebody else’s: a step that still runs changes nothing any more. */
  close(): void {
    this.#over = true;
  }

  /** Throws conflict/`deployment_moved`, unavailable/`database_unavailable`. */
  async assertHeld(): Promise<void> {
    if (!this.#over && performance.now() < this.#sureUntil) return;
    const asked = performance.now();
    if (!this.#over && (await this.leases.renew(this.deployment, this.leaseMs))) return this.renewed(asked);
    const { id } = this.deployment;
    throw new AppError('conflict', 'deployment_moved', `Deployment ${id} is in the hands of another process`);
  }
}

/** The same cluster, whose every change is refused once the lease is lost. */
export const fenced = (cluster: Cluster, fence: LeaseFence): Cluster => ({
  embedded: cluster.embedded,
  apply: async (manifest, options, signal) => {
    if (options.dryRun !== true) await fence.assertHeld();
    return cluster.apply(manifest, options, signal);
  },
  patch: async (ref, patch, signal) => {
    await fence.assertHeld();
    return cluster.patch(ref, patch, signal);
  },
  remove: async (ref, signal) => {
    await fence.assertHeld();
    return cluster.remove(ref, signal);
  },
  get: (ref, signal) => cluster.get(ref, signal),
  list: (kind, namespace, labels, signal, most) => cluster.list(kind, namespace, labels, signal, most),
  missingRights: (rights, namespace, signal) => cluster.missingRights(rights, namespace, signal),
  watch: (kinds, namespace, onChange, signal, onTrouble) =>
    cluster.watch(kinds, namespace, onChange, signal, onTrouble),
  logs: (pod, signal) => cluster.logs(pod, signal),
  serviceUrl: (ref, signal) => cluster.serviceUrl(ref, signal),
  proxyGet: (service, path, signal) => cluster.proxyGet(service, path, signal),
});
