/** A platform of a few routes over real HTTP, and the command run against it with streams that a test can read. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { DeploymentState, DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { onTestFinished } from 'vitest';
import { run } from '../program.js';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}
export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  /** Instead of a body: the connection's owner writes it. */
  readonly stream?: (response: ServerResponse) => void;
}
/** By `METHOD /path`, without the query. */
export type Routes = Readonly<Record<string, (asked: Asked) => Answer>>;

export interface Platform {
  readonly url: string;
  readonly asked: Asked[];
}

export async function platformWith(routes: Routes): Promise<Platform> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void readAll(request).then((text) => {
      const path = request.url ?? '/';
      const one = {
        method: request.method ?? 'GET',
        path,
        headers: request.headers,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      };
      asked.push(one);
      const route = routes[`${one.method} ${path.split('?')[0] ?? ''}`];
      const { status = 200, body, stream } = route?.(one) ?? problem(404, 'no_such_path', 'There is nothing here');
      if (stream) return stream(response.writeHead(200, { 'content-type': 'text/event-stream' }));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

export const problem = (
  status: number,
  code: string,
  detail: string,
  errors: readonly { field: string; message: string; mend: string }[] = [],
): Answer => ({
  status,
  body: { type: `/problems/${code}`, title: code, status, detail, code, request_id: 'req-1', errors },
});

export const eventText = (event: string, data: unknown, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
export type Command = (
  args: readonly string[],
  options?: { stdin?: string; env?: Record<string, string> },
) => Promise<Ended>;

/** The command in a home of its own; `env` is what it finds in its environment. */
export function commandWith(env: Readonly<Record<string, string>>): Command {
  const home = mkdtempSync(join(tmpdir(), 'aws-deployer-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return async (args, options = {}) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const code = await run(args, {
      env: { XDG_CONFIG_HOME: home, ...env, ...options.env },
      stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
      stdout,
      stderr,
    });
    const said = (stream: PassThrough): string => String((stream.read() as Buffer | null) ?? '');
    return { code, out: said(stdout), err: said(stderr) };
  };
}

export const ID = '0190a1b2-0000-7000-8000-000000000001';

export const deploymentIn = (state: DeploymentState, more: Partial<DeploymentView> = {}): DeploymentView => ({
  id: ID,
  application: 'shop',
  environment: 'development',
  namespace: 'development',
  state,
  state_reason: `it is ${state}`,
  failed_state: null,
  release_id: null,
  rollback_of: null,
  source: {},
  commit: 'abc',
  builder: 'host',
  image: 'registry/shop:abc',
  image_digest: null,
  base_substituted: null,
  url: 'http://127.0.0.1:30001',
  strategy: { type: 'rolling' },
  workload: { kind: 'Deployment', replicas: 1, env: {}, secrets: [], service_type: 'ClusterIP' },
  build_id: null,
  gates: [],
  warnings: [],
  tests: [],
  monitor_seconds: 10,
  timeouts: {},
  verdict: null,
  rollout: { requests: 120, failed: 0, longest_gap_ms: 3 },
  stages: [],
  cancel_requested: false,
  created_by: 'ann',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
  ended_at: null,
  ...more,
});
