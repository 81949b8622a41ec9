/**
 * The only caller of fetch. JSON in and out, the session's cookie, its CSRF token on writes, problems as ApiError.
 *
 * `Idempotency-Key`: the caller gives one per submit and keeps it while it retries that submit (see submission.ts).
 */
import { ApiError, problemOf } from './problem.js';

let csrfToken: string | null = null;
let onSignedOut: () => void = () => undefined;

/** The token of the session, from `GET /auth/me` or the login's answer. */
export function setSessionToken(token: string | null): void {
  csrfToken = token;
}

/** What happens when any call is answered 401: the router shows the login page. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

export type QueryValue = string | number | boolean | null | undefined;

/** `?a=1&b=2`, leaving out what is empty: an empty filter is no filter. */
export function queryString(query: Readonly<Record<string, QueryValue>>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()}`;
}

async function call(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', 'AWS Deployer is not reachable. Check that it is running and try again.');
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && !path.endsWith('/auth/login')) onSignedOut();
  throw problem;
}

async function bodyOf<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { headers: { accept: 'application/json' } };
  if (signal) init.signal = signal;
  return bodyOf<T>(await call(path, init));
}

export interface WriteOptions {
  readonly idempotencyKey?: string;
}

async function write<T>(method: string, path: string, body: unknown, options: WriteOptions): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (csrfToken !== null) headers['x-csrf-token'] = csrfToken;
  if (options.idempotencyKey !== undefined) headers['idempotency-key'] = options.idempotencyKey;
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  return bodyOf<T>(await call(path, init));
}

export const post = <T>(path: string, body: unknown, options: WriteOptions = {}): Promise<T> =>
  write<T>('POST', path, body, options);
export const patch = <T>(path: string, body: unknown): Promise<T> => write<T>('PATCH', path, body, {});
export const put = <T>(path: string, body: unknown): Promise<T> => write<T>('PUT', path, body, {});
export const remove = (path: string): Promise<void> => write<void>('DELETE', path, undefined, {});

/** Opens a server-sent event stream; the caller reads `body` and aborts `signal` to end it. */
export async function openEventStream(
  path: string,
  lastEventId: string | null,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (lastEventId !== null) headers['last-event-id'] = lastEventId;
  const response = await call(path, { headers, signal, cache: 'no-store' });
  if (!response.body) throw new ApiError(0, 'no_stream', 'The server sent no stream.');
  return response.body;
}
