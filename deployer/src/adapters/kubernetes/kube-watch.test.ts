/** A watch over real HTTP through all that befalls API servers: every change is told once, and nobody who asks for patience is hurried. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ServerResponse } from 'node:http';
import type { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Manifest } from '../../ports/cluster.js';
import { ApiServerDouble } from '../../testing/api-server-double.js';
import { KubernetesCluster } from './kubernetes-cluster.js';

const pod = (name: string, phase = 'Running'): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, uid: name },
  status: { phase },
});
const refuse = (response: ServerResponse, status: number, headers: Record<string, string> = {}): true => {
  response
    .writeHead(status, headers)
    .end(JSON.stringify({ kind: 'Status', code: status, message: `told ${String(status)}` }));
  return true;
};
const POLL = { timeout: 15_000, interval: 20 };

let server: ApiServerDouble;
let cluster: KubernetesCluster;
let stop: AbortController;
let done: Promise<void>;
let changes: string[];
let troubles: (AppError | undefined)[];

const follow = (relistMs?: number): void => {
  cluster = new KubernetesCluster({
    server: { url: server.url },
    embedded: false,
    retryMs: [10, 20],
    ...(relistMs === undefined ? {} : { relistMs }),
  });
  done = cluster.watch(
    [{ apiVersion: 'v1', kind: 'Pod' }],
    'dev',
    ({ type, object }) => {
      changes.push(`${type} ${object.metadata.name} ${(object['status'] as { phase: string }).phase}`);
    },
    stop.signal,
    (error) => troubles.push(error),
  );
};
const lists = (): number => server.seen.filter(({ watch }) => !watch).length;

beforeEach(async () => {
  server = new ApiServerDouble();
  await server.start();
  server.put(pod('a'));
  stop = new AbortController();
  [changes, troubles] = [[], []];
});
afterEach(async () => {
  stop.abort();
  await done;
  await cluster.close();
  await server.stop();
});

test('a watch that the server ends goes on from its last version, without a list', async () => {
  follow();
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  server.put(pod('b'));
  await expect.poll(() => changes, POLL).toEqual(['ADDED a Running', 'ADDED b Running']);
  server.toWatches('bookmark');
  server.toWatches('end');
  await expect.poll(() => server.seen.filter(({ watch }) => watch).length, POLL).toBe(2);
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  expect(server.seen.at(-1)?.version).toBe('3');
  expect(lists()).toBe(1);
  server.put(pod('b', 'Failed'));
  await expect.poll(() => changes.at(-1), POLL).toBe('MODIFIED b Failed');
  expect(changes).toHaveLength(3);
  expect(troubles).toEqual([]);
});

test('a version that is forgotten is got over by a list that tells what was missed', async () => {
  follow();
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  server.trouble = ({ watch }, response) => watch && refuse(response, 410);
  server.toWatches('end');
  await expect.poll(() => lists(), POLL).toBeGreaterThan(1);
  server.put(pod('b'));
  server.remove('Pod', 'a');
  server.forgetVersions();
  server.trouble = () => false;
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  expect(changes).toEqual(['ADDED a Running', 'ADDED b Running', 'DELETED a Running']);
  expect(troubles).toEqual([]); // nothing was wrong with the cluster
});

test('a watch that died in silence is found by the next list', async () => {
  follow(400);
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  server.silenceWatches();
  server.put(pod('b'));
  await expect.poll(() => changes.at(-1), POLL).toBe('ADDED b Running');
});

test('a watch that loses something while it is lively is found out too', async () => {
  follow(600);
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  server.silenceWatches();
  const lively = setInterval(() => server.toWatches('bookmark'), 50);
  server.put(pod('b'));
  await expect
    .poll(() => changes.at(-1), POLL)
    .toBe('ADDED b Running')
    .finally(() => clearInterval(lively));
});

test('a server that is away is told, and what happened meanwhile when it is back', async () => {
  follow();
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  await server.stop();
  await expect.poll(() => troubles.at(-1)?.code, POLL).toBe('cluster_unreachable');
  server.put(pod('b'));
  await server.start();
  await expect.poll(() => changes, POLL).toEqual(['ADDED a Running', 'ADDED b Running']);
  await expect.poll(() => troubles.at(-1), POLL).toBeUndefined();
});

test.each([429, 503])('%i: nobody is asked again before Retry-After', async (status) => {
  server.trouble = (_seen, response) =>
    server.seen.length > 0 && server.seen.length <= 2 && refuse(response, status, { 'retry-after': '1' });
  follow();
  await expect.poll(() => changes, POLL).toEqual(['ADDED a Running']);
  const asked = server.seen.filter(({ watch }) => !watch).map(({ at }) => at);
  expect(asked).toHaveLength(3);
  for (const [index, at] of asked.slice(1).entries()) expect(at - (asked[index] ?? 0)).toBeGreaterThanOrEqual(990);
  expect(troubles.map((error) => error?.code)).toEqual(['cluster_unreachable', 'cluster_unreachable', undefined]);
});

test('Retry-After of a refused watch is heeded as well', async () => {
  let refusals = 0;
  server.trouble = ({ watch }, response) => {
    if (!watch || refusals > 0) return false;
    refusals += 1;
    return refuse(response, 429, { 'retry-after': '1' });
  };
  follow();
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  const [, refused, next] = server.seen;
  expect((next?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(990);
});

test('a server in trouble is asked more and more seldom', async () => {
  server.trouble = (_seen, response) => server.seen.length > 0 && refuse(response, 500);
  follow();
  await expect.poll(() => server.seen.length, POLL).toBe(5);
  const times = server.seen.map(({ at }) => at);
  const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  expect(waits.at(-1)).toBeGreaterThan(2 * (waits[0] ?? 0));
  server.trouble = () => false;
  await expect.poll(() => changes, POLL).toEqual(['ADDED a Running']);
});

test('a server that has just restarted and refuses everybody is waited for; one that always did is not', async () => {
  follow(300);
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  const before = server.seen.length;
  server.trouble = (_seen, response) => refuse(response, 403);
  await expect.poll(() => troubles.at(-1)?.code, POLL).toBe('cluster_forbidden');
  server.trouble = () => false;
  await expect.poll(() => troubles.at(-1), POLL).toBeUndefined();
  expect(server.seen.length).toBeGreaterThan(before);
});

test('an expired token of the watch alone is no end', async () => {
  follow();
  await expect.poll(() => server.openWatches, POLL).toBe(1);
  let refusals = 0;
  server.trouble = ({ watch }, response) => {
    if (!watch || refusals > 0) return false;
    refusals += 1;
    return refuse(response, 401);
  };
  server.toWatches('end');
  server.put(pod('b'));
  await expect.poll(() => changes.at(-1), POLL).toBe('ADDED b Running');
  expect(refusals).toBe(1);
});
