/**
 * The platform from its own images: the objects of the production overlay carried out by a real Docker Engine. Every service
 * twice, with the rights and the memory of its pod, on a real MariaDB with a schema and a user for each, migrated by the
 * steps of the migration Job, behind an nginx that is configured from the Ingress objects. The images are built offline.
 *
 * A cluster started for this runs what is deployed, and holds the secrets that k8s/make-secrets.sh makes.
 */
import { execFile } from 'node:child_process';
import { accessSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ImageRegistry } from './image-registry.js';
import { NGINX, NginxIngress } from './nginx-ingress.js';
import { OverlayContainers } from './overlay-containers.js';
import { PlatformApi } from './platform-api.js';
import { renderOverlay } from './rendered-overlay.js';
import { ServiceReplicas } from './service-replicas.js';
import { StartedCluster } from './started-cluster.js';
import { eventually, repositoryRoot } from './started-platform.js';
import { ci, runSql } from './variants.js';

const run = promisify(execFile);
const mysql = process.env['TEST_MYSQL_URL'];
const dockerHost = process.env['TEST_DOCKER_HOST'];
const possible =
  mysql !== undefined && dockerHost !== undefined && isThere(NGINX) && isThere('/usr/bin/docker-registry');
if (!possible && ci) throw new Error('TEST_MYSQL_URL, TEST_DOCKER_HOST, nginx and docker-registry are needed on CI');

const KUBECONFIG = '/etc/aws-deployer/kubeconfig';
const clientOf = (server: string): string => `apiVersion: v1
kind: Config
clusters: [{ name: here, cluster: { server: '${server}' } }]
contexts: [{ name: here, context: { cluster: here, user: nobody } }]
current-context: here
users: [{ name: nobody, user: {} }]
`;
const PASSWORD = 'a long enough password';
const NAMESPACE = 'aws-deployer-production';
/** The Services of the overlay: their ports, and the schemas of those that have one. */
const SERVICES = {
  'auth-service': { port: 5002, schema: 'auth' },
  'history-service': { port: 8081, schema: 'history' },
  'monitor-service': { port: 6000, schema: 'monitor' },
  deployer: { port: 5000, schema: 'deployer' },
  'codebuild-service': { port: 5001, schema: 'codebuild' },
  'infra-oneclick': { port: 5003, schema: 'infra' },
  frontend: { port: 8080, schema: undefined },
} as const;
type ServiceName = keyof typeof SERVICES;
const NAMES = Object.keys(SERVICES) as readonly ServiceName[];
const SCHEMAS = Object.values(SERVICES).flatMap(({ schema }) => schema ?? []);
const forget = [
  ...SCHEMAS.map((name) => `drop database if exists aws_deployer_${name};`),
  ...[...SCHEMAS, 'migrator', 'backup', 'replica'].map((name) => `drop user if exists 'aws_deployer_${name}'@'%';`),
].join(' ');

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Names of the images by folder; built unless the engine has them already. */
async function builtImages(): Promise<Record<ServiceName, string>> {
  const program = join(repositoryRoot, 'scripts/dist/images/testing/main.js');
  const { stdout } = await run(join(repositoryRoot, 'node_modules/.bin/node'), [program], { maxBuffer: 2 ** 26 });
  const images = JSON.parse(stdout) as Record<ServiceName, string> | null;
  if (images === null)
    throw new Error('this machine cannot build the images: busybox-static, git, ssh, strip and terraform are needed');
  return images;
}

/** The accounts of MySQL's first start, as its script words them. */
async function makeFirstAccounts(passwords: Readonly<Record<string, string>>): Promise<void> {
  const script = join(repositoryRoot, 'k8s/base/mysql/first-start.sh');
  const { stdout } = await run('bash', ['-c', 'mysql() { cat; }; . "$0"', script], {
    env: { PATH: process.env['PATH'], MYSQL_ROOT_PASSWORD: '', ...passwords },
  });
  await runSql(mysql ?? '', stdout);
}

