/** The whole cluster over its API, with real processes. In one file: all cases share its images and its start. */
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { request } from 'node:http';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { startLocalCluster, type LocalCluster } from './cluster.js';
import { nodeServer, testRegistry } from './testing/image-registry.js';
import { eventually, temporaryFolder, webDeployment, webService } from './testing/running-cluster.js';

type Json = Record<string, unknown> & {
  metadata?: Record<string, unknown>;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
};

async function cluster(
  runtimes: 'auto' | 'simulated' = 'simulated',
  dataDir?: string,
): Promise<LocalCluster & { dataDir: string }> {
  const folder = dataDir ?? (await temporaryFolder());
  const started = await startLocalCluster({
    dataDir: folder,
    port: 0,
    gatewayPort: 0,
    runtimes,
    dockerHost: 'unix:///nowhere/docker.sock',
    log: silentLogger,
  });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await started.stop();
  };
  onTestFinished(stop);
  return { ...started, stop, dataDir: folder };
}
async function call(
  { url }: LocalCluster,
  method: string,
  path: string,
  body?: unknown,
  type = 'application/json',
): Promise<{ status: number; body: Json }> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': type, 'user-agent': 'tester/1' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Json };
}
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const APPLY = 'application/apply-patch+yaml';
const small = (extra: Record<string, unknown> = {}, labels?: Record<string, string>): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', ...(labels === undefined ? {} : { labels }) },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'x:1',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
            ports: [{ containerPort: 8080 }],
          },
        ],
      },
    },
    ...extra,
  },
});
const containerOf = (body: Json): Record<string, unknown> =>
  (body.spec?.['template'] as { spec: { containers: Record<string, unknown>[] } }).spec.containers[0] ?? {};

test('server-side apply creates, changes, takes away what is left out, and does nothing twice', async () => {
  const local = await cluster();
  const created = await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=tool`, small({}, { team: 'a' }), APPLY);
  expect(created.status).toBe(201);
  expect(created.body.metadata).toMatchObject({
    generation: 1,
    managedFields: [
      {
        manager: 'tool',
        operation: 'Apply',
        fieldsV1: {
          'f:metadata': { 'f:labels': { 'f:team': {} } },
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:ports': { 'k:{"containerPort":8080,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
                  },
                },
              },
            },
          },
        },
      },
    ],
  });
  await eventually(
    'the revision',
    async () => (await call(local, 'GET', `${DEPLOYMENTS}/web`)).body.status?.['observedGeneration'] === 1,
  );
  const before = (await call(local, 'GET', `${DEPLOYMENTS}/web`)).body.metadata?.['resourceVersion'];
  const again = await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=tool`, small({}, { team: 'a' }), APPLY);
  expect([again.status, again.body.metadata?.['resourceVersion']]).toEqual([200, before]);
  const less = small();
  containerOf(less)['env'] = [{ name: 'A', value: '1' }];
  const changed = await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=tool`, less, APPLY);
  expect(changed.body.metadata?.['labels']).toBeUndefined();
  expect(containerOf(changed.body)['env']).toEqual([{ name: 'A', value: '1' }]);
  expect(changed.body.metadata?.['generation']).toBe(2);
});

test('two appliers conflict over a value, force decides, and an update takes ownership', async () => {
  const local = await cluster();
  await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=alpha`, small(), APPLY);
  const only = (replicas: number): Json => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas },
  });
  const shared = await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=beta`, only(0), APPLY);
  expect(shared.status).toBe(200);
  const conflict = await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=beta`, only(1), APPLY);
  expect(conflict).toMatchObject({
    status: 409,
    body: {
      message: 'Apply failed with 1 conflict: conflict with "alpha": .spec.replicas',
      reason: 'Conflict',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "alpha"', field: '.spec.replicas' }],
      },
    },
  });
  expect(
    (await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=beta&force=true`, only(1), APPLY)).body.spec?.[
      'replicas'
    ],
  ).toBe(1);
  await call(
    local,
    'PATCH',
    `${DEPLOYMENTS}/web?fieldManager=kubectl-edit`,
    { spec: { replicas: 0 } },
    'application/merge-patch+json',
  );
  expect((await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=beta`, only(1), APPLY)).body['message']).toBe(
    'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
  );
});

