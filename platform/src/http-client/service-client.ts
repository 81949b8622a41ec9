import type { Readable } from 'node:stream';
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { Agent, request, type Dispatcher } from 'undici';
import type { z } from 'zod';
import type { ServiceTokens } from '../auth/service-token.js';
import { Problem } from '../contracts/wire.js';
import { AppError, messageOf } from '../errors/app-error.js';
import { kindOfStatus } from '../errors/status.js';
import { traceparent } from '../observability/trace-context.js';

/**
 * Calls between services: a contract in, a parsed answer out. undici's `request`, because `fetch` refuses port 6000.
 *
 * Retries only what is safe to repeat (`idempotent`, by default GET) and only when the other side did not answer or said
 * 502/503/504. Throws AppError: the other side's problem as it is, or unavailable/`<service>_unreachable`.
 */
export interface CallOptions<Schema extends z.ZodType> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly answer: Schema;
  readonly idempotent?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly actingUser?: string;
}

export class ServiceClient {
  readonly #agent = new Agent({ keepAliveTimeout: 10_000, connections: 16 });
  readonly #again = retry(
    handleWhen((error) => error instanceof AppError && error.kind === 'unavailable'),
    {
      maxAttempts: 2,
      backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 1_000 }),
    },
  );

  constructor(
    /** `history`: named in errors and in the token's audience. */
    private readonly service: string,
    private readonly baseUrl: string,
    private readonly tokens: ServiceTokens,
  ) {}

  async call<Schema extends z.ZodType>(path: string, options: CallOptions<Schema>): Promise<z.output<Schema>> {
    const once = () => this.#once(path, options);
    return (options.idempotent ?? (options.method ?? 'GET') === 'GET') ? this.#again.execute(once) : once();
  }

  /** Sends bytes as they are. `open` gives the same bytes again when the other side did not answer: a put is safe to repeat. */
  async upload<Schema extends z.ZodType>(
    path: string,
    open: () => Readable,
    options: Pick<CallOptions<Schema>, 'answer' | 'signal' | 'timeoutMs'>,
  ): Promise<z.output<Schema>> {
    return this.#again.execute(() => this.#once(path, { ...options, method: 'PUT', bytes: open() }));
  }

  async #once<Schema extends z.ZodType>(
    path: string,
    options: CallOptions<Schema> & { readonly bytes?: Readable },
  ): Promise<z.output<Schema>> {
    const { method = 'GET', body, bytes, answer, timeoutMs = 5_000, signal, actingUser } = options;
    const token = await this.tokens.issue(this.service, actingUser);
    const timeout = AbortSignal.timeout(timeoutMs);
    const trace = traceparent();
    let response: Dispatcher.ResponseData;
    let text: string;
    try {
      response = await request(new URL(path, this.baseUrl), {
        method,
        dispatcher: this.#agent,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
          ...(trace === undefined ? {} : { traceparent: trace }),
        },
        body: bytes ?? (body === undefined ? null : JSON.stringify(body)),
      });
      text = await response.body.text();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new AppError(
        'unavailable',
        `${this.service}_unreachable`,
        `The ${this.service} service does not answer: ${messageOf(error)}`,
        { cause: error, retryAfterSeconds: 2 },
      );
    }
    const json = parsed(text);
    if (response.statusCode >= 400) throw problemError(this.service, response.statusCode, json);
    const checked = answer.safeParse(json);
    if (checked.success) return checked.data;
    throw new AppError(
      'internal',
      `${this.service}_contract`,
      `The ${this.service} service answered ${path} with an unexpected body`,
      { cause: checked.error },
    );
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined; // not JSON: an intermediary's page, judged by its status
  }
}

function problemError(service: string, status: number, json: unknown): AppError {
  const problem = Problem.safeParse(json);
  if (!problem.success)
    return new AppError(kindOfStatus(status), `${service}_http_${status}`, `The ${service} service answered ${status}`);

  return new AppError(kindOfStatus(status), problem.data.code, problem.data.detail, { fields: problem.data.errors });
}
