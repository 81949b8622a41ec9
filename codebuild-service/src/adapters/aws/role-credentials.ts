/**
 * Temporary credentials of assumed roles: kept for the process, renewed five minutes before they expire, one renewal for all
 * who wait. While a renewal fails, what is still good goes on being used.
 */
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import type { TemporaryKeys } from './aws-clients.js';

export type RoleKeys = TemporaryKeys & { readonly expiration: Date };
const RENEWED_BEFORE_MS = 300_000;

interface Held {
  keys?: RoleKeys;
  renewing?: Promise<RoleKeys> | undefined;
}

export class RoleCredentials {
  readonly #held = new Map<string, Held>();

  constructor(private readonly clock: Clock) {}

  /** `key` names the role and who assumes it; `assume` asks STS. Throws as `assume`. */
  async keys(key: string, assume: () => Promise<RoleKeys>): Promise<RoleKeys> {
    const held = this.#held.get(key) ?? {};
    this.#held.set(key, held);
    if (held.keys && this.#left(held.keys) > RENEWED_BEFORE_MS) return held.keys;
    held.renewing ??= assume()
      .then((keys) => (held.keys = keys))
      .finally(() => (held.renewing = undefined));
    try {
      return await held.renewing;
    } catch (error) {
      if (held.keys && this.#left(held.keys) > 0) return held.keys;
      throw error;
    }
  }

  /** AWS does not take them any more. */
  forget(key: string): void {
    this.#held.delete(key);
  }

  clear(): void {
    this.#held.clear();
  }

  #left({ expiration }: RoleKeys): number {
    return expiration.getTime() - this.clock.now().getTime();
  }
}
