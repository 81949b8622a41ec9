/** Alerts and dashboards against promtool and against what the services really measure: started here and asked for /metrics. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices } from '@aws-deployer/platform/runtime/run-services';
import { SharedConfig } from '@aws-deployer/platform/runtime/config';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadServices } from '../local/services.js';
import { networkArrows } from './testing/network-arrows.js';
import { has, hasKubectl, render, renderWith, root } from './testing/rendered.js';

const hasPromtool = has('promtool', '--version');
const folder = join(root, 'k8s/monitoring');
const text = (path: string): string => readFileSync(join(folder, path), 'utf8');
const dashboards = readdirSync(join(folder, 'grafana'));

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: { readonly severity: string };
    }[];
  }[];
}
interface Dashboard {
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}
const ruleFile = parse(text('prometheus/platform.rules.yaml')) as RuleFile;
const alerts = ruleFile.groups.flatMap(({ rules }) => rules);
const panels = dashboards.flatMap((file) =>
  (JSON.parse(text(`grafana/${file}`)) as Dashboard).panels.map((panel) => ({ ...panel, file })),
);
/** As Grafana fills its variables in. */
const filled = (expr: string): string => expr.replaceAll('$__rate_interval', '1m').replaceAll('$namespace', '.*');

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'aws-deployer-monitoring-'));
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

