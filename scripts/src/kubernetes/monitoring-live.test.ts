/**
 * A real Prometheus and a real Alertmanager on the platform's own rules, routes and dashboards: every query of the dashboards
 * is answered out of what the services measure, and an alert reaches monitor-service and is taken back. Their waits are cut
 * short; Debian's Prometheus knows no Kubernetes, so its targets are listed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlertView } from '@aws-deployer/platform/contracts/alerts';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices, type Running } from '@aws-deployer/platform/runtime/run-services';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadServices } from '../local/services.js';
import { has, root } from './testing/rendered.js';
import { freePort, startServer, type StartedServer } from './testing/started-server.js';

const ready = has('prometheus', '--version') && has('prometheus-alertmanager', '--version');
const folder = join(root, 'k8s/monitoring');
const text = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
const TOKEN = 'canary-token-of-alertmanager';
const PASSWORD = 'a long enough password';

describe.skipIf(!ready)('Prometheus and Alertmanager', { timeout: 120_000 }, () => {
  let temporary: string;
  let platform: Running;
  /** A service that cannot hand its actions over, until it can. */
  let stuck: Server;
  let lag = 600;
  let prometheus: StartedServer;
  let alertmanager: StartedServer;
  let prometheusUrl: string;
  let session: string;

  beforeAll(async () => {
    temporary = await mkdtemp(join(tmpdir(), 'aws-deployer-monitoring-'));
    platform = await runServices({
      port: 0,
      host: '127.0.0.1',
      allInOne: true,
      log: silentLogger,
      services: (await loadServices()).map((module) => ({
        module,
        env: { MODE: 'local', DATA_DIR: temporary, ADMIN_PASSWORD: PASSWORD, ALERTMANAGER_TOKEN: TOKEN },
      })),
    });
    stuck = createServer((_request, response) =>
      response.end(`outbox_lag_seconds{service="auth",destination="history"} ${lag}\n`),
    ).listen(0, '127.0.0.1');
    await once(stuck, 'listening');
    session = await login();
    const alertmanagerPort = await freePort();
    alertmanager = await startAlertmanager(alertmanagerPort);
    prometheus = await startPrometheus(alertmanagerPort);
  }, 120_000);
  afterAll(async () => {
    await prometheus.stop();
    await alertmanager.stop();
    stuck.closeAllConnections();
    stuck.close();
    await platform.stop();
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
  });

  const login = async (): Promise<string> => {
    const { body } = await request(`${platform.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: PASSWORD }),
    });
    return ((await body.json()) as { access_token: string }).access_token;
  };
  const get = async <Answer>(url: string): Promise<Answer> => {
    const { statusCode, body } = await request(url, { headers: { authorization: `Bearer ${session}` } });
    const answer = await body.text();
    if (statusCode !== 200) throw new Error(`${url}: ${String(statusCode)} ${answer}`);
    return JSON.parse(answer) as Answer;
  };
  const alerts = async (): Promise<AlertView[]> =>
    (await get<{ items: AlertView[] }>(`${platform.url}/api/v1/alerts?name=OutboxLagHigh`)).items;

  async function startAlertmanager(port: number): Promise<StartedServer> {
    const original = await text('alertmanager/alertmanager.yaml');
    const { port: to } = new URL(platform.url);
    const config = original
      .replaceAll(/http:\/\/monitor-service\.[\w-]+:6000/g, `http://127.0.0.1:${to}`)
      .replaceAll('/etc/alertmanager/secrets', temporary)
      .replaceAll(/(group_wait|group_interval): \w+/g, '$1: 1s');
    expect(config.match(/127\.0\.0\.1/g)).toHaveLength(3);
    await writeFile(join(temporary, 'aws-deployer-production-token'), `${TOKEN}\n`);
    await writeFile(join(temporary, 'slack-url'), 'http://127.0.0.1:1/slack');
    const file = join(temporary, 'alertmanager.yaml');
    await writeFile(file, config);
    return startServer(
      'prometheus-alertmanager',
      [
        `--config.file=${file}`,
        `--storage.path=${join(temporary, 'alertmanager')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      async () => (await request(`http://127.0.0.1:${port}/-/ready`)).statusCode === 200,
    );
  }

  async function startPrometheus(alertmanagerPort: number): Promise<StartedServer> {
    const rules = join(temporary, 'platform.rules.yaml');
    await writeFile(rules, (await text('prometheus/platform.rules.yaml')).replaceAll(/^( +)for: \w+$/gm, '$1for: 0s'));
    const targets = (url: string, service: string) => ({
      targets: [url],
      labels: { namespace: 'aws-deployer-production', pod: service, service },
    });
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rules],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] },
      scrape_configs: [
        {
          job_name: 'aws-deployer',
          honor_labels: true,
          static_configs: [
            targets(new URL(platform.url).host, 'all'),
            targets(`127.0.0.1:${(stuck.address() as AddressInfo).port}`, 'auth'),
          ],
        },
      ],
    };
    const file = join(temporary, 'prometheus.yaml');
    await writeFile(file, JSON.stringify(config));
    const port = await freePort();
    prometheusUrl = `http://127.0.0.1:${port}`;
    return startServer(
      'prometheus',
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(temporary, 'prometheus')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--rules.alert.resend-delay=2s',
      ],
      async () => (await request(`${prometheusUrl}/-/ready`)).statusCode === 200,
    );
  }

  test('amtool takes the routes as they are, and leads each environment to its own', () => {
    const file = join(folder, 'alertmanager/alertmanager.yaml');
    const amtool = (...words: string[]): string => {
      const { status, stdout, stderr } = spawnSync('amtool', words, { encoding: 'utf8', timeout: 20_000 });
      expect(status, stdout + stderr).toBe(0);
      return stdout.trim();
    };
    expect(amtool('check-config', file)).toContain('SUCCESS');
    const leads = (...labels: string[]): string =>
      amtool('config', 'routes', 'test', `--config.file=${file}`, ...labels);
    expect(leads('severity=page', 'namespace=aws-deployer-production')).toBe('platform-production,on-call');
    expect(leads('severity=ticket', 'namespace=aws-deployer-production')).toBe('platform-production,tickets');
    expect(leads('severity=page', 'namespace=aws-deployer-staging')).toBe('platform-staging,tickets');
    expect(leads('severity=page', 'namespace=aws-deployer-dev')).toBe('platform-dev,tickets');
    expect(leads('severity=page', 'instance=node-1')).toBe('platform-production,on-call');
    expect(leads('severity=page', 'namespace=another')).toBe('tickets');
  });

  test('an alert reaches monitor-service by its webhook, and is taken back when it is over', async () => {
    await expect.poll(alerts, { timeout: 40_000, interval: 250 }).toMatchObject([
      {
        state: 'firing',
        severity: 'page',
        service: 'auth',
        namespace: 'aws-deployer-production',
        summary: 'history has not confirmed an action of auth for 10m 0s',
        resolved_at: null,
      },
    ]);
    lag = 0;
    await expect
      .poll(alerts, { timeout: 40_000, interval: 250 })
      .toMatchObject([{ state: 'resolved', resolved_at: expect.any(String) as string }]);
  });

  test('every query of every dashboard is answered, out of what the services measure', async () => {
    interface Dashboard {
      readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
    }
    const files = (await readdir(join(folder, 'grafana'))).sort();
    expect(files).toHaveLength(4);
    const queries: { readonly where: string; readonly expr: string }[] = [];
    for (const file of files) {
      const { panels } = JSON.parse(await text(`grafana/${file}`)) as Dashboard;
      expect(panels.length, file).toBeGreaterThan(5);
      for (const { title, targets } of panels)
        queries.push(...targets.map(({ expr }) => ({ where: `${file} ${title}`, expr })));
    }
    const unanswered = async (): Promise<string[]> => {
      const empty: string[] = [];
      for (const { where, expr } of queries) {
        const filled = expr.replaceAll('$__rate_interval', '30s').replaceAll('$namespace', '.*');
        const { status, data } = await get<{ status: string; data: { result: unknown[] } }>(
          `${prometheusUrl}/api/v1/query?query=${encodeURIComponent(filled)}`,
        );
        expect(status, where).toBe('success');
        if (data.result.length === 0) empty.push(`${where}: ${expr}`);
      }
      return empty;
    };
    // A rate takes two samples, and a scrape of a machine that is held up may be the one that is missing.
    await expect.poll(unanswered, { timeout: 60_000, interval: 1_000 }).toEqual([]);
  });

  test('every rule is evaluated without an error', async () => {
    interface Groups {
      readonly data: { readonly groups: readonly { readonly rules: readonly { name: string; health: string }[] }[] };
    }
    const { groups } = parse(await text('prometheus/platform.rules.yaml')) as { groups: { rules: unknown[] }[] };
    const health = async () =>
      (await get<Groups>(`${prometheusUrl}/api/v1/rules`)).data.groups.flatMap(({ rules }) => rules);
    await expect
      .poll(async () => (await health()).filter((rule) => rule.health !== 'ok'), { timeout: 20_000 })
      .toEqual([]);
    expect(await health()).toHaveLength(groups.flatMap(({ rules }) => rules).length);
  });
});
