import type { z } from 'zod';
import type { Permission } from '../auth/permissions.js';
import type { Principal } from '../auth/principal.js';
import type { Origin } from '../outbox/outbox.js';
import type { EventStream } from './event-stream.js';

/**
 * One object is the Express entry, the permission, the validation, the audit rule and the OpenAPI operation.
 *
 * access  `public`: anyone. `authenticated`: any principal. `internal`: a service token only. Else the permission needed.
 * action  what is recorded when the request is refused or fails (`deployment.create`). A handler that changes anything
 *         records its own success with `recordAction(trx, origin, …)` in the transaction of the change.
 */
export interface RouteSpec<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express 5 syntax: `/api/v1/deployments/:id`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly access: Permission | 'public' | 'authenticated' | 'internal';
  /** Of an internal route whose caller cannot make service tokens: the one fixed token that it takes in their place, and whose it is. */
  readonly sharedToken?: { readonly holder: string; readonly token: string | undefined };
  readonly action?: { readonly type: string; readonly targetType?: string };
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Bytes; 1 MiB unless told. */
  readonly bodyLimit?: number;
  /** The body's bytes as they came, of any type (a signature is over them; an upload is no JSON): `raw` of the request, no `body`. */
  readonly rawBody?: boolean;
  /** Fields of the body that the record of a refusal may keep, where any other may hold a secret. Absent: all of it, masked. */
  readonly recordable?: readonly string[];
  /** Schemas by status, for OpenAPI; `null`: no body. `sse`/`html`/`text` in words. */
  readonly responses: Readonly<Record<number, z.ZodType | null | 'sse' | 'html' | 'text'>>;
  /** Whether an `Idempotency-Key` is honoured: every POST that makes something. Default: POST with an `action`. */
  readonly idempotent?: boolean;
  /** The answer to a request that was carried out by a process which died over it; `target` is that of its action. Absent: a conflict that says so. */
  readonly answerAgain?: (target: string) => Promise<RouteResult>;
  readonly handler: (request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>) => Promise<RouteResult>;
}

export interface RouteRequest<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The bytes, on routes with `rawBody`; read to the end by the handler, which sees a 413 thrown past `bodyLimit`. */
  readonly raw: AsyncIterable<Buffer>;
  /** Never null but on `public` routes. */
  readonly principal: Principal;
  readonly caller: Principal | null;
  readonly origin: Origin;
  readonly requestId: string;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  readonly header: (name: string) => string | undefined;
  readonly cookies: Readonly<Record<string, string | undefined>>;
}

export type RouteResult =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
    }
  | {
      readonly text: string;
      readonly type: string;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Text or bytes of any length, sent piece by piece as fast as the client reads; offered as a file. */
  | {
      readonly download: AsyncIterable<string | Uint8Array>;
      readonly type: string;
      readonly fileName: string;
      /** Bytes, where known: the client shows progress. */
      readonly size?: number;
    }
  /** Server-sent events until the function returns or the client leaves. `lastEventId` is the client's place, if it has one. */
  | { readonly stream: (events: EventStream, lastEventId: string | undefined) => Promise<void> };

/** A route whose types are checked at its definition and forgotten in a list. */
export type Route = RouteSpec<z.ZodType, z.ZodType, z.ZodType>;

export function defineRoute<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
>(spec: RouteSpec<Params, Query, Body>): Route {
  return spec;
}
