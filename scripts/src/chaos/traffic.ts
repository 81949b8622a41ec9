/** Keeps deployments going: a few loops, each asks for one, does to it what its kind wants, and waits for its end. */
import { rmSync, writeFileSync } from 'node:fs';
import { DEPLOYMENT_ANNOTATION } from '@aws-deployer/deployer/deployments/manifests/identity';
import { request } from 'undici';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { ChaosApi } from './api.js';
import type { Loss } from './checks/loss.js';
import { pause } from './child-process.js';
import type { Random } from './random.js';
import { anyPlan, planFor, type Plan } from './plans.js';
import type { SampleKind, Samples } from './samples.js';
import type { Tail } from './tail.js';
import { CHANGING, type Transition } from './transitions.js';

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
  /** Transitions that should come by more often. */
  readonly wanted: () => readonly Transition[];
}
export const NAMESPACE = 'development';
const APPLICATIONS = Array.from({ length: 12 }, (_, index) => `app-${index + 1}`);
const LOOPS = 6;
const END_MS = 300_000;
/** Of the deployments, those that are made so that a transition which is still wanted comes by. */
const AIMED = 0.6;
/** A change that was made this long ago was seen, or nobody was there to see it. */
const SEEN_MS = 250;
const LOOK_MS = 20;

export class Traffic {
  /** Everything that was acknowledged. */
  readonly asked: Asked[] = [];
  /** Whose workload was changed by another actor while it was rolled out. */
  readonly tampered: string[] = [];
  readonly #loops: Promise<void>[] = [];
  #stopped = false;
  #count = 0;

  constructor(private readonly parts: TrafficParts) {}

  start(): void {
    for (let i = 0; i < LOOPS; i += 1) this.#loops.push(this.#loop());
    for (const loop of this.#loops) loop.catch(() => undefined); // told by `stop`
  }

  /** Asks for no more, and waits until those under way have ended (or cannot any more). What was not answered is lost. */
  async stop(): Promise<Loss[]> {
    this.#stopped = true;
    const ends = await Promise.allSettled(this.#loops);
    return ends.flatMap((end) =>
      end.status === 'fulfilled' ? [] : [{ subject: 'a client', what: messageOf(end.reason) }],
    );
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      const { random, wanted } = this.parts;
      const aims = wanted();
      const plan = aims.length > 0 && random.chance(AIMED) ? planFor(random.pick(aims), random) : anyPlan(random);
      await this.#one(plan, random.pick(APPLICATIONS));
      await pause(50);
    }
  }

  async #one(plan: Plan, application: string): Promise<void> {
    const { api, tail, samples } = this.parts;
    const { kind } = plan;
    this.#count += 1;
    const earlier = this.asked.findLast((one) => one.application === application && one.kind === 'good');
    const id =
      kind === 'rollback' && earlier !== undefined
        ? await api.rollBack(earlier.id)
        : await api.deploy(samples.body(kind, application, this.#count, plan.slowly));
    if (id === undefined) return;
    this.asked.push({ id, application, kind });
    const off = tail.onChange(({ deployment, to }) => {
      if (deployment === id && kind === 'unrestorable' && to === 'testing_failed')
        writeFileSync(samples.flagOf(application), '');
    });
    const ended = tail.ended(id, END_MS);
    if (kind === 'cancelled' || kind === 'tampered') {
      await Promise.race([this.#reached(id, plan.meddleIn), ended]);
      await pause(plan.meddleAfterMs);
      if (kind === 'cancelled') await api.cancel(id);
      else await this.#tamper(id, application);
    }
    await ended;
    off();
    if (kind === 'unrestorable') rmSync(samples.flagOf(application), { force: true });
  }

  async #reached(id: string, state: DeploymentState): Promise<void> {
    const { tail } = this.parts;
    if (tail.states.get(id) === state) return;
    await tail.next(({ deployment, to }) => deployment === id && to === state, END_MS);
  }

  /** Another actor changes the workload as soon as it is this deployment's: what they did counts. */
  async #tamper(id: string, application: string): Promise<void> {
    const { tail, clusterUrl } = this.parts;
    const url = `${clusterUrl}/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${application}`;
    const isChanging = (): boolean => CHANGING.includes(tail.states.get(id) ?? 'initialized');
    const annotations = { 'changed-by': `somebody-else-${id}` };
    while (isChanging()) {
      if (await isBroughtBy(url, id)) {
        const patched = await request(`${url}?fieldManager=somebody-else`, {
          method: 'PATCH',
          headers: { 'content-type': 'application/merge-patch+json' },
          body: JSON.stringify({ spec: { template: { metadata: { annotations } } } }),
        });
        await patched.body.dump();
        if (patched.statusCode !== 200) return; // gone meanwhile: nothing is tampered with
        await pause(SEEN_MS);
        if (isChanging()) this.tampered.push(id);
        return;
      }
      await pause(LOOK_MS);
    }
  }
}

/** False too while the cluster is down. */
async function isBroughtBy(url: string, deployment: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url);
    const { metadata } = (await body.json()) as { metadata?: { annotations?: Record<string, string> } };
    return statusCode === 200 && metadata?.annotations?.[DEPLOYMENT_ANNOTATION] === deployment;
  } catch {
    return false;
  }
}