test('a dry run changes nothing, an unknown field is named, and an invalid object says which field', async () => {
  const local = await cluster();
  expect((await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=tool&dryRun=All`, small(), APPLY)).status).toBe(
    201,
  );
  expect((await call(local, 'GET', `${DEPLOYMENTS}/web`)).status).toBe(404);
  expect(
    (await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=tool`, small({ replicsa: 1 }), APPLY)).body,
  ).toMatchObject({
    code: 500,
    message:
      'failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.replicsa: field not declared in schema',
  });
  expect(
    (await call(local, 'POST', `${DEPLOYMENTS}?fieldValidation=Strict`, small({ replicsa: 1 }))).body['message'],
  ).toBe(
    'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replicsa"',
  );
  expect((await call(local, 'POST', DEPLOYMENTS, { metadata: { name: 'web' }, spec: {} })).body).toMatchObject({
    code: 422,
    details: {
      causes: [
        { field: 'spec.selector' },
        { field: 'spec.template.metadata.labels' },
        { field: 'spec.template.spec.containers' },
      ],
    },
  });
  await call(local, 'POST', DEPLOYMENTS, small());
  const other = small({ selector: { matchLabels: { app: 'other' } } });
  ((other.spec?.['template'] as Json).metadata as { labels: object }).labels = { app: 'other' };
  expect(
    (await call(local, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=tool&force=true`, other, APPLY)).body['message'],
  ).toContain('spec.selector: Invalid value');
});

test('strategic, merge and JSON patches change what they say', async () => {
  const local = await cluster();
  await call(local, 'POST', DEPLOYMENTS, small());
  const strategic = await call(
    local,
    'PATCH',
    `${DEPLOYMENTS}/web`,
    {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'web',
                image: 'x:2',
                env: [
                  { name: 'A', $patch: 'delete' },
                  { name: 'C', value: '3' },
                ],
              },
            ],
          },
        },
      },
    },
    'application/strategic-merge-patch+json',
  );
  expect(containerOf(strategic.body)).toMatchObject({
    image: 'x:2',
    env: expect.arrayContaining([
      { name: 'B', value: '2' },
      { name: 'C', value: '3' },
    ]) as unknown,
  });
  const merged = await call(
    local,
    'PATCH',
    `${DEPLOYMENTS}/web`,
    { metadata: { annotations: { note: 'hi' } } },
    'application/merge-patch+json',
  );
  expect(merged.body.metadata?.['annotations']).toMatchObject({ note: 'hi' });
  const json = await call(
    local,
    'PATCH',
    `${DEPLOYMENTS}/web`,
    [{ op: 'replace', path: '/spec/replicas', value: 1 }],
    'application/json-patch+json',
  );
  expect(json.body.spec?.['replicas']).toBe(1);
  expect(
    (
      await call(
        local,
        'PATCH',
        `${DEPLOYMENTS}/web`,
        [{ op: 'test', path: '/spec/replicas', value: 9 }],
        'application/json-patch+json',
      )
    ).status,
  ).toBe(422);
  const scale = await call(
    local,
    'PATCH',
    `${DEPLOYMENTS}/web/scale`,
    { spec: { replicas: 3 } },
    'application/merge-patch+json',
  );
  expect(scale.body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { selector: 'app=web' } });
});

test('a watch tells changes in order, with selectors, from a version on', async () => {
  const local = await cluster();
  const maps = '/api/v1/namespaces/default/configmaps';
  const put = (name: string, labels: Record<string, string>): Promise<{ body: Json }> =>
    call(local, 'POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } });
  await put('a', { app: 'x' });
  const list = await call(local, 'GET', maps);
  const from = String((list.body.metadata as Record<string, unknown>)['resourceVersion']);
  const seen: string[] = [];
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  const stream = await fetch(`${local.url}${maps}?watch=true&resourceVersion=${from}&labelSelector=app%3Dx`, {
    signal: ended.signal,
  });
  const reading = (async () => {
    let rest = '';
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
      const lines = (rest + Buffer.from(chunk).toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { type, object } = JSON.parse(line) as { type: string; object: { metadata: { name: string } } };
        seen.push(`${type} ${object.metadata.name}`);
      }
    }
  })().catch(() => undefined);
  await put('b', { app: 'x' });
  await put('c', { app: 'y' });
  await call(local, 'PATCH', `${maps}/c`, { metadata: { labels: { app: 'x' } } }, 'application/merge-patch+json');
  await call(local, 'PATCH', `${maps}/b`, { metadata: { labels: { app: 'y' } } }, 'application/merge-patch+json');
  await call(local, 'DELETE', `${maps}/a`);
  await eventually('all events', () => seen.length >= 4);
  expect(seen).toEqual(['ADDED b', 'ADDED c', 'DELETED b', 'DELETED a']);
  ended.abort();
  await reading;
});

test('who calls while the cluster starts is answered when it is up', async () => {
  const first = await cluster();
  const port = Number(new URL(first.url).port);
  await first.stop();
  const starting = startLocalCluster({
    dataDir: first.dataDir,
    port,
    gatewayPort: 0,
    runtimes: 'simulated',
    log: silentLogger,
  });
  const version = await eventually('an answer', () => fetch(`${first.url}/version`).catch(() => undefined));
  const started = await starting;
  onTestFinished(() => started.stop());
  expect(version.status).toBe(200);
});

test('browsers and foreign names are refused at the door', async () => {
  const local = await cluster();
  expect((await fetch(`${local.url}/version`, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
  expect((await fetch(`${local.url}/version`, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  const port = Number(new URL(local.url).port);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/version', headers: { host: 'evil.example' } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
  expect((await call(local, 'GET', '/version')).body).toMatchObject({ major: '1', minor: '36' });
});

test('a taken port is one clear refusal and leaves nothing running', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const dataDir = await temporaryFolder();
  const options = {
    dataDir,
    port: (other.address() as AddressInfo).port,
    gatewayPort: 0,
    runtimes: 'simulated' as const,
    log: silentLogger,
  };
  await expect(startLocalCluster(options)).rejects.toMatchObject({ code: 'port_taken' });
  await cluster('simulated', dataDir);
});

test('over the API alone: apply, reach the Service, read the log, restart, and everything is there again', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const first = await cluster('auto');
  expect(first.engines.runtime).toBe('process');
  await call(first, 'PATCH', `${DEPLOYMENTS}/web?fieldManager=tool`, webDeployment({ replicas: 1, image }), APPLY);
  await call(first, 'PATCH', '/api/v1/namespaces/default/services/web?fieldManager=tool', webService(), APPLY);
  const ready = async (local: LocalCluster): Promise<boolean> =>
    (await call(local, 'GET', `${DEPLOYMENTS}/web`)).body.status?.['availableReplicas'] === 1;
  await eventually('ready', () => ready(first));
  const proxied = await fetch(`${first.url}/api/v1/namespaces/default/services/web:80/proxy/health?x=1`);
  expect([proxied.status, await proxied.text()]).toEqual([200, 'v1']);
  const [pod] =
    ((await call(first, 'GET', '/api/v1/namespaces/default/pods')).body['items'] as { metadata: { name: string } }[]) ??
    [];
  const log = await fetch(`${first.url}/api/v1/namespaces/default/pods/${pod?.metadata.name ?? ''}/log?tailLines=1`);
  expect(await log.text()).toBe('listening\n');
  await first.stop();

  const second = await cluster('auto', first.dataDir);
  await eventually('ready again', () => ready(second));
});

const run = promisify(execFile);
const kubectl = ['/usr/local/bin/kubectl', '/usr/bin/kubectl'].find(existsSync);
if (kubectl === undefined && process.env['CI'] === 'true') throw new Error('kubectl is needed on CI');

test.skipIf(kubectl === undefined)(
  'kubectl is an ordinary client',
  async () => {
    const local = await cluster();
    const folder = await temporaryFolder();
    const file = join(folder, 'web.yaml');
    const deployment = webDeployment({ replicas: 2 });
    await writeFile(file, [deployment, webService()].map((object) => stringify(object)).join('---\n'));
    const k = async (...args: string[]): Promise<string> =>
      (await run(kubectl ?? '', ['--server', local.url, ...args], { env: { ...process.env, HOME: folder } })).stdout;
    expect(await k('apply', '-f', file)).toBe('deployment.apps/web created\nservice/web created\n');
    expect(await k('rollout', 'status', 'deployment/web', '--timeout=20s')).toContain(
      'deployment "web" successfully rolled out',
    );
    expect(await k('get', 'pods', '--no-headers')).toMatch(/^(web-\S+ +1\/1 +Running +0 +\d+s\n){2}$/);
    expect(await k('set', 'image', 'deployment/web', 'web=registry.test/web:v2')).toBe(
      'deployment.apps/web image updated\n',
    );
    expect(await k('rollout', 'status', 'deployment/web', '--timeout=20s')).toContain('successfully rolled out');
    expect(await k('rollout', 'undo', 'deployment/web')).toBe('deployment.apps/web rolled back\n');
    expect(await k('rollout', 'status', 'deployment/web', '--timeout=20s')).toContain('successfully rolled out');
    expect(await k('get', 'deploy', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe(
      'registry.test/web:v1',
    );
    expect(await k('scale', 'deployment/web', '--replicas=1')).toBe('deployment.apps/web scaled\n');
    expect(await k('describe', 'deployment', 'web')).toContain('ScalingReplicaSet');
    expect(await k('apply', '--server-side', '--force-conflicts', '-f', file)).toContain(
      'deployment.apps/web serverside-applied',
    );
    expect(await k('delete', '-f', file)).toContain('deployment.apps "web" deleted');
    await eventually('no pods', async () => (await k('get', 'pods', '-o', 'name')) === '');
  },
  60_000,
);
