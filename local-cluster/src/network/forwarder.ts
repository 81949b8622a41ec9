/**
 * Carries HTTP requests and raw connections to endpoints. Written on node:http instead of a proxy library for one reason:
 * a request must move to another endpoint when the first one refuses, and only while nothing of it has been sent.
 *
 * Each request gets a connection of its own: an idle one kept to a pod that ends in that moment would lose a request.
 * A request without a body that loses its connection before an answer began is sent again elsewhere.
 */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint, Endpoints } from './endpoints.js';

/** What is asked for: a port of a Service, or one pod. */
export interface Target {
  /** `Service shop/web`, for messages. */
  readonly name: string;
  pick(tried: ReadonlySet<Endpoint>): Endpoint | undefined;
}
export interface ForwardOptions {
  /** Instead of the request's own. */
  readonly path?: string;
  /** Undefined takes the request's own away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const CONNECT_TIMEOUT_MS = 3_000;
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export class NoEndpointError extends Error {
  override readonly name = 'NoEndpointError';
}

export class Forwarder {
  constructor(private readonly endpoints: Endpoints) {}

  /** Answers the request from the target, or 503 when it has nobody, 502 when it broke off. */
  async http(
    target: Target,
    request: IncomingMessage,
    response: ServerResponse,
    options: ForwardOptions = {},
  ): Promise<void> {
    const tried = new Set<Endpoint>();
    for (;;) {
      let opened: { socket: Socket; endpoint: Endpoint };
      try {
        opened = await this.open(target, tried);
      } catch (error) {
        answerUnavailable(response, target, error);
        request.resume();
        return;
      }
      const end = this.endpoints.begin(opened.endpoint.podUid);
      let outcome: 'done' | 'again';
      try {
        outcome = await exchange(opened.socket, request, response, options);
      } finally {
        end();
      }
      if (outcome === 'done') return;
    }
  }

  /** WebSockets and the like: the request is repeated as it was, then bytes go both ways. */
  async upgrade(target: Target, request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    let opened: { socket: Socket; endpoint: Endpoint };
    try {
      opened = await this.open(target, new Set());
    } catch {
      client.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      return;
    }
    const lines = [`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1`];
    for (let index = 0; index < request.rawHeaders.length; index += 2)
      lines.push(`${request.rawHeaders[index] ?? ''}: ${request.rawHeaders[index + 1] ?? ''}`);
    opened.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    if (head.length > 0) opened.socket.write(head);
    this.join(client, opened.socket, opened.endpoint);
  }

  /** Bytes both ways. A target without an endpoint gets its connection closed, as a closed port would. */
  async tcp(target: Target, client: Socket): Promise<void> {
    try {
      const { socket, endpoint } = await this.open(target, new Set());
      this.join(client, socket, endpoint);
    } catch {
      client.destroy();
    }
  }

  private join(client: Duplex, upstream: Socket, endpoint: Endpoint): void {
    const end = this.endpoints.begin(endpoint.podUid);
    const close = (): void => {
      end();
      client.destroy();
      upstream.destroy();
    };
    client.on('error', close).on('close', close);
    upstream.on('error', close).on('close', close);
    client.pipe(upstream);
    upstream.pipe(client);
  }

  /** A connection to one endpoint, the next one being tried when it refuses. */
  private async open(target: Target, tried: Set<Endpoint>): Promise<{ socket: Socket; endpoint: Endpoint }> {
    let failure: Error = new NoEndpointError(`${target.name} has no ready endpoint`);
    for (;;) {
      const endpoint = target.pick(tried);
      if (endpoint === undefined) throw failure;
      tried.add(endpoint);
      try {
        return { socket: await dial(endpoint), endpoint };
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
      }
    }
  }
}

function dial({ host, port }: Endpoint): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const timer = setTimeout(
      () => socket.destroy(new Error(`connect to ${host}:${String(port)} timed out`)),
      CONNECT_TIMEOUT_MS,
    );
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', reject);
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** One request over an open connection; `again`: nothing was answered and it may be sent elsewhere. */
function exchange(
  socket: Socket,
  request: IncomingMessage,
  response: ServerResponse,
  options: ForwardOptions,
): Promise<'done' | 'again'> {
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  return new Promise((resolve) => {
    const upstream = httpRequest({
      createConnection: () => socket,
      method: request.method ?? 'GET',
      path: options.path ?? request.url ?? '/',
      headers: requestHeaders(request, options.headers ?? {}),
      setHost: false,
    });
    let answered = false;
    const clientLeft = (): void => {
      upstream.destroy();
      socket.destroy();
      resolve('done');
    };
    response.once('close', clientLeft);
    const finish = (outcome: 'done' | 'again'): void => {
      response.removeListener('close', clientLeft);
      socket.destroy();
      resolve(outcome);
    };
    upstream.on('response', (answer) => {
      answered = true;
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', responseHeaders(answer));
      answer.pipe(response);
      answer.once('error', () => {
        response.destroy();
        finish('done');
      });
      response.once('finish', () => finish('done'));
    });
    upstream.on('continue', () => response.writeContinue());
    upstream.on('error', (error) => {
      if (answered) {
        response.destroy();
        finish('done');
      } else if (!hasBody) finish('again');
      else {
        if (!response.headersSent) plain(response, 502, `the endpoint broke off: ${error.message}`);
        finish('done');
      }
    });
    if (hasBody) request.pipe(upstream);
    else upstream.end();
  });
}

function requestHeaders(
  request: IncomingMessage,
  extra: Readonly<Record<string, string | undefined>>,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !HOP_BY_HOP.has(name)) headers[name] = value;
  if (request.headers['transfer-encoding'] !== undefined && request.headers['content-length'] === undefined)
    headers['transfer-encoding'] = 'chunked';
  for (const [name, value] of Object.entries(extra))
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  return { ...headers, connection: 'close' };
}

function responseHeaders(answer: IncomingMessage): string[] {
  const headers: string[] = [];
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    const name = answer.rawHeaders[index] ?? '';
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(name, answer.rawHeaders[index + 1] ?? '');
  }
  return headers;
}

function answerUnavailable(response: ServerResponse, target: Target, error: unknown): void {
  const why = error instanceof NoEndpointError ? error.message : `no endpoint of ${target.name} accepts connections`;
  if (!response.headersSent) plain(response, 503, why);
}

export function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${String(status)} ${text}\n`);
}
