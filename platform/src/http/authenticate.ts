import { createHash, timingSafeEqual } from 'node:crypto';
import { parseCookie } from 'cookie';
import type { Request } from 'express';
import { can, type Principal } from '../auth/principal.js';
import type { Credential, PrincipalResolver } from '../auth/principal-resolver.js';
import type { ServiceTokens } from '../auth/service-token.js';
import { AppError } from '../errors/app-error.js';
import type { Route } from './define-route.js';

export const SESSION_COOKIE = 'aws_deployer_session';

export const cookiesOf = (request: Request): Record<string, string | undefined> =>
  parseCookie(request.get('cookie') ?? '');

/** The credential of a request: a Bearer token wins over the session cookie. */
export function credentialOf(request: Request): Credential | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) return { kind: 'bearer', value: bearer };
  const session = cookiesOf(request)[SESSION_COOKIE];
  return session ? { kind: 'session', value: session } : undefined;
}

/**
 * Who asks, and whether they may. Throws unauthenticated/`login_required`, `bad_credentials`, `csrf_missing` (forbidden),
 * forbidden/`not_permitted` naming the permission.
 */
export async function authorise(
  request: Request,
  route: Route,
  principals: PrincipalResolver,
  tokens: ServiceTokens,
): Promise<Principal | null> {
  if (route.sharedToken !== undefined) return holderOf(request, route.sharedToken);
  if (route.access === 'internal') return serviceOf(request, tokens);
  const credential = credentialOf(request);
  if (credential === undefined) {
    if (route.access === 'public') return null;
    throw new AppError(
      'unauthenticated',
      'login_required',
      'Sign in, or send an API token as `Authorization: Bearer …`',
    );
  }
  if (route.access === 'public')
    return principals.resolve(credential).catch((error: unknown) => {
      if (error instanceof AppError && error.kind !== 'internal') return null; // a stale cookie must not keep anyone from signing in
      throw error;
    });
  const principal = await principals.resolve(credential);
  if (credential.kind === 'session' && route.method !== 'get') checkCsrf(request, principal);
  if (route.access !== 'authenticated' && !can(principal, route.access))
    throw Object.assign(new AppError('forbidden', 'not_permitted', lack(principal, route.access)), { principal });
  return principal;
}

const lack = ({ kind, username }: Principal, permission: string): string =>
  kind === 'token'
    ? `This token of ${username} lacks ${permission}: make one with that scope, or ask an admin if ${username} lacks it too`
    : `${username} lacks the permission ${permission}: ask an admin for a role that has it`;

async function serviceOf(request: Request, tokens: ServiceTokens): Promise<Principal> {
  const credential = credentialOf(request);
  if (credential?.kind !== 'bearer')
    throw new AppError('unauthenticated', 'service_token_required', 'This path takes service tokens only');
  const { service, actingUser } = await tokens.verify(credential.value);
  return {
    ...A_SERVICE,
    userId: actingUser ?? `service:${service}`,
    username: actingUser ?? service,
    permissions: ['*'],
  };
}

const A_SERVICE = { kind: 'service', roles: [], permissions: [], tokenId: null, csrfToken: null } as const;

/** Nobody is its holder where no token is set. */
function holderOf(request: Request, { holder, token }: NonNullable<Route['sharedToken']>): Principal {
  const credential = credentialOf(request);
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest(); // of one length, whatever was sent
  if (token === undefined || credential?.kind !== 'bearer' || !timingSafeEqual(digest(credential.value), digest(token)))
    throw new AppError('unauthenticated', 'shared_token_required', `This path takes the token of ${holder} only`);
  return { ...A_SERVICE, userId: `service:${holder}`, username: holder };
}

/** A page of another site can send our cookie but cannot read the session's CSRF token. */
function checkCsrf(request: Request, principal: Principal): void {
  const { csrfToken } = principal;
  const sent = Buffer.from(request.get('x-csrf-token') ?? '');
  const wanted = Buffer.from(csrfToken ?? '');
  if (wanted.length === 0 || sent.length !== wanted.length || !timingSafeEqual(sent, wanted))
    throw Object.assign(
      new AppError(
        'forbidden',
        'csrf_missing',
        'A write with a session cookie needs the header X-CSRF-Token from GET /api/v1/auth/me',
      ),
      { principal },
    );
}
