/**
 * A pull that the registry refuses because its issued login has expired: the login is renewed and the pods that wait for it are made
 * anew, once for each rollout. A second refusal is no matter of time.
 */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster } from '../ports/cluster.js';
import { containersOf, neverStarted, type Pod } from './verdict/objects.js';

export interface PullRenewalOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Has a new login issued and gives it to the cluster. Absent: nobody issues one. */
  readonly renewPull?: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly onProgress: (sentence: string) => void;
  /** Before a pod is deleted: its going is our own doing. */
  readonly onRemove: (pod: Pod) => void;
}

/** A registry that does not know an expired login may just refuse it. */
const CODES: ReadonlySet<string> = new Set(['image_pull_token_expired', 'image_pull_unauthorized']);

export class PullRenewal {
  private state: 'not needed yet' | 'under way' | 'done' = 'not needed yet';

  constructor(private readonly options: PullRenewalOptions) {}

  /** Nothing is to be given up meanwhile. */
  get underWay(): boolean {
    return this.state === 'under way';
  }

  isCalledFor(verdict: VerdictView | undefined): boolean {
    return this.state === 'not needed yet' && this.options.renewPull !== undefined && CODES.has(verdict?.code ?? '');
  }

  /** Resolves when it was tried; a login that cannot be had is said and leaves the verdict as it is. */
  async run(pods: readonly Pod[], signal: AbortSignal): Promise<void> {
    const { cluster, namespace, renewPull, onProgress, onRemove } = this.options;
    if (renewPull === undefined) return;
    this.state = 'under way';
    try {
      await renewPull(signal);
      onProgress('The registry refused the login of the pull: it was renewed, and the pods pull again.');
      // A kubelet waits up to five minutes between two pulls; a new pod does not.
      for (const pod of pods.filter(isWaiting)) {
        onRemove(pod);
        await cluster.remove({ apiVersion: 'v1', kind: 'Pod', namespace, name: pod.metadata.name }, signal);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
      onProgress(`The registry refused the login of the pull, and it could not be renewed: ${error.message}`);
    } finally {
      this.state = 'done';
    }
  }
}

const isWaiting = (pod: Pod): boolean => containersOf(pod).every(({ status }) => neverStarted(status));
