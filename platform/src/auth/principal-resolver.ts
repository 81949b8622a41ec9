import { createHash } from 'node:crypto';
import { PrincipalView } from '../contracts/auth.js';
import { AppError } from '../errors/app-error.js';
import type { ServiceClient } from '../http-client/service-client.js';
import type { Principal } from './principal.js';

export interface Credential {
  readonly kind: 'session' | 'bearer';
  readonly value: string;
}
/** Turns a credential into a principal. Throws unauthenticated/`bad_credentials`, unavailable/`auth_unreachable`. */
export interface PrincipalResolver {
  resolve(credential: Credential): Promise<Principal>;
  /** Forgets a credential at once (logout in this process). */
  forget(credential: Credential): void;
}

const KEPT_MS = 10_000;
const KEPT_AT_MOST = 10_000;

/** Asks auth-service; keeps a good answer for ten seconds, a bad one never. */
export class RemotePrincipals implements PrincipalResolver {
  readonly #kept = new Map<string, { principal: Promise<Principal>; until: number }>();

  constructor(private readonly auth: ServiceClient) {}

  async resolve(credential: Credential): Promise<Principal> {
    const key = keyOf(credential);
    const kept = this.#kept.get(key);
    if (kept && kept.until > Date.now()) return kept.principal;
    if (this.#kept.size >= KEPT_AT_MOST) this.#kept.clear();
    const principal = this.#ask(credential);
    this.#kept.set(key, { principal, until: Date.now() + KEPT_MS });
    principal.catch(() => this.#kept.delete(key));
    return principal;
  }

  forget(credential: Credential): void {
    this.#kept.delete(keyOf(credential));
  }

  async #ask({ kind, value }: Credential): Promise<Principal> {
    const view = await this.auth
      .call('/internal/v1/principals', {
        method: 'POST',
        body: { credential: value, kind },
        answer: PrincipalView,
        idempotent: true,
      })
      .catch((error: unknown) => {
        if (error instanceof AppError && error.kind === 'internal')
          throw new AppError('unavailable', 'auth_unreachable', 'Who you are cannot be checked right now', {
            cause: error,
            retryAfterSeconds: 2,
          });
        throw error;
      });
    return {
      kind: view.token_id === null ? 'user' : 'token',
      userId: view.user_id,
      username: view.username,
      roles: view.roles,
      permissions: view.permissions,
      tokenId: view.token_id,
      csrfToken: view.csrf_token,
    };
  }
}
const keyOf = ({ kind, value }: Credential): string => `${kind}:${createHash('sha256').update(value).digest('base64')}`;
