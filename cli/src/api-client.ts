/**
 * The platform's REST API as the commands use it. Answers are checked against the contracts.
 *
 * Times    10 s to connect, 60 s for an answer. A request that is safe to repeat (a read, or a write with an
 *          idempotency key) is tried three times when the connection fails.
 * Throws   Failure: `notAuthenticated` on 401, `unreachable` when nothing answers, `error` with the problem's fields else.
 */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '@aws-deployer/platform/contracts/wire';
import { Agent, request, type Dispatcher } from 'undici';
import type { z } from 'zod';
import type { Target } from './credentials.js';
import { EXIT, Failure, failureOf } from './failure.js';

const ATTEMPTS = 3;
const WAIT_MS = 500;

export class ApiClient {
  readonly #agent = new Agent({ connect: { timeout: 10_000 }, headersTimeout: 60_000 });

  constructor(readonly target: Target) {}

  get<Schema extends z.ZodType>(path: string, answer: Schema): Promise<z.output<Schema>> {
    return this.#json('GET', path, undefined, answer);
  }

  post<Schema extends z.ZodType>(path: string, body: unknown, answer: Schema): Promise<z.output<Schema>> {
    return this.#json('POST', path, body, answer);
  }

  put<Schema extends z.ZodType>(path: string, body: unknown, answer: Schema): Promise<z.output<Schema>> {
    return this.#json('PUT', path, body, answer);
  }

  patch<Schema extends z.ZodType>(path: string, body: unknown, answer: Schema): Promise<z.output<Schema>> {
    return this.#json('PATCH', path, body, answer);
  }

  async delete(path: string): Promise<void> {
    const response = await this.#send('DELETE', path, { headers: { accept: 'application/json' }, bodyTimeout: 60_000 });
    if (response.statusCode >= 300) throw await failureFrom(response);
    await response.body.dump();
  }

  /** The bytes of a file. */
  async download(path: string): Promise<Readable> {
    const response = await this.#send('GET', path, { headers: {}, bodyTimeout: 60_000 });
    if (response.statusCode !== 200) throw await failureFrom(response);
    return response.body;
  }

  /** A live stream of server-sent events; `lastEventId` is the last one that was seen. */
  async stream(path: string, lastEventId: string | undefined, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const response = await this.#send('GET', path, {
      headers: { accept: 'text/event-stream', ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
      bodyTimeout: 45_000, // the platform says something every 15 s
      signal,
    });
    if (response.statusCode !== 200) throw await failureFrom(response);
    return response.body as AsyncIterable<Buffer>;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #json<Schema extends z.ZodType>(
    method: Method,
    path: string,
    body: unknown,
    answer: Schema,
  ): Promise<z.output<Schema>> {
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
    };
    const response = await this.#patiently(method, path, {
      headers,
      bodyTimeout: 60_000,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.statusCode >= 300) throw await failureFrom(response);
    const parsed = answer.safeParse(await response.body.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new Failure(EXIT.error, `${this.target.url}${path} does not answer as this command knows it`, [
      ...parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
      'is it the platform, in the same version?',
    ]);
  }

  async #patiently(method: Method, path: string, options: SendOptions): Promise<Dispatcher.ResponseData> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#send(method, path, options);
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await wait(WAIT_MS * attempt);
      }
    }
  }

  async #send(method: Method, path: string, options: SendOptions): Promise<Dispatcher.ResponseData> {
    const { url, token } = this.target;
    try {
      return await request(`${url}${path}`, {
        method,
        dispatcher: this.#agent,
        ...options,
        headers: {
          'user-agent': 'deployer-cli',
          ...options.headers,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      const why = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error);
      throw new Failure(EXIT.unreachable, `${url} does not answer (${why})`, ['another address: DEPLOYER_URL'], {
        cause: error,
      });
    }
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
interface SendOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyTimeout: number;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

async function failureFrom({ statusCode, body }: Dispatcher.ResponseData): Promise<Failure> {
  const text = await body.text();
  const problem = Problem.safeParse(jsonOr(text, undefined));
  if (problem.success) return failureOf(problem.data);
  if (statusCode === 401) return new Failure(EXIT.notAuthenticated, 'Not signed in: use deployer login');
  if (statusCode === 503 || statusCode === 502 || statusCode === 504)
    return new Failure(EXIT.unreachable, `The platform is not ready (${statusCode})`);
  return new Failure(EXIT.error, `The platform answered ${statusCode}: ${text.slice(0, 300)}`);
}

function jsonOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return otherwise;
    throw error;
  }
}
