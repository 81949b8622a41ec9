import type { Principal } from '@aws-deployer/platform/auth/principal';
import type { Credential, PrincipalResolver } from '@aws-deployer/platform/auth/principal-resolver';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { TokenService } from '../tokens/token-service.js';
import { API_TOKEN_PREFIX } from './secret-token.js';
import type { SessionService } from './session-service.js';

/**
 * Who a credential stands for, read afresh each time: a logout or a disabled account holds at once on this service's
 * routes. Other services ask over HTTP and keep an answer for ten seconds.
 */
export class PrincipalService implements PrincipalResolver {
  constructor(
    private readonly sessions: SessionService,
    private readonly tokens: TokenService,
  ) {}

  /** Throws unauthenticated/`bad_credentials`. */
  async resolve({ kind, value }: Credential): Promise<Principal> {
    const principal =
      kind === 'bearer' && value.startsWith(API_TOKEN_PREFIX)
        ? await this.tokens.resolve(value)
        : await this.sessions.resolve(value, kind === 'session');
    if (principal) return principal;
    throw new AppError(
      'unauthenticated',
      'bad_credentials',
      'The session has ended or the token is not valid: sign in again',
    );
  }

  forget(): void {
    // nothing is kept
  }
}
