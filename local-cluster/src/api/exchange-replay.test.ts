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
import { createApiServer } from './api-server.js';
import { openClusterState, type ClusterState } from './cluster-state.js';
import { startControlPlane, type ControlPlane } from '../control-plane.js';
import { KubeletLogs } from '../kubelet/pod-logs.js';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { simulatedRuntimes } from '../testing/running-cluster.js';
import { NOT_HELD } from './exchange-replay-gaps.js';
import { differences, normalise, remember, translate } from './exchange-replay-comparison.js';
import { PassedThrough } from './exchange-replay-history.js';
import { OBJECTS_BEFORE, SENT_AS, SIMULATED } from './exchange-replay-setup.js';

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
const READ_WAIT_MS = 2_500;
/** Recorded while controllers ran; the others ask for what the API server alone answers. */
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
    'dry-run',
    'events',
    'pod-logs',
    'status-subresource',
    'table-output',
    'unauthorized-forbidden',
  ].map((name) => `${name}.json`),
);
/** The recorder was ahead of the controllers until this step. */
const CONTROLLERS_FROM: Readonly<Record<string, string>> = { 'field-validation.json': 'merge patch Warn' };
/** Whoever comes without credentials is the administrator here: those steps are another cluster's. */
const ANONYMOUS = 'none';
const JSON_BODY = { 'content-type': 'application/json' };
const TALLY = { steps: 0, alike: 0 };

describe.each(files)('%s', (file) => {
  const steps = JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')) as Step[];
  const gaps = Object.keys(NOT_HELD[file] ?? {});
  let state: ClusterState;
  let server: Server;
  let plane: ControlPlane | undefined;
  const stopping = new AbortController();
  const failures: unknown[] = [];
  const known = new Map<string, string>();
  let passed: PassedThrough;
  let dataDir: string;

  const onError = (what: string, error: unknown): void => void failures.push([what, error]);
  const startControllers = async (): Promise<void> => {
    plane = await startControlPlane({
      clientFor: (manager) => state.clientFor(manager),
      runtimes: simulatedRuntimes(),
      dataDir,
      gatewayPort: 0,
      log: { ...silentLogger, error: onError },
    });
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'exchange-replay-'));
    state = openClusterState({ onError });
    passed = new PassedThrough(state.store);
    if (WITH_CONTROLLERS.has(file)) await startControllers();
    state
      .clientFor('unknown')
      .create('core/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'exch' } });
    const hooks = plane === undefined ? {} : { logs: new KubeletLogs(plane.kubelet, dataDir) };
    server = createServer(
      createApiServer({ registry: state.registry, access: state.access, hooks, onError, stopping: stopping.signal }),
    );
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

  /** The token of a service account, as the recorder asked for it; `bad` is nobody's. */
  const tokenOf = async (auth: string): Promise<string> => {
    const account = auth.replace('bearer token of service account ', '');
    if (account === 'bad') return 'nonsense';
    const path = `/api/v1/namespaces/exch/serviceaccounts/${account}/token`;
    const { json } = await send({ method: 'POST', path, headers: JSON_BODY, body: { spec: {} } });
    return (json as { status: { token: string } }).status.token;
  };

  /** The recorder wrote when the controllers had come so far. */
  const reached = async (body: unknown): Promise<void> => {
    for (const until = Date.now() + READ_WAIT_MS; !passed.hasHadStatus(body) && Date.now() < until;)
      await delay(QUIET_MS);
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
    for (const one of (OBJECTS_BEFORE[file] ?? []).filter((prepared) => prepared.before === before)) {
      const { method, path, body, agent = '', learns } = one;
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const answer = await send({ method, path, headers: { 'content-type': type }, body }, agent);
      if (answer.status >= 300) throw new Error(`the preparation of "${before}" failed: ${answer.text}`);
      if (learns !== undefined) remember(learns, answer.json, known);
      await settle();
    }
  };

  /** The recorded request, with what the recording did not keep of it. */
  const requestOf = async (step: Step): Promise<Step['request']> => {
    const sent = SENT_AS[file]?.[step.step];
    const annotations = SIMULATED[file]?.[step.step];
    const body = sent?.body ?? step.request.body;
    const { auth } = step.request;
    return {
      ...step.request,
      headers: {
        ...step.request.headers,
        ...sent?.headers,
        ...(auth === undefined ? {} : { authorization: `Bearer ${await tokenOf(auth)}` }),
      },
      body: annotations === undefined ? body : withAnnotations(body as RecordedBody, annotations),
    };
  };

  test('answers as recorded', async () => {
    const differing: Record<string, string> = {};
    const replayed = steps.filter(
      ({ request: { auth }, response: { stream } }) => auth !== ANONYMOUS && stream === undefined,
    );
    for (const step of replayed) {
      await prepare(step.step);
      if (CONTROLLERS_FROM[file] === step.step) {
        await startControllers();
        await settle();
      }
      const isRead = step.request.method === 'GET';
      const sent = await requestOf(step);
      if (!isRead) await settle();
      if (plane !== undefined && !isRead && step.request.method !== 'POST') await reached(step.response.body);
      const begin = passed.now();
      let answer = await send(sent);
      if (!isRead && answer.status < 300 && !step.request.query.includes('dryRun')) passed.wroteAfter(begin);
      let difference: string;
      // What controllers write was recorded as they wrote it: a read waits for it.
      for (const until = Date.now() + READ_WAIT_MS; ; answer = await send(sent)) {
        difference = differenceOf(step, answer, passed);
        if (difference === '' || (!isRead && plane === undefined) || Date.now() > until) break;
        await delay(QUIET_MS);
        if (!isRead) break;
      }
      remember(step.response.body, answer.json, known);
      if (difference !== '') differing[step.step] = difference;
    }
    TALLY.steps += replayed.length;
    TALLY.alike += replayed.length - Object.keys(differing).length;
    if (UPDATE) console.log(JSON.stringify({ file, total: replayed.length, differing }));
    else expect(Object.keys(differing).sort()).toEqual(gaps.sort());
  }, 60_000);
});

const differenceOf = (
  step: Step,
  { status, json, text }: { status: number; json: unknown; text: string },
  passed: PassedThrough,
): string => {
  const { body } = step.response;
  if (step.request.method === 'GET' && step.response.status === 200 && passed.holds(body, step.request.path)) return '';
  if (status !== step.response.status) return `status ${status}, not ${step.response.status}: ${text.slice(0, 200)}`;
  const wanted = normalise(body);
  const got = normalise(step.request.method === 'GET' ? json : passed.withStatusOf(json, body));
  return JSON.stringify(wanted) === JSON.stringify(got) ? '' : differences(wanted, got).join('\n');
};

interface RecordedBody {
  readonly metadata?: object;
  readonly spec?: { readonly template?: RecordedBody };
}
/** Told to the pods: of a workload, in its template. */
const withAnnotations = (body: RecordedBody, annotations: Readonly<Record<string, string>>): RecordedBody =>
  body.spec?.template === undefined
    ? { ...body, metadata: { ...body.metadata, annotations } }
    : { ...body, spec: { ...body.spec, template: withAnnotations(body.spec.template, annotations) } };

afterAll(() => {
  console.log(`recorded exchanges: ${String(TALLY.alike)} of ${String(TALLY.steps)} steps are answered alike`);
});
