import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject } from '../store/json-tree.js';
import { createApiServer } from './api-server.js';
import { openClusterState, type ClusterState } from './cluster-state.js';
import { startControlPlane, type ControlPlane } from '../control-plane.js';
import { KubeletLogs } from '../kubelet/pod-logs.js';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { simulatedRuntimes } from '../testing/running-cluster.js';
import { NOT_HELD } from './exchange-replay-gaps.js';
import { OBJECTS_BEFORE } from './exchange-replay-setup.js';

/**
 * Every recorded pair of a request and its answer from a real Kubernetes 1.36 is sent here and compared: status, and the
 * body after what differs by nature (uids, versions, times, addresses) is made equal. What is not held yet is listed by
 * file and step, and the list is held too: a step on it that has begun to agree fails the test.
 */
interface Step {
  readonly step: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: string;
    readonly headers: Record<string, string>;
    readonly body?: unknown;
    readonly auth?: string;
  };
  readonly response: { readonly status: number; readonly body?: unknown; readonly stream?: unknown };
}

const FOLDER = fileURLToPath(new URL('../../testdata/exchanges/', import.meta.url));
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const UPDATE = process.env['SHOW_GAPS'] !== undefined;
const QUIET_MS = 30;
/** How long a read is tried again for what controllers may still write. */
const READ_WAIT_MS = UPDATE ? 1_500 : 600;
/** Recorded when the controllers had done their part; the others ask for what the API server alone answers. */
const WITH_CONTROLLERS = new Set(
  [
    'admission',
    'crud-deployment',
    'crud-hpa',
    'crud-job',
    'crud-pdb',
    'crud-statefulset',
    'delete-background',
    'delete-foreground',
    'delete-orphan',
    'delete-pod-grace',
    'deployment-controller',
    'events',
    'pod-logs',
    'table-output',
  ].map((name) => `${name}.json`),
);
const TALLY = { steps: 0, alike: 0 };

/** Values that differ between any two clusters. */
const VOLATILE = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'time',
  'clusterIP',
  'clusterIPs',
  'selfLink',
  'remainingItemCount',
  'continue',
  'storageVersionHash',
  'lastTransitionTime',
  'lastUpdateTime',
  'startTime',
  'nodePort',
  'healthCheckNodePort',
  'ca.crt',
  'terminatingReplicas',
]);

const normalise = (value: unknown, key = ''): unknown => {
  if (VOLATILE.has(key)) return '…';
  // Columns of tables are not described here.
  if (key === 'columnDefinitions' && Array.isArray(value))
    return normalise(value.map((column: object) => ({ ...column, description: '' })));
  // Written by the deployment controller, which some of the recordings ran ahead of.
  if (key === 'annotations' && isObject(value)) {
    const { 'deployment.kubernetes.io/revision': _revision, ...others } = value;
    const kept = Object.entries(others).filter(
      ([name]) => !name.startsWith('local-cluster/') && !name.startsWith('simulated.'),
    );
    return kept.length === 0 ? [] : Object.fromEntries(kept.sort());
  }
  if (key === 'managedFields' && Array.isArray(value))
    return (value as Record<string, unknown>[])
      .filter(({ manager }) => manager !== 'kubelet')
      .filter(({ manager }) => manager !== 'kube-controller-manager' && manager !== 'kube-scheduler')
      .map((entry) => normalise(entry))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (Array.isArray(value)) return value.filter((item) => !isApiAccess(item)).map((item) => normalise(item));
  if (isObject(value))
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((name) => [normaliseText(name), normalise(value[name], name)])
        .filter(([, member]) => !(Array.isArray(member) && member.length === 0)),
    );
  return typeof value === 'string' ? normaliseText(value) : value;
};

/** The volume of the service account's token, which this cluster does not make. */
const isApiAccess = (item: unknown): boolean =>
  isObject(item) && typeof item['name'] === 'string' && item['name'].startsWith('kube-api-access-');

const normaliseText = (text: string): string =>
  text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
    .replace(/\d{4}-\d\d-\d\dT[\d:]+\.\d+Z/g, '<time>')
    .replace(/^\d+s$/, '<age>')
    .replace(/ {2}resourceVersion: "\d+"\n/, '')
    .replace(/^(containerd|simulated):\/\/.*$/, '<container>')
    .replace(/@sha256:[0-9a-f]{64}$/, '@<digest>')
    .replace(/(?<=pod-template-hash=)[0-9a-z]+/g, '<hash>')
    .replace(/\bcurrent: \d+/g, 'current: <version>')
    .replace(/in record \(\d+\)/g, 'in record (<version>)')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?/g, '<address>')
    .replace(/\bnode-1\b/g, 'local')
    .replace(/-(?=[0-9a-z]*\d)[0-9a-z]{7,10}(-[0-9a-z]{5})?(?![0-9a-z])/g, '-<hash>')
    .replace(/^(?=[0-9a-z]*\d)[0-9a-z]{8,10}$/, '<hash>')
    .replace(/\bgen-[0-9a-z]{5}\b/g, 'gen-<name>');

/** Versions and uids that the recording learnt from one answer and used in a later request are ours there. */
const remember = (recorded: unknown, ours: unknown, known: Map<string, string>): void => {
  if (Array.isArray(recorded) && Array.isArray(ours))
    recorded.forEach((item, index) => remember(item, ours[index], known));
  else if (isObject(recorded) && isObject(ours))
    for (const [key, value] of Object.entries(recorded)) {
      const mine = ours[key];
      if ((key === 'uid' || key === 'resourceVersion') && typeof value === 'string' && typeof mine === 'string')
        known.set(value, mine);
      else remember(value, mine, known);
    }
};

