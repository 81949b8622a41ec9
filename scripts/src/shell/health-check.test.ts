/** The health check against services that run, services that do not, and a certificate near its end. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { authModule } from '@aws-deployer/auth-service/service';
import { history } from '@aws-deployer/history-service/service';
import { monitor } from '@aws-deployer/monitor-service/service';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { migrationsOf, runServices } from '@aws-deployer/platform/runtime/run-services';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lacks, runProgram, runScript } from './run-script.js';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { check: string; subject: string; ok: boolean; detail: string }[];
}
async function check(args: readonly string[], env: Record<string, string> = {}): Promise<Report & { code: number }> {
  const { code, out, err } = await runScript('health-check.sh', ['--json', ...args], env);
  expect(out, err).not.toBe('');
  return { code, ...(JSON.parse(out) as Report) };
}
const badOnes = ({ checks }: Report): string[] =>
  checks.filter(({ ok }) => !ok).map(({ check: what, subject }) => `${what} ${subject}`);

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
const answers =
  (states: Record<string, { status: string; reason?: string }>, lag: number): RequestListener =>
  (request, response) => {
    if (request.url === '/health') response.end(JSON.stringify({ status: 'up', services: states }));
    else
      response.end(
        `# TYPE outbox_lag_seconds gauge\noutbox_lag_seconds{service="a",destination="history"} ${lag}\n` +
          'outbox_lag_seconds{service="a",destination="monitor"} 0\n',
      );
  };

describe.skipIf(lacks('jq', 'curl', 'openssl'))('the health check', () => {
  test('finds a platform that runs well, and tells one that is gone', { timeout: 60_000 }, async () => {
    const sqlite = testDatabases()[0];
    if (sqlite === undefined) throw new Error('SQLite is always there');
    const modules = [authModule(() => undefined), history, monitor];
    const services = await Promise.all(
      modules.map(async (module) => {
        const database = await sqlite.open(migrationsOf(module), module.name);
        onTestFinished(() => database.drop());
        return { module, env: { MODE: 'local', ADMIN_PASSWORD: randomBytes(12).toString('hex'), ...database.env } };
      }),
    );
    const running = await runServices({ port: 0, host: '127.0.0.1', services, allInOne: true, log: silentLogger });
    let isRunning = true;
    onTestFinished(async () => {
      if (isRunning) await running.stop();
    });
    const good = await check([`platform=${running.url}`]);
    expect(good).toMatchObject({ code: 0, ok: true });
    expect(good.checks.map(({ check: what, subject }) => `${what} ${subject}`).sort()).toEqual([
      'health auth at platform',
      'health history at platform',
      'health monitor at platform',
      'outbox platform',
    ]);
    const table = await runScript('health-check.sh', [running.url]);
    expect(table.code).toBe(0);
    expect(table.out).toMatch(/^CHECK +SUBJECT +STATE +DETAIL\nhealth +auth at [\d.:]+ +ok +up/);

    await running.stop();
    isRunning = false;
    const gone = await check([`platform=${running.url}`]);
    expect(gone).toMatchObject({ code: 1, ok: false });
    expect(badOnes(gone)).toEqual(['health platform']);
  });

  test('tells the service whose database is away, and the one that cannot hand over', async () => {
    const states = { auth: { status: 'up' }, history: { status: 'down', reason: 'the database does not answer' } };
    const port = await listening(createServer(answers(states, 75.5)));
    const report = await check([`p=http://127.0.0.1:${port}`]);
    expect(report.code).toBe(1);
    expect(badOnes(report)).toEqual(['health history at p', 'outbox p']);
    expect(report.checks.map(({ detail }) => detail).join()).toMatch(/does not answer.*75\.5 s, more than 60 s/);
    expect(badOnes(await check([`p=http://127.0.0.1:${port}`, '--max-lag', '80']))).toEqual(['health history at p']);
  });

  test('counts the days of a certificate', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-tls-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const made = await runProgram('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '20', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
    ]);
    expect(made.code, made.err).toBe(0);
    const tls = { key: await readFile(key), cert: await readFile(certificate) };
    const port = await listening(createTlsServer(tls, answers({ auth: { status: 'up' } }, 0)));
    const url = `https://localhost:${port}`;
    const env = { CURL_CA_BUNDLE: certificate };
    expect(await check([url], env)).toMatchObject({
      code: 0,
      checks: expect.arrayContaining([
        {
          check: 'certificate',
          subject: `localhost:${port}`,
          ok: true,
          detail: expect.stringMatching(/^(19|20) days left$/) as unknown, // 20 within the first second
        },
      ]) as unknown,
    });
    expect(badOnes(await check([url, '--min-days', '30'], env))).toEqual([`certificate localhost:${port}`]);
  });

  test('asks a cluster through its API', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-kubectl-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const port = await listening(createServer(answers({ deployer: { status: 'up' } }, 1)));
    const of = (kind: string, name: string, spec: object, status: object) => ({
      kind,
      metadata: { name },
      spec,
      status,
    });
    const items = [
      of('Deployment', 'deployer', { replicas: 2 }, { readyReplicas: 1 }),
      of('StatefulSet', 'mysql', { replicas: 1 }, { readyReplicas: 1 }),
      of('Service', 'deployer', { ports: [{ port: 5000 }] }, {}),
      of('Service', 'mysql', { ports: [{ port: 3306 }] }, {}),
    ];
    await writeFile(join(folder, 'objects.json'), JSON.stringify({ items }));
    // Answers as the API server does: lists, and what the Service's pods say.
    const kubectl = `#!/bin/sh
case "$*" in
  *"--namespace dev get deployments"*) cat ${folder}/objects.json ;;
  *"get --raw /api/v1/namespaces/dev/services/http:deployer:5000/proxy/"*) curl -sS "http://127.0.0.1:${port}/\${7##*/}" ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`;
    await writeFile(join(folder, 'kubectl'), kubectl, { mode: 0o755 });
    const PATH = [folder, process.env['PATH']].join(delimiter);
    const report = await check(['--namespace', 'dev'], { PATH });
    expect(report.checks).toEqual([
      {
        check: 'replicas',
        subject: 'deployer',
        ok: false,
        detail:
          '1 of 2 ready: kubectl --namespace dev describe pods --selector app.kubernetes.io/name=deployer says why',
      },
      { check: 'database', subject: 'mysql', ok: true, detail: '1 of 1 ready' },
      { check: 'health', subject: 'deployer', ok: true, detail: 'up, and so is its database' },
      { check: 'outbox', subject: 'deployer', ok: true, detail: '1.0 s' },
    ]);
    expect(report.code).toBe(1);
    expect(badOnes(await check(['--namespace', 'nowhere'], { PATH }))).toEqual(['health nowhere']);

    // Where a NetworkPolicy keeps the API server's proxy out, a pod asks itself.
    const kept = `#!/bin/sh
case "$*" in
  *"--namespace dev get deployments"*) cat ${folder}/objects.json ;;
  *"get --raw"*) echo "Error from server: dial tcp 10.0.0.1:5000: i/o timeout" >&2; exit 1 ;;
  *"exec deployment/deployer"*) while [ "$1" != 5000 ]; do shift; done; curl -sS "http://127.0.0.1:${port}$2" ;;
esac
`;
    await writeFile(join(folder, 'kubectl'), kept, { mode: 0o755 });
    expect((await check(['--namespace', 'dev'], { PATH })).checks).toEqual(report.checks);
    await writeFile(join(folder, 'kubectl'), kept.replace('curl -sS', 'false'), { mode: 0o755 });
    expect((await check(['--namespace', 'dev'], { PATH })).checks.at(-1)).toMatchObject({
      check: 'health',
      ok: false,
      detail: expect.stringContaining('i/o timeout') as unknown,
    });
  });
});
