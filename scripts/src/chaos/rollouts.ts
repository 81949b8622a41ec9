/**
 * Follows every change of a workload’s pods in the cluster, so that a release which was rolled out twice is seen even if nothing
 * of it is left in the end.
 */
import { LABEL } from '@aws-deployer/deployer/deployments/manifests/identity';
import { request } from 'undici';
import type { Loss } from './checks/loss.js';
import { pause } from './child-process.js';

interface Change {
  readonly type: string;
  readonly object: {
    readonly kind?: string;
    readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion?: string };
    readonly spec?: { readonly template?: { readonly metadata?: { readonly labels?: Record<string, string> } } };
  };
}

/** In place of a release: the workload was removed. */
const REMOVED = '';

export class Rollouts {
  /** By application: the releases that its Deployment went to, one after the other. */
  readonly #ways = new Map<string, string[]>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly clusterUrl: string) {}

  start(): void {
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** `asked`: by release, how many deployments may have brought it: its own, those that restore it, ways back to it. */
  losses(asked: ReadonlyMap<string, number>): Loss[] {
    return [...this.#ways].flatMap(([application, way]) =>
      [...new Set(way)]
        .filter((release) => release !== REMOVED)
        .flatMap((release) => {
          const times = way.filter((one) => one === release).length;
          const allowed = asked.get(release) ?? 0;
          return times <= allowed
            ? []
            : [
                {
                  subject: application,
                  what: `release ${release} was rolled out ${times} times, asked for ${allowed} times`,
                },
              ];
        }),
    );
  }

  async #follow(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#watch();
      } catch {
        if (!this.#stopping.signal.aborted) await pause(100); // the cluster was killed: the list that comes first tells the rest
      }
    }
  }

  async #watch(): Promise<void> {
    const { body } = await request(`${this.clusterUrl}/apis/apps/v1/deployments?watch=true`, {
      signal: this.#stopping.signal,
      bodyTimeout: 0,
    });
    let rest = '';
    for await (const chunk of body) {
      rest += String(chunk);
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#note(JSON.parse(line) as Change);
    }
  }

  #note({ type, object }: Change): void {
    const release = object.spec?.template?.metadata?.labels?.[LABEL.release];
    if (release === undefined) return;
    const way = this.#ways.get(object.metadata.name) ?? [];
    // After its removal the same release would be a rollout of its own.
    if (type === 'DELETED') way.push(REMOVED);
    else if (way.at(-1) !== release) way.push(release);
    this.#ways.set(object.metadata.name, way);
  }
}
