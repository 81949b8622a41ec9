/**
 * The prober of one deployment: waits in the background until the application has an address, then asks it until the
 * deployment ends. What it counts is read when it is wanted.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';
import { addressOf, clientOf } from './application-address.js';
import type { Deployment, RolloutCounts } from './deployment.js';
import { startProber, type Prober } from './prober.js';
import type { StepParts } from './step.js';

const ADDRESS_MS = 600_000;
const AGAIN_MS = 2_000;

export class TrafficProbe {
  readonly #stopping = new AbortController();
  #prober: Prober | undefined;
  /** Of the prober; null: through the API server. */
  #url: string | null = null;
  readonly #waiting: Promise<void>;

  /**
   * `onAddress` is told where the application answers, once; `onBroken` of what no trouble of the cluster explains: nothing is
   * counted then.
   */
  constructor(
    private readonly parts: Pick<StepParts, 'cluster'>,
    private readonly deployment: Deployment,
    private readonly onAddress: (url: string | null) => void,
    onBroken: (error: unknown) => void,
  ) {
    this.#waiting = this.#begin().catch(onBroken);
  }

  counts(): RolloutCounts | undefined {
    return this.#prober?.counts();
  }

  lastFailure(): string | undefined {
    return this.#prober?.lastFailure();
  }

  /** It was found to answer at `url`: a release may bring another address. */
  follow(url: string | null): void {
    if (this.#prober === undefined || url === this.#url) return;
    this.#url = url;
    this.#prober.moveTo(clientOf(this.parts, this.deployment, url));
  }

  /** The final counts; undefined when there never was an address. */
  async stop(): Promise<RolloutCounts | undefined> {
    this.#stopping.abort();
    await this.#waiting;
    return this.#prober?.stop();
  }

  async #begin(): Promise<void> {
    const { signal } = this.#stopping;
    const { workload } = this.deployment.spec;
    while (!signal.aborted && workload.replicas > 0) {
      try {
        const url = await addressOf(this.parts, this.deployment, ADDRESS_MS, signal);
        signal.throwIfAborted();
        this.#url = url;
        this.#prober = startProber({
          client: clientOf(this.parts, this.deployment, url),
          path: workload.health?.path ?? '/',
          from: this.deployment.rollout,
        });
        this.onAddress(url);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof AppError)) throw error;
        await delay(AGAIN_MS, signal).catch(() => undefined); // the cluster is away: the rollout itself tells of it
      }
    }
  }
}
