import { SESSION_COOKIE } from '@aws-deployer/platform/http/authenticate';
import {
  ChangePasswordBody,
  LoginBody,
  LoginView,
  MeView,
  PrincipalView,
  ResolvePrincipalBody,
} from '@aws-deployer/platform/contracts/auth';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { defineRoute, type Route, type RouteRequest } from '@aws-deployer/platform/http/define-route';
import type { z } from 'zod';
import type { AuthSchema } from '../schema.js';
import { getUser } from '../users/user-read-model.js';
import type { UserService } from '../users/user-service.js';
import { toUserView } from '../users/user.js';
import type { LockOut } from './lock-out.js';
import type { PrincipalService } from './principal-service.js';
import { hashToken } from './secret-token.js';
import type { SessionService } from './session-service.js';

export interface SessionRoutesOptions {
  readonly database: Database<AuthSchema>;
  readonly sessions: SessionService;
  readonly users: UserService;
  readonly principals: PrincipalService;
  readonly lockOut: LockOut;
  readonly sessionSeconds: number;
}
type Head = Pick<RouteRequest, 'header' | 'cookies'>;

export const sessionRoutes = (options: SessionRoutesOptions): Route[] => [
  ...signInRoutes(options),
  ...ownRoutes(options),
  checkRoute(),
  principalsRoute(options),
];

const signInRoutes = ({ sessions, sessionSeconds }: SessionRoutesOptions): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/v1/auth/login',
    operationId: 'login',
    summary: 'Sign in: sets the session cookie and answers an access token that works as Bearer',
    access: 'public',
    action: { type: 'auth.login', targetType: 'user' },
    idempotent: false, // a kept answer would be a kept token
    body: LoginBody,
    bodyLimit: 10_000,
    responses: { 200: LoginView },
    handler: async (request) => {
      const view = await sessions.login(request.body, request.origin);
      return {
        status: 200,
        body: view,
        headers: {
          'set-cookie': sessionCookie(view.access_token, sessionSeconds, request),
          'cache-control': 'no-store',
        },
      };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/auth/logout',
    operationId: 'logout',
    summary: 'End the session that this request carries',
    access: 'authenticated',
    action: { type: 'auth.logout', targetType: 'user' },
    idempotent: false,
    responses: { 204: null },
    handler: async (request) => {
      const token = sessionTokenOf(request);
      if (token !== undefined) await sessions.logout(token, request.origin);
      return { status: 204, headers: { 'set-cookie': sessionCookie('', 0, request) } };
    },
  }),
];

const ownRoutes = ({ database, users, lockOut }: SessionRoutesOptions): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/auth/me',
    operationId: 'me',
    summary: 'Who I am and what I may do; the CSRF token of a cookie session',
    access: 'authenticated',
    responses: { 200: MeView },
    handler: async ({ principal }) => ({
      status: 200,
      body: {
        user: toUserView(await getUser(database.db, principal.userId)),
        permissions: [...principal.permissions],
        csrf_token: principal.csrfToken,
      },
      headers: { 'cache-control': 'no-store' },
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/auth/password',
    operationId: 'changePassword',
    summary: 'Change my password; ends my other sessions',
    access: 'authenticated',
    action: { type: 'user.password', targetType: 'user' },
    idempotent: false,
    body: ChangePasswordBody,
    bodyLimit: 10_000,
    responses: { 204: null },
    handler: async (request) => {
      const { principal, body, origin } = request;
      const current = sessionTokenOf(request);
      await lockOut.guard(principal.username, origin.ip, () =>
        users.changePassword(
          principal.userId,
          { current: body.current_password, next: body.new_password },
          current === undefined ? null : hashToken(current),
          origin,
        ),
      );
      return { status: 204 };
    },
  }),
];

/** The ingress asks this before it lets a request through (nginx `auth_request`). */
const checkRoute = (): Route =>
  defineRoute({
    method: 'get',
    path: '/api/v1/auth/check',
    operationId: 'check',
    summary: 'For the ingress: 200 with X-User headers, or 401',
    access: 'authenticated',
    responses: { 200: null },
    handler: async ({ principal }) => ({
      status: 200,
      headers: {
        'x-user': principal.username,
        'x-user-id': principal.userId,
        'x-user-roles': principal.roles.join(','),
        ...(principal.tokenId === null ? {} : { 'x-user-token-id': principal.tokenId }),
      },
    }),
  });

const principalsRoute = ({ principals }: SessionRoutesOptions): Route =>
  defineRoute({
    method: 'post',
    path: '/internal/v1/principals',
    operationId: 'resolvePrincipal',
    summary: 'A credential becomes a principal',
    access: 'internal',
    body: ResolvePrincipalBody,
    responses: { 200: PrincipalView },
    handler: async ({ body }) => {
      const principal = await principals.resolve({ kind: body.kind, value: body.credential });
      const view: z.input<typeof PrincipalView> = {
        user_id: principal.userId,
        username: principal.username,
        roles: [...principal.roles],
        permissions: [...principal.permissions],
        token_id: principal.tokenId,
        csrf_token: principal.csrfToken,
      };
      return { status: 200, body: view };
    },
  });

/** The session token of a request: as Bearer or as cookie, in the order in which the platform looks. */
function sessionTokenOf(request: Head): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(request.header('authorization') ?? '')?.[1] ?? request.cookies[SESSION_COOKIE];
}

/** `Secure` where the browser came by https (TLS ends at the proxy, which says so); plain http is the local mode. */
function sessionCookie(value: string, seconds: number, request: Head): string {
  const secure = request.header('x-forwarded-proto')?.split(',')[0]?.trim() === 'https' ? '; Secure' : '';
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure}`;
}
