/** The platform's REST API as a script uses it, with the few calls that scenes make. */
import { LoginView } from '@aws-deployer/platform/contracts/auth';
import {
  DeploymentView,
  isEnd,
  type CreateDeploymentInput,
  type DeploymentState,
} from '@aws-deployer/platform/contracts/deployments';
import { request } from 'undici';
import { eventually, pause } from './started-platform.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- scenes look into bodies of every shape
  readonly body: any;
}

export class PlatformApi {
  constructor(
    readonly url: string,
    readonly token: string | undefined,
  ) {}

  static async signIn(url: string, username: string, password: string): Promise<PlatformApi> {
    const answer = await new PlatformApi(url, undefined).send('POST', '/api/v1/auth/login', { username, password });
    if (answer.status !== 200)
      throw new Error(`${username} is not let in: ${answer.status} ${JSON.stringify(answer.body)}`);
    return new PlatformApi(url, LoginView.parse(answer.body).access_token);
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await request(`${this.url}${path}`, {
      method: method as 'GET',
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.body.text();
    const isJson = /^application\/([\w.+-]+\+)?json\b/.test(String(response.headers['content-type'] ?? ''));
    return {
      status: response.statusCode,
      headers: response.headers,
      body: isJson && text !== '' ? (JSON.parse(text) as unknown) : text,
    };
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  /** A new API token of this person, as a client of its own. */
  async withApiToken(name: string): Promise<PlatformApi> {
    const { body } = await this.send('POST', '/api/v1/tokens', { name });
    return new PlatformApi(this.url, (body as { token: string }).token);
  }

  async deploy(body: CreateDeploymentInput): Promise<DeploymentView> {
    const answer = await this.send('POST', '/api/v1/deployments', body);
    if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${JSON.stringify(answer.body)}`);
    return DeploymentView.parse(answer.body);
  }

  async deployment(id: string): Promise<DeploymentView> {
    const { status, body } = await this.get(`/api/v1/deployments/${id}`);
    if (status !== 200) throw new Error(`deployment ${id}: ${status} ${JSON.stringify(body)}`);
    return DeploymentView.parse(body);
  }

  /** The deployment when it has ended, in whatever end. */
  ended(id: string, ms = 150_000): Promise<DeploymentView> {
    return this.when(id, 'its end', ({ state }) => isEnd(state), ms);
  }

  reached(id: string, ...states: readonly DeploymentState[]): Promise<DeploymentView> {
    return this.when(id, states.join(' or '), ({ state }) => states.includes(state));
  }

  /** The deployment once it is so; throws with where it stands and its last lines when it is not within `ms`. */
  async when(
    id: string,
    what: string,
    isSo: (deployment: DeploymentView) => boolean | Promise<boolean>,
    ms?: number,
  ): Promise<DeploymentView> {
    let last: DeploymentView | undefined;
    try {
      return await eventually(
        `deployment ${id}: ${what}`,
        async () => {
          last = await this.deployment(id);
          return (await isSo(last)) && last;
        },
        ms,
      );
    } catch (error) {
      const seen = `${last?.state ?? 'not seen'}: ${last?.state_reason ?? ''}`;
      const lines = (await this.logLines(id)).slice(-15);
      throw new Error([(error as Error).message, seen, ...lines].join('\n'), { cause: error });
    }
  }

  /** What its log says so far. */
  private async logLines(id: string): Promise<string[]> {
    const lines: string[] = [];
    try {
      const { body } = await request(`${this.url}/api/v1/deployments/${id}/logs`, {
        headers: { accept: 'text/event-stream', authorization: `Bearer ${this.token ?? ''}` },
        signal: AbortSignal.timeout(2_000), // the stream of a deployment that goes on has no end
      });
      for await (const chunk of body)
        for (const [, text] of String(chunk).matchAll(/"text":("(?:[^"\\\\]|\\\\.)*")/g))
          lines.push(JSON.parse(text ?? '""') as string);
    } catch (error) {
      lines.push(`(no more of the log: ${String(error)})`);
    }
    return lines;
  }

  /** All items of a list, page by page. */
  async all(path: string): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    let cursor: string | null = null;
    do {
      const query = `limit=500${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const { body } = await this.get(`${path}${path.includes('?') ? '&' : '?'}${query}`);
      const page = body as { items: Record<string, unknown>[]; next_cursor: string | null };
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return items;
  }
}

/** What callers of an application see while it is changed: one request after the other, until stopped. */
export class Callers {
  requests = 0;
  readonly failures: string[] = [];
  #stopped = false;
  readonly #done: Promise<unknown>;

  constructor(
    private readonly url: string,
    private readonly isRight: (text: string) => boolean,
    callers = 4,
  ) {
    this.#done = Promise.all(Array.from({ length: callers }, () => this.#call()));
  }

  async #call(): Promise<void> {
    while (!this.#stopped) {
      this.requests += 1;
      try {
        const { statusCode, body } = await request(this.url, { headersTimeout: 5_000 });
        const text = await body.text();
        if (statusCode !== 200 || !this.isRight(text)) this.failures.push(`${statusCode} ${text.slice(0, 80)}`);
      } catch (error) {
        this.failures.push(error instanceof Error ? error.message : String(error));
      }
      await pause(10);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}
