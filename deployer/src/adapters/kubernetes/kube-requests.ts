/**
 * Requests to the API server over a pool of kept connections, retried where the trouble passes by itself.
 *
 * client-node's own calls are not used: they drop every field that its models do not know, turn instants into Date objects, and
 * open a connection per call (about a third of the pool's rate).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { request, type Dispatcher } from 'undici';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { KubeEndpoints } from './kube-endpoint.js';
import { errorOf, isPassing, refusalOf } from './kube-errors.js';

export interface KubeRequest {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'DELETE';
  /** With its leading slash, encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** What is asked for, in words, for errors: `apply Deployment dev/shop`. */
  readonly subject: string;
  /** Leave the server's words out of errors: they may quote a Secret. */
  readonly hush?: boolean;
  /** No second try: the answer is wanted at once. */
  readonly once?: boolean;
}
export interface KubeAnswer {
  readonly status: number;
  readonly text: string;
  /** Of a success, unless another form was asked for; else undefined. */
  readonly json: unknown;
}

/** Before the 2nd, 3rd… try, in milliseconds. Five seconds in all. */
const RETRY_MS = [150, 350, 1000, 3500];
const LARGEST_WAIT_MS = 10_000;

export class KubeRequests {
  constructor(
    private readonly endpoints: KubeEndpoints,
    private readonly retryMs: readonly number[] = RETRY_MS,
  ) {}

  /** The whole answer. Throws as the cluster port says; statuses in `accepted` are answers, not errors. */
  async send(asked: KubeRequest, signal: AbortSignal, accepted: readonly number[] = []): Promise<KubeAnswer> {
    for (let tries = 0; ; tries += 1) {
      const failure = await this.once(asked, signal, accepted, tries);
      if (!(failure instanceof AppError)) return failure;
      const wait = asked.once === true ? undefined : this.retryMs[tries];
      const passing = failure.code === 'cluster_unreachable' || failure.code === 'admission_webhook_unreachable';
      if (!passing || wait === undefined) throw failure;
      const told = (failure.retryAfterSeconds ?? 0) * 1000;
      if (told > LARGEST_WAIT_MS) throw failure; // not before its time: whoever has that long asks again
      await sleep(told || wait, undefined, { signal });
    }
  }

  /** JSON of `send`. */
  async json(asked: KubeRequest, signal: AbortSignal): Promise<unknown> {
    return (await this.send(asked, signal)).json;
  }

  /** The open body of a watch. Its silence is the caller's to notice. */
  async stream(asked: KubeRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData['body']> {
    const answer = await this.open(asked, signal, 0);
    if (answer.statusCode < 300) return answer.body;
    throw await refusedBy(answer, asked);
  }

  /** One GET through the server's proxy: whatever status the application answers is the answer. The body is cut. */
  async proxied(
    path: string,
    subject: string,
    largestBody: number,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const answer = await this.open({ method: 'GET', path, subject, accept: '*/*' }, signal, 30_000);
    answer.body.setEncoding('utf8');
    let body = '';
    for await (const chunk of answer.body as AsyncIterable<string>) {
      body += chunk;
      if (body.length >= largestBody) break; // leaving the loop closes the answer
    }
    return { status: answer.statusCode, body: body.slice(0, largestBody) };
  }

  private async once(
    asked: KubeRequest,
    signal: AbortSignal,
    accepted: readonly number[],
    tries: number,
  ): Promise<KubeAnswer | AppError> {
    try {
      const answer = await this.open(asked, signal, 30_000);
      const status = answer.statusCode;
      if (status < 300 || accepted.includes(status)) {
        const text = await answer.body.text();
        return { status, text, json: status < 300 && asked.accept === undefined ? parsed(text) : undefined };
      }
      const error = await refusedBy(answer, asked);
      if (status === 401) {
        this.endpoints.forget();
        if (tries === 0) return await this.once(asked, signal, accepted, 1);
      }
      return error;
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof AppError ? error : unreachable(asked.subject, error);
    }
  }

  private async open(asked: KubeRequest, signal: AbortSignal, bodyTimeout: number): Promise<Dispatcher.ResponseData> {
    const endpoint = await this.endpoints.get();
    try {
      return await request(`${endpoint.origin}${endpoint.prefix}${asked.path}`, {
        method: asked.method,
        dispatcher: endpoint.dispatcher,
        signal,
        bodyTimeout,
        ...(asked.query === undefined ? {} : { query: asked.query }),
        headers: {
          accept: asked.accept ?? 'application/json',
          'user-agent': 'aws-deployer',
          ...(asked.contentType === undefined ? {} : { 'content-type': asked.contentType }),
          ...endpoint.headers,
        },
        ...(asked.body === undefined ? {} : { body: asked.body }),
      });
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(asked.subject, error);
    }
  }
}

/** Without the words: whatever stands between us and the server may quote what was sent. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('what answered in its place sent no JSON');
  }
};

/** The error of an answer that is no success, with the time after which to ask again where the server gives one. */
const refusedBy = async (answer: Dispatcher.ResponseData, { subject, hush }: KubeRequest): Promise<AppError> => {
  const refusal = refusalOf(answer.statusCode, await answer.body.text());
  const seconds = secondsOf(answer.headers['retry-after']);
  const told = seconds !== undefined && isPassing(refusal) ? { retryAfterSeconds: seconds } : {};
  return errorOf({ ...refusal, ...told }, subject, hush);
};

/** `Retry-After` is a number of seconds or a date. */
const secondsOf = (header: string | string[] | undefined): number | undefined => {
  if (typeof header !== 'string') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
};

const unreachable = (subject: string, error: unknown): AppError =>
  new AppError('unavailable', 'cluster_unreachable', `${subject}: the cluster does not answer (${messageOf(error)}).`, {
    cause: error,
  });
