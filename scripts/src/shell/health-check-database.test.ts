/** The health check where the database is the trouble: on a real server behind a wire that is cut, and in a cluster whose pods are pretended. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { history } from '@aws-deployer/history-service/service';
import { startLocalCluster } from '@aws-deployer/local-cluster/cluster';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { migrationsOf, runServices } from '@aws-deployer/platform/runtime/run-services';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lacks, runProgram, runScript } from './run-script.js';
import { kubeconfigOf } from './testing/repository-copy.js';

interface Check {
  readonly check: string;
  readonly subject: string;
  readonly ok: boolean;
  readonly detail: string;
}
async function check(args: readonly string[], env: Record<string, string> = {}) {
  const { code, out, err } = await runScript('health-check.sh', ['--json', ...args], env, 120_000);
  expect(out, err).not.toBe('');
  return { code, out, ...(JSON.parse(out) as { ok: boolean; checks: readonly Check[] }) };
}
const of = (report: { checks: readonly Check[] }, kind: string) => report.checks.filter((one) => one.check === kind);

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A way to a database that can be cut: then nobody listens there, and what was connected is not any more. */
async function wireTo(target: URL): Promise<{ port: number; cut: () => Promise<void> }> {
  const place = { port: Number(target.port || 3306), host: target.hostname };
  const sockets = new Set<Socket>();
  const server = createServer((here) => {
    const there = connect(place);
    for (const [one, other] of [
      [here, there],
      [there, here],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined).on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  const port = await listening(server);
  const cut = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  onTestFinished(cut);
  return { port, cut };
}

const mysql = process.env['TEST_MYSQL_URL'] ?? '';
const noServer = process.env['CI'] !== 'true' && (mysql === '' || lacks('jq', 'curl', 'mariadb'));

describe.skipIf(noServer)('the health check and a database of its own', { timeout: 180_000 }, () => {
  test('asks the server itself, and tells one that is gone, hangs, or does not take the account', async () => {
    const { port, cut } = await wireTo(new URL(mysql));
    const account = new URL(mysql);
    account.hostname = '127.0.0.1';
    account.port = String(port);
    const quick = ['--timeout', '2', 'http://127.0.0.1:1'];
    const database = async (url: string, env: Record<string, string> = {}) => {
      const report = await check([...quick, ...(url === '' ? [] : ['--database', url])], env);
      expect(report.code).toBe(1); // nobody listens at port 1: one bad thing does not hide the others
      return { ...of(report, 'database')[0], out: report.out };
    };
    const well = { subject: `127.0.0.1:${port}`, ok: true, detail: expect.stringMatching(/^\d+\.\d+/) as string };
    expect(await database(account.href)).toMatchObject(well);
    expect(await database('', { DATABASE_URL: account.href }), 'without a password on a command line').toMatchObject(
      well,
    );

    const secret = randomBytes(8).toString('hex');
    const stranger = `mysql://nobody:${secret}@127.0.0.1:${port}/any`;
    const refused = await database(stranger);
    expect(refused).toMatchObject({ ok: false, detail: expect.stringContaining('Access denied') as string });
    expect(refused.out).not.toContain(secret);

    await cut();
    expect(await database(account.href)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/connect/i) as string,
    });

    const mute = createServer();
    onTestFinished(() => void mute.close());
    const hanging = await database(`mysql://root@127.0.0.1:${await listening(mute)}`);
    expect(hanging).toMatchObject({ ok: false, detail: expect.stringMatching(/Lost connection|no answer/) as string });
  });

  test('tells a service whose database is gone, by what the service says of itself', async () => {
    const kind = testDatabases().find(({ kind: name }) => name === 'mysql');
    if (kind === undefined) throw new Error('TEST_MYSQL_URL is set, and there is no MySQL');
    const database = await kind.open(migrationsOf(history), 'history');
    onTestFinished(() => database.drop());
    const address = new URL(database.env['DATABASE_URL'] ?? '');
    const { port, cut } = await wireTo(address);
    address.hostname = '127.0.0.1';
    address.port = String(port);
    const env = { ...database.env, MODE: 'local', DATABASE_URL: address.href };
    const running = await runServices({
      port: 0,
      host: '127.0.0.1',
      services: [{ module: history, env }],
      allInOne: true,
      log: silentLogger,
    });
    onTestFinished(() => running.stop());
    expect(await check([running.url])).toMatchObject({ code: 0, ok: true });
    await cut();
    const report = await check([running.url]);
    expect(report).toMatchObject({ code: 1, ok: false });
    expect(of(report, 'health')).toMatchObject([{ ok: false, detail: expect.stringMatching(/database/) as string }]);
  });
});

test('what is no address of a database is refused before anything is asked', async () => {
  const refused = { code: 2, out: '', err: expect.stringContaining('mysql://user:password@host:port') as string };
  expect(await runScript('health-check.sh', ['--database', 'postgres://there', 'http://127.0.0.1:1'])).toMatchObject(
    refused,
  );
});

/** One Deployment and the StatefulSet of the database, as k8s/ names them. `database`: what its pod is told to pretend. */
const objects = (database: Record<string, string>, replicas: number, answeredBy: number): string => {
  const pods = (name: string, annotations: Record<string, string>, port: number) => ({
    selector: { matchLabels: { 'app.kubernetes.io/name': name } },
    template: {
      metadata: { labels: { 'app.kubernetes.io/name': name }, annotations },
      spec: {
        containers: [
          {
            name,
            image: `example/${name}:1`,
            ports: [{ containerPort: port }],
            readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
          },
        ],
      },
    },
  });
  const service = (name: string, port: number) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { 'app.kubernetes.io/name': name }, ports: [{ port }] },
  });
  const answered = { 'simulated.local-cluster/answered-by': String(answeredBy) };
  const items = [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'deployer' },
      spec: pods('deployer', answered, 5000),
    },
    service('deployer', 5000),
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'mysql' },
      spec: { serviceName: 'mysql', replicas, ...pods('mysql', database, 3306) },
    },
    service('mysql', 3306),
  ];
  return items.map((item) => JSON.stringify(item)).join('\n');
};

