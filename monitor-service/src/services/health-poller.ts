import type { ServiceView } from '@aws-deployer/platform/contracts/activity';
import { probeHealth } from '@aws-deployer/platform/http-client/health-probe';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { ServiceName } from '@aws-deployer/platform/runtime/config';
import type { ServiceMetrics } from './metrics.js';
import { stateOf } from './service-health.js';

const TIMEOUT_MS = 5_000;

/** Asks every service for its health; services that share an address (all in one process) are asked once for all. */
export class HealthPoller {
  #views: ReadonlyMap<ServiceName, ServiceView | null>;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;

  constructor(
    private readonly options: {
      readonly urls: Readonly<Record<ServiceName, string>>;
      readonly everyMs: number;
      readonly clock: Clock;
      readonly metrics: ServiceMetrics;
      readonly stopping: AbortSignal;
    },
  ) {
    this.#views = new Map(
      this.#names().map((name) => [
        name,
        {
          name,
          url: options.urls[name],
          state: 'unknown',
          detail: 'not asked yet',
          latency_ms: null,
          checked_at: null,
        },
      ]),
    );
  }

  start(): void {
    this.#polling = this.#round();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#polling;
  }

  /** What runs here, as of the last round. */
  get views(): ServiceView[] {
    return [...this.#views.values()].filter((view) => view !== null);
  }

  /** One round; `probeHealth` never throws. */
  async poll(): Promise<void> {
    const { urls, clock, metrics, stopping } = this.options;
    const answers = new Map(
      await Promise.all(
        [...new Set(Object.values(urls))].map(
          async (url) => [url, await probeHealth(url, TIMEOUT_MS, stopping)] as const,
        ),
      ),
    );
    if (stopping.aborted) return; // the probes were cut, that says nothing about anybody
    const checkedAt = instant(clock.now());
    const views = new Map<ServiceName, ServiceView | null>();
    for (const name of this.#names()) {
      const health = answers.get(urls[name]);
      const view = health === undefined ? null : stateOf(name, urls[name], health, checkedAt);
      views.set(name, view);
      if (view === null) continue;
      metrics.up.set({ service: name }, view.state === 'down' ? 0 : 1);
      if (view.latency_ms !== null) metrics.latency.observe({ service: name }, view.latency_ms / 1000);
    }
    this.#views = views;
  }

  async #round(): Promise<void> {
    await this.poll();
    if (this.options.stopping.aborted) return;
    this.#timer = setTimeout(() => this.start(), this.options.everyMs);
  }

  #names(): ServiceName[] {
    return Object.keys(this.options.urls) as ServiceName[];
  }
}
