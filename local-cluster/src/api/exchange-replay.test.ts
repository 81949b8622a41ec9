import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject } from '../store/json-tree.js';
import { createApiServer } from './api-server.js';
import { openClusterState, type ClusterState } from './cluster-state.js';
import { NOT_HELD } from './exchange-replay-gaps.js';

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
]);

const normalise = (value: unknown, key = ''): unknown => {
  if (VOLATILE.has(key)) return '…';
  if (key === 'managedFields' && Array.isArray(value))
    return (value as Record<string, unknown>[])
      .filter(({ manager }) => manager !== 'kube-controller-manager' && manager !== 'kube-scheduler')
      .map((entry) => normalise(entry))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (Array.isArray(value)) return value.map((item) => normalise(item));
  if (isObject(value))
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((name) => [name, normalise(value[name], name)]),
    );
  if (typeof value === 'string')
    return value
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
      .replace(/\bcurrent: \d+/g, 'current: <version>');
  return value;
};

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
  const stopping = new AbortController();
  const failures: unknown[] = [];
  const known = new Map<string, string>();

  beforeAll(async () => {
    const onError = (what: string, error: unknown): void => void failures.push([what, error]);
    state = openClusterState({ onError });
    state
      .clientFor('test')
      .create('core/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'exch' } });
    server = createServer(createApiServer({ registry: state.registry, hooks: {}, onError, stopping: stopping.signal }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    stopping.abort();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    state.stop();
    expect(failures).toEqual([]);
  });

  test('answers as recorded', async () => {
    const differing: Record<string, string> = {};
    for (const step of steps) {
      if (step.request.auth !== undefined || step.response.stream !== undefined) continue;
      const { method, path, query, headers, body } = step.request;
      const text =
        body === undefined || body === null ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const response = await request(
        `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}${query === '' ? '' : `?${translate(query, known)}`}`,
        {
          method: method as 'GET',
          headers: { 'user-agent': 'exchange-recorder/1', ...headers },
          body: text === undefined ? null : translate(text, known),
        },
      );
      const answer = await response.body.text();
      const json: unknown = /json/.test(String(response.headers['content-type'])) ? JSON.parse(answer) : answer;
      remember(step.response.body, json, known);
      const [wanted, got] = [normalise(step.response.body), normalise(json)];
      const same = response.statusCode === step.response.status && JSON.stringify(wanted) === JSON.stringify(got);
      if (!same)
        differing[step.step] =
          response.statusCode === step.response.status
            ? firstDifference(wanted, got)
            : `status ${response.statusCode}, not ${step.response.status}: ${answer.slice(0, 200)}`;
    }
    if (UPDATE) console.log(JSON.stringify({ file, total: steps.length, differing }));
    else expect(Object.keys(differing).sort()).toEqual([...gaps].sort());
  });
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