const translate = (text: string, known: Map<string, string>): string =>
  text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\b\d{5,}\b/g, (token) => known.get(token) ?? token);

describe.each(files)('%s', (file) => {
  const steps = JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')) as Step[];
  const gaps = NOT_HELD[file] ?? [];
  let state: ClusterState;
  let server: Server;
  let plane: ControlPlane | undefined;
  const stopping = new AbortController();
  const failures: unknown[] = [];
  const known = new Map<string, string>();

  beforeAll(async () => {
    const onError = (what: string, error: unknown): void => void failures.push([what, error]);
    const dataDir = await mkdtemp(join(tmpdir(), 'exchange-replay-'));
    state = openClusterState({ onError });
    if (WITH_CONTROLLERS.has(file))
      plane = await startControlPlane({
        clientFor: (manager) => state.clientFor(manager),
        runtimes: simulatedRuntimes(),
        dataDir,
        gatewayPort: 0,
        log: { ...silentLogger, error: onError },
      });
    state
      .clientFor('test')
      .create('core/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'exch' } });
    const hooks = plane === undefined ? {} : { logs: new KubeletLogs(plane.kubelet, dataDir) };
    server = createServer(createApiServer({ registry: state.registry, hooks, onError, stopping: stopping.signal }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return () => rm(dataDir, { recursive: true, force: true });
  });
  afterAll(async () => {
    stopping.abort();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    await plane?.stop();
    state.stop();
    expect(failures).toEqual([]);
  });

  /** Waits until the controllers have nothing more to write. */
  const settle = async (): Promise<void> => {
    for (
      let seen = -1, until = Date.now() + (plane === undefined ? 0 : 2_000);
      seen !== state.store.currentVersion && Date.now() < until;
    ) {
      seen = state.store.currentVersion;
      await delay(QUIET_MS);
    }
  };

  const send = async (
    { method, path, query = '', headers = {}, body }: Partial<Step['request']>,
    agent = 'exchange-recorder/1',
  ): Promise<{ status: number; json: unknown; text: string }> => {
    const text =
      body === undefined || body === null ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const response = await request(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}${query === '' ? '' : `?${translate(query, known)}`}`,
      {
        method: method as 'GET',
        headers: { ...(agent === '' ? {} : { 'user-agent': agent }), ...headers },
        body: text === undefined ? null : translate(text, known),
      },
    );
    const answer = await response.body.text();
    const json: unknown = /json/.test(String(response.headers['content-type'])) ? JSON.parse(answer) : answer;
    return { status: response.statusCode, json, text: answer };
  };

  const prepare = async (before: string): Promise<void> => {
    for (const { method, path, body } of (OBJECTS_BEFORE[file] ?? []).filter((one) => one.before === before)) {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const answer = await send({ method, path, headers: { 'content-type': type }, body }, '');
      if (answer.status >= 300) throw new Error(`the preparation of "${before}" failed: ${answer.text}`);
      await settle();
    }
  };

  test('answers as recorded', async () => {
    const differing: Record<string, string> = {};
    const replayed = steps.filter(
      ({ request: { auth }, response: { stream } }) => auth === undefined && stream === undefined,
    );
    for (const step of replayed) {
      await prepare(step.step);
      const isRead = step.request.method === 'GET';
      if (!isRead) await settle();
      let answer = await send(step.request);
      let difference: string;
      // What controllers write was recorded after they had: a read waits for it.
      for (const until = Date.now() + READ_WAIT_MS; ; answer = await send(step.request)) {
        difference = differenceOf(step, answer);
        if (difference === '' || !isRead || Date.now() > until) break;
        await delay(QUIET_MS);
      }
      remember(step.response.body, answer.json, known);
      if (difference !== '') differing[step.step] = difference;
    }
    TALLY.steps += replayed.length;
    TALLY.alike += replayed.length - Object.keys(differing).length;
    if (UPDATE) console.log(JSON.stringify({ file, total: replayed.length, differing }));
    else expect(Object.keys(differing).sort()).toEqual([...gaps].sort());
  }, 60_000);
});

const differenceOf = (step: Step, { status, json, text }: { status: number; json: unknown; text: string }): string => {
  if (status !== step.response.status) return `status ${status}, not ${step.response.status}: ${text.slice(0, 200)}`;
  const [wanted, got] = [normalise(step.response.body), normalise(json)];
  return JSON.stringify(wanted) === JSON.stringify(got) ? '' : firstDifference(wanted, got);
};

afterAll(() => {
  console.log(`recorded exchanges: ${String(TALLY.alike)} of ${String(TALLY.steps)} steps are answered alike`);
});

const firstDifference = (wanted: unknown, got: unknown, at = ''): string => {
  if (isObject(wanted) && isObject(got)) {
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(got)]))
      if (JSON.stringify(wanted[key]) !== JSON.stringify(got[key]))
        return firstDifference(wanted[key], got[key], `${at}.${key}`);
    return `${at}: order`;
  }
  if (Array.isArray(wanted) && Array.isArray(got) && wanted.length === got.length) {
    const index = wanted.findIndex((item, place) => JSON.stringify(item) !== JSON.stringify(got[place]));
    return firstDifference(wanted[index], got[index], `${at}[${index}]`);
  }
  return `${at}: ${JSON.stringify(wanted)?.slice(0, 160)} ≠ ${JSON.stringify(got)?.slice(0, 160)}`;
};