test.skipIf(lacks('kubectl', 'jq', 'curl'))(
  'a database pod that is not ready, or scaled away, is told',
  { timeout: 180_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-health-cluster-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    const services = [{ module: history, env: { MODE: 'local', DATA_DIR: join(folder, 'services') } }];
    const running = await runServices({ port: 0, host: '127.0.0.1', services, allInOne: true, log: silentLogger });
    onTestFinished(() => running.stop());
    const cluster = await startLocalCluster({
      dataDir: join(folder, 'cluster'),
      port: 0,
      gatewayPort: 0,
      runtimes: 'simulated',
      log: silentLogger,
    });
    onTestFinished(() => cluster.stop());
    const env = { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder };
    await writeFile(env.KUBECONFIG, kubeconfigOf(cluster.url));
    const kubectl = (...words: string[]) => runProgram('kubectl', words, { PATH: process.env['PATH'], ...env });
    const apply = async (database: Record<string, string>, replicas: number): Promise<void> => {
      await writeFile(join(folder, 'objects.json'), objects(database, replicas, running.port));
      const applied = await kubectl(
        'apply',
        '--server-side',
        '--namespace',
        'platform',
        '--filename',
        join(folder, 'objects.json'),
      );
      expect(applied, applied.err).toMatchObject({ code: 0 });
      expect(await kubectl('rollout', 'status', 'deployment/deployer', '-n', 'platform')).toMatchObject({ code: 0 });
    };
    expect(await kubectl('create', 'namespace', 'platform')).toMatchObject({ code: 0 });
    const report = () => check(['--namespace', 'platform'], env);

    await apply({ 'simulated.local-cluster/ready-after-ms': '86400000' }, 1);
    const starting = await report();
    expect(starting.code).toBe(1);
    expect(of(starting, 'database')).toMatchObject([
      {
        subject: 'mysql',
        ok: false,
        detail: expect.stringMatching(/^0 of 1 ready: kubectl .* describe pods/) as string,
      },
    ]);
    expect(of(starting, 'health'), 'the rest is asked all the same').toMatchObject([{ ok: true }]);

    await apply({}, 0);
    expect(of(await report(), 'database')).toMatchObject([{ subject: 'mysql', ok: false, detail: 'scaled to none' }]);

    await apply({}, 1);
    expect(await kubectl('rollout', 'status', 'statefulset/mysql', '-n', 'platform')).toMatchObject({ code: 0 });
    expect(await report()).toMatchObject({ code: 0, ok: true });
  },
);
