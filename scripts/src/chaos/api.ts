/** The REST API as a patient client uses it: a connection that breaks is tried again, on any replica, with the same key. */
import type { LoginView } from '@aws-deployer/platform/contracts/auth';
import type { CreateDeploymentInput, DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { PASSWORD } from '../bench/started-process.js';
import { pause } from './child-process.js';
import type { Replica } from './surroundings.js';

/** The key of a request whose process died before its change is free again after a minute; that may happen to one more than once. */
const PATIENCE_MS = 300_000;
const REQUEST_MS = 30_000;
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export class ChaosApi {
  private constructor(
    private readonly booksUrl: string,
    private readonly replicas: readonly Replica[],
    private readonly token: string,
  ) {}

  static async signIn(booksUrl: string, replicas: readonly Replica[]): Promise<ChaosApi> {
    const { body } = await send(`${booksUrl}/api/v1/auth/login`, 'POST', { username: 'admin', password: PASSWORD });
    return new ChaosApi(booksUrl, replicas, (body as LoginView).access_token);
  }

  /** The id that was acknowledged with 202. */
  async deploy(body: CreateDeploymentInput): Promise<string> {
    return this.#accepted('/api/v1/deployments', body);
  }

  /** Undefined: there is no earlier release to go back to. */
  async rollBack(id: string): Promise<string | undefined> {
    return this.#accepted(`/api/v1/deployments/${id}/rollback`, {}, [409]).catch((error: unknown) => {
      if (error instanceof Refused) return undefined;
      throw error;
    });
  }

  /** Harmless when it has ended. */
  async cancel(id: string): Promise<void> {
    await this.#patiently(`/api/v1/deployments/${id}/cancel`, {});
  }

  /** All rows of a list of the other services. */
  async all(path: string): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    let cursor: string | null = null;
    do {
      const query = `limit=500${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const page = (await this.get(`${path}?${query}`)) as {
        items: Record<string, unknown>[];
        next_cursor: string | null;
      };
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return items;
  }

  async get(path: string): Promise<unknown> {
    const { status, body } = await send(`${this.booksUrl}${path}`, 'GET', undefined, this.#headers());
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  async #accepted(path: string, body: unknown, refusals: readonly number[] = []): Promise<string> {
    const answer = await this.#patiently(path, body);
    if (answer.status === 202) return (answer.body as DeploymentView).id;
    const why = `POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`;
    throw refusals.includes(answer.status) ? new Refused(why) : new Error(why);
  }

  /** One key for all tries: however often it is asked, it is one request. */
  async #patiently(path: string, body: unknown): Promise<Answer> {
    const headers = { ...this.#headers(), 'idempotency-key': randomUUID() };
    const limit = Date.now() + PATIENCE_MS;
    for (let attempt = 0; ; attempt += 1) {
      const replica = this.replicas[attempt % this.replicas.length];
      let failure: unknown;
      try {
        const answer = await send(`${replica?.url ?? ''}${path}`, 'POST', body, headers);
        const { code } = answer.body as { code?: string };
        if (answer.status < 500 && code !== 'idempotency_in_progress' && answer.status !== 401) return answer;
        failure = new Error(JSON.stringify(answer.body));
      } catch (error) {
        failure = error; // its process was killed: the next, or this one again
      }
      if (Date.now() > limit) throw new Error(`POST ${path} is not answered`, { cause: failure });
      await pause(200);
    }
  }

  #headers = (): Record<string, string> => ({ authorization: `Bearer ${this.token}` });
}
class Refused extends Error {}

async function send(
  url: string,
  method: 'GET' | 'POST',
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await request(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: REQUEST_MS,
    bodyTimeout: REQUEST_MS,
  });
  return { status: answer.statusCode, body: await answer.body.json() };
}
