/** How the platform itself asks a deployed application: by its address, or through the API server where it has none. */
import { Agent, errors, request } from 'undici';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Cluster } from '../ports/cluster.js';
import { AttendedTime } from './attended-time.js';

export interface ApplicationAnswer {
  readonly status: number;
  /** At most 64 KB of it. */
  readonly body: string;
}
/** Why there was no answer. `refused`: nothing listens there (yet). */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  constructor(
    readonly why: 'refused' | 'timeout' | 'broken',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
export interface ApplicationClient {
  /** What was asked, for evidence: an address with a path, or a Service. */
  addressOf(path: string): string;
  /** Throws NoAnswer, or the signal's reason. Redirects are answers, not followed. `timeoutMs`: of time that we listened. */
  get(path: string, timeoutMs: number, signal: AbortSignal): Promise<ApplicationAnswer>;
  close(): Promise<void>;
}

const LARGEST_BODY = 64 * 1024;

/**
 * A connection of its own for every request: a kept one stays with the pod that it first met, and would see neither a Service
 * without endpoints nor a new pod that refuses.
 */
export const clientByUrl = (base: string): ApplicationClient => {
  const agent = new Agent({ pipelining: 0, connectTimeout: 5_000 });
  const addressOf = (path: string): string => `${base.replace(/\/$/, '')}${path}`;
  return {
    addressOf,
    get: (path, timeoutMs, signal) =>
      answered(timeoutMs, signal, async (limit) => {
        const answer = await request(addressOf(path), { dispatcher: agent, signal: limit });
        answer.body.setEncoding('utf8');
        let body = '';
        for await (const chunk of answer.body as AsyncIterable<string>) {
          body += chunk;
          if (body.length >= LARGEST_BODY) break; // leaving the loop closes the answer
        }
        return { status: answer.statusCode, body: body.slice(0, LARGEST_BODY) };
      }),
    close: () => agent.destroy(),
  };
};

/** Through the API server's service proxy. Its own 502 and 503 mean that nobody listens behind the Service. */
export const clientByProxy = (
  cluster: Cluster,
  service: { readonly namespace: string; readonly name: string; readonly port: number },
): ApplicationClient => ({
  addressOf: (path) => `service ${service.namespace}/${service.name}:${String(service.port)}${path}`,
  get: (path, timeoutMs, signal) =>
    answered(timeoutMs, signal, async (limit) => {
      const answer = await cluster.proxyGet(service, path, limit);
      const own = answer.status === 502 || answer.status === 503;
      if (own && /no endpoints available|connection refused|"kind":\s*"Status"/.test(answer.body))
        throw new NoAnswer('refused', `The API server cannot reach the Service ${service.name}.`);
      return answer;
    }),
  close: async () => undefined,
});

const answered = async <T>(
  timeoutMs: number,
  signal: AbortSignal,
  ask: (limit: AbortSignal) => Promise<T>,
): Promise<T> => {
  const timeout = new AbortController();
  const listened = new AttendedTime((ms) => ms >= timeoutMs && timeout.abort());
  try {
    return await ask(AbortSignal.any([signal, timeout.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof NoAnswer) throw error;
    if (timeout.signal.aborted || error instanceof errors.ConnectTimeoutError)
      throw new NoAnswer('timeout', `No answer within ${String(timeoutMs / 1000)} s.`, { cause: error });
    const refused = (error as { code?: unknown }).code === 'ECONNREFUSED';
    throw new NoAnswer(refused ? 'refused' : 'broken', refused ? 'The connection was refused.' : messageOf(error), {
      cause: error,
    });
  } finally {
    listened.stop();
  }
};
