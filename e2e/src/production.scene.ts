/**
 * The platform as production runs it: two processes of each service on one MariaDB, every service with a schema of its own,
 * behind an nginx that is configured from the Ingress objects. While people keep working, every process is replaced.
 *
 * Each request goes over a connection of its own: what a client makes of a kept connection that is closed is its own affair.
 */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { accessSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NGINX, NginxIngress } from './nginx-ingress.js';
import { PlatformApi, type Answer } from './platform-api.js';
import { renderOverlay } from './rendered-overlay.js';
import { asProcess, ServiceReplicas } from './service-replicas.js';
import { runSql } from './variants.js';
import { eventually, pause } from './started-platform.js';

const mysql = process.env['TEST_MYSQL_URL'];
const possible = mysql !== undefined && hasNginx();
if (!possible && process.env['CI'] === 'true') throw new Error('TEST_MYSQL_URL and nginx are needed on CI');

const PASSWORD = 'a long enough password';
/** The service's name to the others, its folder, and the name of its schema. */
const SERVICES = [
  { name: 'auth', folder: 'auth-service' },
  { name: 'history', folder: 'history-service' },
  { name: 'monitor', folder: 'monitor-service' },
  { name: 'deployer', folder: 'deployer' },
  { name: 'codebuild', folder: 'codebuild-service' },
] as const;
const schemaOf = (name: string): string => `aws_deployer_production_${name}`;

/** What people do while everything is replaced: one kind of work for each service. `action` is its name on the books. */
const WORK: readonly { action: string; path: string; body: (n: number) => unknown }[] = [
  { action: 'token.create', path: '/api/v1/tokens', body: (n) => ({ name: `token-${n}` }) },
  { action: 'environment.create', path: '/api/v1/environments', body: (n) => ({ name: `environment-${n}` }) },
  {
    action: 'build_project.create',
    path: '/api/v1/build-projects',
    body: (n) => ({
      name: `project-${n}`,
      source: { type: 'none' },
      buildspec: { type: 'inline', text: 'version: 0.2\nphases:\n  build:\n    commands: [true]\n' },
    }),
  },
  { action: 'saved', path: '/history/save', body: (n) => ({ query: `query ${n}`, output: 'output' }) },
  {
    action: 'scene.step',
    path: '/monitor/log',
    body: (n) => ({ user_id: 'ann', service: 'shop', endpoint: '/', action_type: 'scene.step', event_id: `step-${n}` }),
  },
];

function hasNginx(): boolean {
  try {
    accessSync(NGINX);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

describe.skipIf(!possible)('two of everything behind nginx', () => {
  const services: ServiceReplicas[] = [];
  let folder: string;
  let nginx: NginxIngress | undefined;
  let admin: PlatformApi;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aws-deployer-production-'));
    const database = mysql ?? '';
    for (const { name } of SERVICES)
      await runSql(database, `drop database if exists ${schemaOf(name)}; create database ${schemaOf(name)};`);
    const all = [...SERVICES.map((one) => one.folder), 'frontend'];
    nginx = await NginxIngress.start(join(folder, 'nginx'), all, await renderOverlay('base'));
    const shared = sharedSettings(nginx);
    for (const { name, folder: service } of SERVICES) {
      const url = Object.assign(new URL(database), { pathname: `/${schemaOf(name)}` }).href;
      // In production mode it wants an account at AWS for each project; its own runner takes them without one.
      const mode = name === 'codebuild' ? { MODE: 'local' } : {};
      const env = { ...shared, ...mode, DATABASE_URL: url, DATA_DIR: join(folder, service) };
      const replicas = new ServiceReplicas({
        name: service,
        start: asProcess(`${service}/dist/main.js`, env),
        nginx,
      });
      services.push(replicas);
      await replicas.migrate(url);
      await replicas.start(2);
    }
    const console = new ServiceReplicas({
      name: 'frontend',
      start: asProcess('frontend/dist/server/main.js', shared),
      nginx,
    });
    services.push(console);
    await console.start(2);
    admin = await (await PlatformApi.signIn(nginx.url, 'admin', PASSWORD)).withApiToken('scene');
  }, 180_000);
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await nginx?.stop();
    for (const { name } of SERVICES) await runSql(mysql ?? '', `drop database if exists ${schemaOf(name)};`);
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  test('every path of the ingress leads to its service, and the console answers for pages', async () => {
    const asked = ['/api/v1/users', '/api/v1/applications', '/api/v1/history', '/api/v1/activity', '/api/v1/builds'];
    for (const path of asked) expect([path, (await admin.get(path)).status]).toEqual([path, 200]);
    const page = await admin.send('GET', '/deployments', undefined, { accept: 'text/html' });
    expect([page.status, String(page.body).includes('<div id="root">')]).toEqual([200, true]);
  });

  test('every process is replaced under load: no request fails, no action is lost', { timeout: 400_000 }, async () => {
    const done = new Map<string, number>();
    const failed: unknown[] = [];
    let working = true;
    const work = WORK.map(async ({ action, path, body }) => {
      for (let n = 1; working; n += 1) {
        const headers = { 'idempotency-key': randomUUID(), connection: 'close' };
        const answer = await admin
          .send('POST', path, body(n), headers)
          .catch((error: unknown): Pick<Answer, 'status' | 'body'> => ({ status: 0, body: String(error) }));
        if (answer.status >= 200 && answer.status < 300) done.set(action, n);
        else failed.push({ path, n, status: answer.status, body: answer.body as unknown });
        await pause(20);
      }
    });
    const codes: number[] = [];
    for (const service of services) codes.push(...(await service.restartOneByOne()));
    working = false;
    await Promise.all(work);

    expect(failed).toEqual([]);
    expect(codes).toEqual(Array<number>(services.length * 2).fill(0));
    for (const { action } of WORK) expect(done.get(action), action).toBeGreaterThan(20);
    for (const { action } of WORK.filter((one) => one.action !== 'saved'))
      await eventually(`${done.get(action) ?? 0} of ${action} on the books`, async () => {
        const items = await admin.all(`/api/v1/activity?action_type=${action}`);
        const own = action === 'token.create' ? 1 : 0; // the token that this scene itself works with
        return items.length === (done.get(action) ?? 0) + own;
      });
    const saved = await runSql(mysql ?? '', `select count(*) from ${schemaOf('history')}.saved_entries`);
    expect(Number(saved)).toBe(done.get('saved'));
    expect((await admin.get('/api/v1/history/verify')).body).toMatchObject({ valid: true });
    console.log('done while all was replaced:', Object.fromEntries(done));
  });
});

/** What a ConfigMap and the Secrets give every service: who is where, one key pair, no limit that a test would reach. */
function sharedSettings(nginx: NginxIngress): Record<string, string> {
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    MODE: 'production',
    HOST: '127.0.0.1',
    TRUSTED_PROXIES: '1',
    RATE_LIMIT_PER_MINUTE: '1000000',
    SERVICE_TOKEN_PRIVATE_KEY: pair.privateKey,
    SERVICE_TOKEN_PUBLIC_KEY: pair.publicKey,
    SECRETS_KEY: randomBytes(32).toString('base64'),
    ADMIN_PASSWORD: PASSWORD,
    CLUSTER_URL: 'http://127.0.0.1:1', // nothing is deployed here
    ...Object.fromEntries(
      SERVICES.map(({ name, folder }) => [
        `${name.toUpperCase()}_URL`,
        `http://127.0.0.1:${nginx.servicePorts[folder]}`,
      ]),
    ),
  };
}
