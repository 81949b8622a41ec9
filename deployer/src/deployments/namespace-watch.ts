/** The namespace of a rollout, asked for now and then: it is of no namespace itself, so its watch would need rights on all of them. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';
import type { Cluster, ClusterChange, Manifest } from '../ports/cluster.js';

const EVERY_MS = 5_000;

export class NamespaceWatch {
  /** As of when (milliseconds, our clock) it is known whether it ends; Infinity where it may not be read. */
  knownAt = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly name: string,
  ) {}

  /** Ends with `signal`. `onAnswer` gets undefined where there is nothing to say of it. Rejects with what is no passing trouble. */
  async follow(signal: AbortSignal, onAnswer: (change: ClusterChange | undefined) => void): Promise<void> {
    let last: Manifest | undefined;
    const ref = { apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: this.name };
    while (!signal.aborted) {
      const began = Date.now();
      try {
        const found = await this.cluster.get(ref, signal);
        this.knownAt = began;
        if (found) onAnswer({ type: 'MODIFIED', object: found });
        // Its contents went before it did.
        else onAnswer(last && { type: 'DELETED', object: last });
        last = found ?? last;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof AppError && error.code === 'cluster_forbidden') {
          this.knownAt = Infinity; // the pods' events still tell of its end
          return;
        }
        // The watch of everything else tells of an unreachable cluster.
        if (!(error instanceof AppError) || error.kind !== 'unavailable') throw error;
      }
      await delay(EVERY_MS, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }
}
