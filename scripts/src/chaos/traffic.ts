/** Keeps deployments going: a few loops, each asks for one, does to it what its kind wants, and waits for its end. */
import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'undici';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import type { ChaosApi } from './api.js';
import { pause } from './child-process.js';
import type { Random } from './random.js';
import { SAMPLE_KINDS, type SampleKind, type Samples } from './samples.js';
import type { Tail } from './tail.js';

export interface Asked {
  readonly id: string;
  readonly application: string;
  readonly kind: SampleKind;
}
export interface TrafficParts {
  readonly api: ChaosApi;
  readonly tail: Tail;
  readonly samples: Samples;
  readonly random: Random;
  readonly clusterUrl: string;
}
export const NAMESPACE = 'development';
const APPLICATIONS = Array.from({ length: 12 }, (_, index) => `app-${index + 1}`);
const LOOPS = 10;
const END_MS = 300_000;
const CANCEL_IN: readonly DeploymentState[] = [
  'initialized',
  'validating',
  'preparing',
  'building',
  'deploying',
  'testing',
  'monitoring',
];

export class Traffic {
  /** Everything that was acknowledged. */
  readonly asked: Asked[] = [];
  readonly #loops: Promise<void>[] = [];
  #stopped = false;
  #count = 0;

  constructor(private readonly parts: TrafficParts) {}

  start(): void {
    for (let i = 0; i < LOOPS; i += 1) this.#loops.push(this.#loop());
    for (const loop of this.#loops) loop.catch(() => undefined); // told by `stop`
  }

  /** Asks for no more, and waits until those under way have ended (or cannot any more). */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      const application = this.parts.random.pick(APPLICATIONS);
      await this.#one(this.#pickKind(), application);
      await pause(50);
    }
  }

  #pickKind(): SampleKind {
    const kinds = Object.entries(SAMPLE_KINDS) as [SampleKind, number][];
    return this.parts.random.pick(kinds.flatMap(([kind, weight]) => Array<SampleKind>(weight).fill(kind)));
  }

  async #one(kind: SampleKind, application: string): Promise<void> {
    const { api, tail, samples, random } = this.parts;
    this.#count += 1;
    const cancelIn = random.pick(CANCEL_IN);
    const cancelAfterMs = random.between(0, 400);
    const earlier = this.asked.findLast((one) => one.application === application && one.kind === 'good');
    const id =
      kind === 'rollback' && earlier !== undefined
        ? await api.rollBack(earlier.id)
        : await api.deploy(samples.body(kind, application, this.#count));
    if (id === undefined) return;
    this.asked.push({ id, application, kind });
    const off = tail.onChange(({ deployment, state }) => {
      if (deployment !== id) return;
      if (kind === 'unrestorable' && state === 'testing_failed') writeFileSync(samples.flagOf(application), '');
      if (kind === 'tampered' && state === 'monitoring') void this.#tamper(application);
    });
    if (kind === 'cancelled') {
      await Promise.race([this.#reached(id, cancelIn), tail.ended(id, END_MS)]);
      await pause(cancelAfterMs);
      await api.cancel(id);
    }
    await tail.ended(id, END_MS);
    off();
    if (kind === 'unrestorable') rmSync(samples.flagOf(application), { force: true });
  }

  async #reached(id: string, state: DeploymentState): Promise<void> {
    const { tail } = this.parts;
    if (tail.states.get(id) === state) return;
    await tail.next((change) => change.deployment === id && change.state === state, END_MS);
  }

  /** Another actor changes the workload: what they did counts. */
  async #tamper(application: string): Promise<void> {
    const annotations = { 'changed-by': `somebody-else-${String(this.#count)}` };
    const { body } = await request(
      `${this.parts.clusterUrl}/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${application}?fieldManager=somebody-else`,
      {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ spec: { template: { metadata: { annotations } } } }),
      },
    );
    await body.dump(); // a cluster that is down, or a workload that is gone: nothing is tampered with
  }
}