describe.skipIf(!possible)('the production overlay from its own images', () => {
  const services = new Map<ServiceName, ServiceReplicas>();
  let folder: string;
  let cluster: StartedCluster | undefined;
  let registry: ImageRegistry | undefined;
  let nginx: NginxIngress | undefined;
  let containers: OverlayContainers | undefined;
  let admin: PlatformApi;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aws-deployer-images-'));
    const [images, objects] = await Promise.all([builtImages(), renderOverlay('overlays/production')]);
    cluster = await StartedCluster.start(join(folder, 'cluster'), dockerHost ?? '');
    registry = await ImageRegistry.start(join(folder, 'registry'), dockerHost ?? '');

    await run('kubectl', ['--server', cluster.url, 'create', 'namespace', NAMESPACE]);
    const makeSecrets = join(repositoryRoot, 'k8s/make-secrets.sh');
    await run(makeSecrets, [NAMESPACE, '--server', cluster.url], { env: { ...process.env, ADMIN_PASSWORD: PASSWORD } });
    const secrets = await cluster.secrets(NAMESPACE);

    const database = new URL(mysql ?? '');
    await runSql(database.href, forget);
    await makeFirstAccounts(secrets['mysql'] ?? {});

    nginx = await NginxIngress.start(join(folder, 'nginx'), NAMES, objects);
    const { servicePorts, url } = nginx;
    containers = new OverlayContainers({
      objects,
      images: Object.fromEntries(NAMES.map((name) => [`aws-deployer/${name}`, images[name]])),
      secrets,
      addresses: {
        'mysql:3306': `${database.hostname}:${database.port || '3306'}`,
        ...Object.fromEntries(
          NAMES.map((name) => [`//${name}:${SERVICES[name].port}`, `//127.0.0.1:${servicePorts[name]}`]),
        ),
      },
      settings: { HOST: '127.0.0.1', PUBLIC_URL: url },
      dockerHost: dockerHost ?? '',
      label: `aws-deployer-images-scene=${process.pid}`,
    });
    await containers.migrate();
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, clientOf(cluster.url), { mode: 0o644 });
    for (const name of NAMES) {
      // A pod's account is of a cluster with TLS: here the file of a client is in its place.
      const [own, files] = name === 'deployer' ? [{ KUBECONFIG }, { [KUBECONFIG]: kubeconfig }] : [];
      const replicas = new ServiceReplicas({ name, start: containers.starter(name, own, files), nginx });
      services.set(name, replicas);
      await replicas.start(2);
    }
    admin = await (await PlatformApi.signIn(url, 'admin', PASSWORD)).withApiToken('scene');
  }, 1_200_000);
  afterAll(async () => {
    await Promise.all([...services.values()].map((service) => service.stop()));
    await containers?.removeAll();
    await cluster?.stop();
    await Promise.all([nginx?.stop(), registry?.stop()]);
    await runSql(mysql ?? '', forget);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }, 120_000);

  test('every path of the ingress leads to its service', async () => {
    const asked = ['users', 'applications', 'history', 'activity', 'builds', 'infra/environments'];
    for (const name of asked) expect([name, (await admin.get(`/api/v1/${name}`)).status]).toEqual([name, 200]);
    expect((await admin.get('/api/v1/infra/modules')).body).toMatchObject({
      items: ['development', 'production', 'staging'].map((name) => ({ name: `repository/${name}` })),
    });
  });

  test('the account of the books can add to them, and not change them', async () => {
    const rights = await runSql(mysql ?? '', "show grants for 'aws_deployer_history'@'%'");
    expect(rights).toMatch(/^GRANT SELECT, INSERT ON `aws_deployer_history`\.`audit_log`/m);
  });

  test(
    'an image is deployed and becomes stable while the deployer is replaced; its address answers',
    { timeout: 240_000 },
    async () => {
      const image = (await registry?.push('hello', 'hello from an image')) ?? '';
      const { id } = await admin.deploy({
        application: 'hello',
        source: { type: 'image', image },
        workload: { replicas: 2, container_port: 8080, service_type: 'NodePort' },
        monitor_seconds: 5,
      });
      expect(await services.get('deployer')?.restartOneByOne()).toEqual([0, 0]);
      const ended = await admin.ended(id);
      expect(ended, JSON.stringify(ended.verdict)).toMatchObject({ state: 'stable', created_by: 'admin' });
      expect(await (await fetch(ended.url ?? '')).text()).toBe('hello from an image');
    },
  );

  test.skipIf(!ci && process.env['CHROMIUM'] === undefined)(
    'a person signs in at the console and sees what was deployed',
    async () => {
      const browser = await chromium.launch({
        executablePath: process.env['CHROMIUM'] ?? '',
        args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
      });
      onTestFinished(() => browser.close());
      const page = await (await browser.newContext()).newPage();
      await page.goto(nginx?.url ?? '');
      await page.getByLabel('User').fill('admin');
      await page.getByLabel('Password').first().fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('link', { name: 'hello' }).first().waitFor();
    },
  );

  test('the books have every action, and the chain holds', async () => {
    const wanted = [
      ...['token.create', 'application.create', 'deployment.create', 'release.create'],
      ...['validating', 'preparing', 'building', 'deploying', 'testing', 'monitoring', 'stable'].map(
        (name) => `deployment.${name}`,
      ),
    ];
    const idsOf = async (path: string): Promise<string[]> =>
      (await admin.all(path)).map(({ event_id: event }) => String(event)).sort();
    await eventually('the books agree', async () => {
      const [activity, history] = [await idsOf('/api/v1/activity'), await idsOf('/api/v1/history')];
      return history.length > wanted.length && JSON.stringify(activity) === JSON.stringify(history);
    });
    const types = (await admin.all('/api/v1/history')).map((item) => String(item['action_type']));
    for (const type of wanted) expect(types.filter((one) => one === type)).toHaveLength(1);
    expect((await admin.get('/api/v1/history/verify')).body).toMatchObject({ valid: true, first_broken: null });
  });
});
