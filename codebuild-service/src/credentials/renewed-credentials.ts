/**
 * Credentials that expire: kept for the process, renewed a while before they do, one renewal for all who wait. While a
 * renewal fails, what is still good goes on being used.
 */
import type { Clock } from '@aws-deployer/platform/runtime/clock';

interface Held<Credential> {
  value?: Credential;
  renewing?: Promise<Credential> | undefined;
}

export class RenewedCredentials<Credential extends { readonly expiration: Date }> {
  readonly #held = new Map<string, Held<Credential>>();

  constructor(
    private readonly clock: Clock,
    private readonly renewedBeforeMs: number,
  ) {}

  /** `key` names whose they are, never a secret; `renew` asks for new ones. Throws as `renew`. */
  async get(key: string, renew: () => Promise<Credential>): Promise<Credential> {
    const held = this.#held.get(key) ?? {};
    this.#held.set(key, held);
    if (held.value && this.#left(held.value) > this.renewedBeforeMs) return held.value;
    held.renewing ??= renew()
      .then((value) => (held.value = value))
      .finally(() => (held.renewing = undefined));
    try {
      return await held.renewing;
    } catch (error) {
      if (held.value && this.#left(held.value) > 0) return held.value;
      throw error;
    }
  }

  /** All whose key begins so: they are not taken any more, or belong to what has changed. */
  forget(prefix: string): void {
    for (const key of this.#held.keys()) if (key.startsWith(prefix)) this.#held.delete(key);
  }

  /** What is held, for metrics. */
  expirations(): (readonly [string, Date])[] {
    return [...this.#held].flatMap(([key, { value }]) =>
      value === undefined ? [] : [[key, value.expiration] as const],
    );
  }

  clear(): void {
    this.#held.clear();
  }

  #left({ expiration }: Credential): number {
    return expiration.getTime() - this.clock.now().getTime();
  }
}