function promtool(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', words, {
    cwd: join(folder, 'prometheus'),
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

describe.skipIf(!hasPromtool)('promtool', () => {
  test('takes the alert rules', () => {
    expect(promtool('check', 'rules', 'platform.rules.yaml')).toContain(`${String(alerts.length)} rules found`);
  });

  test('finds each alert raised when it shall be and quiet when it is close', { timeout: 60_000 }, () => {
    expect(promtool('test', 'rules', 'platform.test.yaml')).toContain('SUCCESS');
    const { tests } = parse(text('prometheus/platform.test.yaml')) as { tests: { name: string }[] };
    expect(tests.map(({ name }) => name).sort()).toEqual(
      alerts.flatMap(({ alert }) => [`${alert} is raised`, `${alert} is not raised`]).sort(),
    );
  });

  test('takes the scrape configuration', () => {
    // Debian's build leaves out the discovery of Kubernetes: its place is held by a list of targets.
    const file = join(temporary, 'prometheus.yaml');
    const config = text('prometheus/prometheus.yaml');
    expect(config.match(/kubernetes_sd_configs: \[\{ role: (pod|endpoints|node) \}\]/g)).toHaveLength(5);
    writeFileSync(
      file,
      config.replaceAll(/kubernetes_sd_configs: \[\{ role: (\w+) \}\]/g, 'static_configs: [{ targets: [$1] }]'),
    );
    promtool('check', 'config', '--syntax-only', file);
  });

  test('parses every query of the dashboards', () => {
    const rules = panels
      .flatMap(({ targets }) => targets)
      .map(({ expr }, index) => ({ record: `panel:${String(index)}`, expr: filled(expr) }));
    expect(rules.length).toBeGreaterThan(25);
    const file = join(temporary, 'panels.rules.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    promtool('check', 'rules', file);
  });
});

/** Of exporters that the cluster brings, not of the platform. */
const FOREIGN = /^(up|kube_|container_|node_|certmanager_)/;
const namesIn = (expr: string): string[] =>
  [
    ...expr
      .replaceAll(/"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(by|on|without)\s*\([^)]*\)/g, '')
      .matchAll(/\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b/g),
  ]
    .map(([name]) => name)
    .filter((name) => !/^(histogram_quantile|avg_over_time)$/.test(name));

test('alerts and dashboards ask for what the services measure', { timeout: 60_000 }, async () => {
  const running = await runServices({
    port: 0,
    host: '127.0.0.1',
    allInOne: true,
    log: silentLogger,
    services: (await loadServices()).map((module) => ({
      module,
      env: { MODE: 'local', DATA_DIR: temporary, ADMIN_PASSWORD: 'of-a-test-only' },
    })),
  });
  let exposition: string;
  try {
    exposition = await (await request(`${running.url}/metrics`)).body.text();
  } finally {
    await running.stop();
  }
  const measured = new Set(
    [...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
  );
  const asked = [...alerts, ...panels.flatMap(({ targets }) => targets)].flatMap(({ expr }) => namesIn(expr));
  expect(new Set(asked).size).toBeGreaterThan(20);
  expect([...new Set(asked)].filter((name) => !FOREIGN.test(name) && !measured.has(name))).toEqual([]);
});

test('the thresholds of the alerts are those that were promised', () => {
  const promised = {
    ResponseTimeHigh: '> 2',
    ErrorRateHigh: '> 0.05',
    ServiceCpuHigh: '> 0.8',
    ServiceMemoryHigh: '> 0.85',
    DependencyLatencyHigh: '> 1',
    AvailabilityLow: '< 0.99',
    DeploymentSuccessLow: '< 0.95',
  };
  for (const [name, threshold] of Object.entries(promised))
    expect(alerts.find(({ alert }) => alert === name)?.expr, name).toContain(threshold);
  expect(alerts.filter(({ labels }) => !['page', 'ticket'].includes(labels.severity))).toEqual([]);
});

test("Prometheus's operator gets the same rules", () => {
  const { spec } = parse(text('operator/rules.yaml')) as { spec: RuleFile };
  expect(spec).toEqual(ruleFile);
});

test('a target has the name of its service that the metrics have: an alert on one silences those on the other', async () => {
  const scraping = parse(text('prometheus/prometheus.yaml')) as { scrape_configs: ScrapeConfig[] };
  const plain = scraping.scrape_configs
    .find(({ job_name }) => job_name === 'aws-deployer')
    ?.relabel_configs.find(({ target_label }) => target_label === 'service')?.regex;
  const [byOperator] = parseAllDocuments(text('operator/service-monitors.yaml')).map(
    (document) => document.toJS() as ServiceMonitor,
  );
  const operator = byOperator?.spec.endpoints
    .flatMap(({ relabelings }) => relabelings)
    .find(({ targetLabel }) => targetLabel === 'service')?.regex;
  const folders = [
    'auth-service',
    'codebuild-service',
    'deployer',
    'history-service',
    'infra-oneclick',
    'monitor-service',
  ];
  const names = (await loadServices()).map(({ name }) => name).sort();
  for (const regex of [plain, operator])
    expect(folders.map((folder) => new RegExp(`^(?:${regex ?? ''})$`).exec(folder)?.[1]).sort()).toEqual(names);
});

interface ScrapeConfig {
  readonly job_name: string;
  readonly relabel_configs: readonly { readonly target_label?: string; readonly regex?: string }[];
}
interface ServiceMonitor {
  readonly spec: {
    readonly endpoints: readonly {
      readonly relabelings: readonly { readonly targetLabel: string; readonly regex?: string }[];
    }[];
  };
}

test('every route of Alertmanager leads to a receiver', () => {
  interface RouteNode {
    readonly receiver: string;
    readonly routes?: readonly RouteNode[];
  }
  const { route, receivers } = parse(text('alertmanager/alertmanager.yaml')) as {
    route: RouteNode;
    receivers: { name: string }[];
  };
  const used = (node: RouteNode): string[] => [node.receiver, ...(node.routes ?? []).flatMap(used)];
  expect([...new Set(used(route))].sort()).toEqual(receivers.map(({ name }) => name).sort());
});

test('dashboards have an address of their own, a data source to choose and a title on every panel', () => {
  const uids = dashboards.map((file) => {
    const { uid, templating } = JSON.parse(text(`grafana/${file}`)) as Dashboard;
    expect(file).toBe(`${uid}.json`);
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'namespace']);
    return uid;
  });
  expect(new Set(uids).size).toBe(4);
  expect(panels.filter(({ title }) => title === '')).toEqual([]);
});

test('every pipeline of the collector names parts that are described', () => {
  const collector = parse(text('collector/otel-collector.yaml')) as Record<string, Record<string, unknown>> & {
    service: { pipelines: Record<string, Record<string, readonly string[]>> };
  };
  for (const pipeline of Object.values(collector.service.pipelines))
    for (const [kind, names] of Object.entries(pipeline))
      expect(
        names.filter((name) => collector[kind]?.[name] === undefined),
        kind,
      ).toEqual([]);
});

test.skipIf(!hasKubectl)('with the component, every service sends its traces to where the collector listens', () => {
  const objects = renderWith(['tracing']);
  const services = objects.flatMap(({ kind, metadata }) =>
    kind === 'Deployment' && metadata.labels?.['app.kubernetes.io/component'] === 'service' ? [metadata.name] : [],
  );
  const before = networkArrows(renderWith([])).all;
  const added = [...networkArrows(objects).all].filter((arrow) => !before.has(arrow));
  expect(added.sort()).toEqual(services.map((name) => `${name} → opentelemetry-collector`).sort());
  const settings = objects.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('platform-'),
  )?.['data'];
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = SharedConfig.parse(settings);
  const { receivers } = parse(text('collector/otel-collector.yaml')) as {
    receivers: { otlp: { protocols: { http: { endpoint: string } } } };
  };
  expect(new URL(endpoint ?? '').port).toBe(receivers.otlp.protocols.http.endpoint.split(':')[1]);
});

test('Fluent Bit has a place for what it buffers on the disk', () => {
  const { service, pipeline } = parse(text('collector/fluent-bit.yaml')) as {
    service: Record<string, string>;
    pipeline: { inputs: Record<string, string>[] };
  };
  expect(pipeline.inputs.filter((input) => input['storage.type'] === 'filesystem')).toHaveLength(1);
  expect(service['storage.path']).toMatch(/^\/var\/lib\/fluent-bit\//);
});

test.skipIf(!hasKubectl)('kustomize makes the ConfigMaps and the objects of the operator', () => {
  const maps = render('k8s/monitoring').filter(({ kind }) => kind === 'ConfigMap');
  expect(maps.map(({ metadata }) => metadata.name).sort()).toEqual([
    'alertmanager',
    'fluent-bit',
    'grafana-dashboards',
    'otel-collector',
    'prometheus',
    'prometheus-rules',
  ]);
  const operator = render('k8s/monitoring/operator');
  expect(operator.map(({ kind, apiVersion }) => `${apiVersion} ${kind}`).sort()).toEqual([
    'monitoring.coreos.com/v1 PrometheusRule',
    'monitoring.coreos.com/v1 ServiceMonitor',
    'monitoring.coreos.com/v1 ServiceMonitor',
  ]);
});
