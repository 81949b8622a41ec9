/** Walks of the audit chain: asked for by a person, and by themselves every so often, so that a broken chain is not found by chance. */
import type { VerifyView } from '@aws-deployer/platform/contracts/history';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { delay } from '@aws-deployer/platform/runtime/clock';
import type { Gauge } from 'prom-client';
import { verifyChain, type VerifyOptions } from './verify-chain.js';

export class Verification {
  #running: Promise<VerifyView> | undefined;

  constructor(
    private readonly options: VerifyOptions,
    private readonly broken: Gauge,
    private readonly log: Logger,
  ) {}

  /** Walks are shared: who asks while one is under way gets its answer. */
  async verify(): Promise<VerifyView> {
    this.#running ??= verifyChain(this.options).finally(() => (this.#running = undefined));
    const view = await this.#running;
    this.broken.set(view.valid ? 0 : 1);
    return view;
  }

  /** Ends with the signal of the options. A walk that fails (the database is away) leaves the metric as it was. */
  async verifyEvery(ms: number): Promise<void> {
    const { signal } = this.options;
    while (!signal.aborted) {
      try {
        await delay(ms, signal);
        const { valid, first_broken } = await this.verify();
        if (!valid) this.log.error('the audit chain is broken', { first_broken });
      } catch (error) {
        if (!signal.aborted) this.log.warn('the audit chain could not be verified; it is tried again', { error });
      }
    }
  }
}
