/**
 * What the API server asks of the rest of the cluster. cluster.ts hands implementations to `createApiServer`; the
 * server answers 503 where one is missing or says no.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import type { Pod, Service } from '../resources/types.js';

export interface LogOptions {
  readonly container: string;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  /** Stays open and gives new lines until the container ends or `signal` aborts. */
  readonly follow: boolean;
  /** The container's previous run instead of the present one. */
  readonly previous: boolean;
  readonly sinceSeconds?: number;
  /** RFC 3339; only lines at or after it. */
  readonly sinceTime?: string;
  /** Each line begins with its RFC 3339 nanosecond timestamp and a space. */
  readonly timestamps: boolean;
  readonly signal: AbortSignal;
}

/** `kubectl logs`. The API server has checked that pod and container exist and that the container has started once. */
export interface PodLogs {
  /**
   * Pieces of text, lines ending in `\n`; pieces need not be whole lines. `tailLines`, `sinceSeconds` and `timestamps`
   * are the implementer's; `limitBytes` the API server's.
   * @throws StatusError 400 `previous terminated container "web" in pod "shop-1" not found`
   */
  read(pod: Pod, options: LogOptions): AsyncIterable<string>;
}

/** A command under way. Its streams end before `exit` resolves or soon after. */
export interface ExecSession {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  /** Undefined where a terminal joins both. */
  readonly stderr: Readable | undefined;
  /** The exit code; rejects when the command could not be started. */
  readonly exit: Promise<number>;
  /** Ends it, as far as the runtime can. */
  kill(): void;
}

/** `kubectl exec`. Rejects with StatusError where the container does not run. */
export interface PodExec {
  open(
    pod: Pod,
    container: string,
    command: readonly string[],
    options: { readonly stdin: boolean; readonly tty: boolean },
  ): Promise<ExecSession>;
}

/** `/api/v1/namespaces/{ns}/services/{name}:{port}/proxy/…` and the same for pods. */
export interface ServiceProxy {
  /**
   * Answers `response` from one ready endpoint. `port` is a name or a number as the caller wrote it, undefined for the
   * only one; `path` begins with a slash and carries the query. Rejects with StatusError 503 where there is no endpoint.
   */
  service(
    service: Service,
    port: string | undefined,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void>;
  pod(
    pod: Pod,
    port: string | undefined,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void>;
}

export interface ApiServerHooks {
  readonly logs?: PodLogs;
  readonly proxy?: ServiceProxy;
  readonly exec?: PodExec;
}
