import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { keysIn, ServiceTokens } from '@aws-deployer/platform/auth/service-token';
import { ServiceClient } from '@aws-deployer/platform/http-client/service-client';
import type { ImageBuildRequest } from '@aws-deployer/image-builder/image-builder';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Aborted } from '../../deployments/aborted.js';
import { CodebuildImageBuilder } from './codebuild-image-builder.js';
import { CodebuildImages } from './codebuild-images.js';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const BUILD = '01990000-0000-7000-8000-000000000001';

/** codebuild-service as far as the deployer sees it; `looks` are the answers of one look after the other. */
class Double {
  uploaded = '';
  asked: Record<string, unknown> = {};
  readonly calls: string[] = [];
  /** Each look at the build shifts one; the last stays. */
  looks: { status: string; reason?: string; down?: boolean }[] = [{ status: 'succeeded' }];
  lines = ['Step 1/2', 'Step 2/2'];
  gates: object[] = [];
  server!: Server;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      const path = request.url ?? '';
      this.calls.push(`${request.method ?? ''} ${path}`);
      void buffer(request).then((body) => {
        const [status, answer] = this.answer(request.method ?? '', path, body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  private answer(method: string, path: string, body: Buffer): [number, unknown] {
    if (path.includes('/uploads/')) {
      this.uploaded = createHash('sha256').update(body).digest('hex');
      return [200, { sha256: this.uploaded, size_bytes: body.length }];
    }
    if (path.includes('/log?after=')) {
      const after = Number(path.split('=')[1]);
      const lines = this.lines.slice(after).map((text, index) => ({
        seq: after + index + 1,
        ts: '2026-11-21T07:00:00.000Z',
        phase: 'BUILD',
        stream: 'stdout',
        text,
      }));
      return [200, { lines, ended: true }];
    }
    if (path === '/internal/v1/image-builds') this.asked = JSON.parse(body.toString()) as Record<string, unknown>;
    const look = method === 'GET' && this.looks.length > 1 ? this.looks.shift() : this.looks[0];
    if (method === 'GET' && look?.down === true) return [503, {}];
    return [
      200,
      {
        key: 'k',
        build_id: BUILD,
        project: 'image-shop',
        number: 4,
        status: path.endsWith('/stop') ? 'stopped' : (look?.status ?? ''),
        status_reason: look?.reason ?? '',
        failure: null,
        gates: this.gates,
        image: '127.0.0.1:5999/shop:v1',
        digest: DIGEST,
        base_substituted: null,
      },
    ];
  }
}

let double: Double;
let client: ServiceClient;
let builder: CodebuildImageBuilder;
let folder: string;
let said: string[];
beforeEach(async () => {
  double = new Double();
  folder = await mkdtemp(join(tmpdir(), 'codebuild-builder-'));
  await writeFile(join(folder, 'Dockerfile'), 'FROM node\n');
  client = new ServiceClient('codebuild', await double.start(), new ServiceTokens('deployer', keysIn(folder)));
  const registry = {
    look: () => Promise.resolve(),
    resolve: () => Promise.resolve({ digest: DIGEST, exposedPort: 3000, runtime: 'host' as const, architectures: [] }),
  };
  builder = new CodebuildImageBuilder(client, registry, join(folder, 'scratch'));
  said = [];
});
afterEach(async () => {
  await client.close();
  double.server.closeAllConnections();
  await new Promise((resolve) => double.server.close(resolve));
  await rm(folder, { recursive: true });
});
const request = (): ImageBuildRequest => ({
  key: 'deployment-1',
  application: 'shop',
  contextDir: folder,
  dockerfile: join(folder, 'Dockerfile'),
  buildArgs: { VERSION: '1' },
  labels: {},
  repository: '127.0.0.1:5999/shop',
  tag: 'v1',
  registry: { host: '127.0.0.1:5999', insecure: true, username: 'u', password: 'p' },
  onLine: (stream, text) => said.push(`${stream}: ${text}`),
});
const never = () => new AbortController().signal;

test('sends the very context, asks once with the key, tells the log, and answers what the registry has', async () => {
  double.looks = [{ status: 'queued', reason: 'waits' }, { status: 'in_progress' }, { status: 'succeeded' }];
  double.gates = [{ gate: 'tests_passed', passed: true, detail: '3 tests, none failed.' }];
  expect(await builder.build(request(), never())).toEqual({
    image: '127.0.0.1:5999/shop:v1',
    digest: DIGEST,
    exposedPort: 3000,
    baseSubstituted: undefined,
    runtime: 'host',
    build: { id: BUILD, gates: double.gates },
  });
  expect(double.asked).toMatchObject({
    key: 'deployment-1',
    application: 'shop',
    context: { sha256: double.uploaded },
    dockerfile: 'Dockerfile',
    build_args: { VERSION: '1' },
    image: { repository: '127.0.0.1:5999/shop', tag: 'v1', username: 'u', password: 'p' },
  });
  expect(said.filter((line) => line.startsWith('stdout'))).toEqual(['stdout: Step 1/2', 'stdout: Step 2/2']);
  expect(said).toContain('system: waits');
  expect(await readdir(join(folder, 'scratch'))).toEqual([]);
});

test.each([
  ['failed', 'invalid', 'build_failed'],
  ['fault', 'unavailable', 'build_fault'],
])('a build that ends %s is told with its reason', async (status, kind, code) => {
  double.looks = [{ status, reason: 'BUILD failed: npm test ended with exit code 1' }];
  await expect(builder.build(request(), never())).rejects.toMatchObject({
    kind,
    code,
    message: 'BUILD failed: npm test ended with exit code 1',
  });
});

test('an outage in the middle is waited for', async () => {
  const down = { status: '', down: true };
  double.looks = [{ status: 'in_progress' }, down, down, down, down, { status: 'succeeded' }];
  await expect(builder.build(request(), never())).resolves.toMatchObject({ digest: DIGEST });
});

test.each([
  ['cancelled', true],
  ['stopping', false],
  ['lost', false],
] as const)('ended because of %s: the build is stopped: %s', async (why, stopped) => {
  double.looks = [{ status: 'in_progress' }];
  const ended = new AbortController();
  const building = builder.build(request(), ended.signal);
  while (!double.calls.some((call) => call.includes('/log'))) await new Promise((resolve) => setTimeout(resolve, 5));
  ended.abort(new Aborted(why));
  await expect(building).rejects.toThrow();
  expect(double.calls.includes('POST /internal/v1/image-builds/deployment-1/stop')).toBe(stopped);
});

test('what a build made is asked by its id', async () => {
  expect(await new CodebuildImages(client).ofBuild(BUILD, never())).toMatchObject({
    buildId: BUILD,
    name: 'build 4 of image-shop',
    succeeded: true,
    digest: DIGEST,
  });
  expect(double.calls).toEqual([`GET /internal/v1/builds/${BUILD}/image`]);
});
