/** A rollout that is followed over real HTTP while its API server, its registry's login or its processes fail. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { KubernetesCluster } from '../adapters/kubernetes/kubernetes-cluster.js';
import { ApiServerDouble } from '../testing/api-server-double.js';
import { deployment, object, pod, replicaSet, template, waiting } from '../testing/rollout-kit.js';
import { watchRollout, type RolloutOutcome, type RolloutWatchOptions } from './rollout-watch.js';

const POLL = { timeout: 40_000, interval: 20 };
const one = { spec: { replicas: 1, template } };
const going = deployment({ ...one, status: { observedGeneration: 2, replicas: 1, updatedReplicas: 1 } });
const finished = deployment({
  ...one,
  status: { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
});
const crashed = (restartCount: number) =>
  pod('web-p1', {
    phase: 'Running',
    containerStatuses: [{ name: 'web', restartCount, state: { terminated: { exitCode: 1, reason: 'Error' } } }],
  });
const quota = replicaSet({
  status: {
    conditions: [
      {
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
      },
    ],
  },
});

let server: ApiServerDouble;
let cluster: KubernetesCluster;
let cancel: AbortController;
let said: (VerdictView | null)[];
let sentences: string[];

beforeEach(async () => {
  server = new ApiServerDouble();
  await server.start();
  for (const found of [object('Namespace', 'dev', {}), going, replicaSet()]) server.put(found);
  cluster = new KubernetesCluster({ server: { url: server.url }, embedded: false, retryMs: [10, 20] });
  cancel = new AbortController();
  [said, sentences] = [[], []];
});
afterEach(async () => {
  cancel.abort(new Error('the test is over'));
  await cluster.close();
  await server.stop();
});

/** The outcome, or `going on` while there is none. */
const follow = (change: Partial<RolloutWatchOptions> = {}): (() => RolloutOutcome | 'going on') => {
  let outcome: RolloutOutcome | 'going on' = 'going on';
  const target = { namespace: 'dev', kind: 'Deployment', name: 'web', generation: 2, services: [] } as const;
  const running = watchRollout(
    {
      cluster,
      target,
      application: 'web',
      environment: 'development',
      releaseId: 'r2',
      deadlineMs: 20_000,
      proof: false,
      onPods: () => undefined,
      onVerdict: (verdict) => said.push(verdict),
      onProgress: (sentence) => sentences.push(sentence),
      ...change,
    },
    cancel.signal,
  );
  running.then(
    (ended) => (outcome = ended),
    (error: unknown) => expect(cancel.signal.aborted, String(error)).toBe(true),
  );
  return () => outcome;
};

test('an API server that is away longer than the deadline fails nothing, and the rollout goes on when it is back', async () => {
  const outcome = follow({ deadlineMs: 1_500 });
  await expect.poll(() => server.openWatches, POLL).toBe(8);
  await server.stop();
  await expect.poll(() => said.at(-1), POLL).toMatchObject({ code: 'cluster_unreachable', fault: 'unknown' });
  await sleep(2_500);
  expect(outcome()).toBe('going on');
  await server.start();
  server.put(finished);
  await expect.poll(() => outcome(), POLL).toMatchObject({ kind: 'complete' });
  expect(said.at(-1)).toBeNull();
});

test('nothing is given up on old news: its time begins anew when the server is back', async () => {
  server.put(quota);
  const outcome = follow();
  await expect.poll(() => said.at(-1)?.code, POLL).toBe('quota_exceeded');
  await server.stop();
  await expect.poll(() => said.at(-1)?.code, POLL).toBe('cluster_unreachable');
  await sleep(5_500); // longer than a quota is waited for
  expect(outcome()).toBe('going on');
  server.put(replicaSet());
  server.put(finished);
  await server.start();
  await expect.poll(() => outcome(), POLL).toMatchObject({ kind: 'complete' });
});

test('a server that throttles is no fault of the release', async () => {
  let throttled = 0;
  server.trouble = (seen, response) => {
    if (seen.watch || throttled >= 3 || server.seen.length < 2) return false;
    throttled += 1;
    response.writeHead(429, { 'retry-after': '1' }).end('{}');
    return true;
  };
  const outcome = follow({ deadlineMs: 700 });
  server.put(finished);
  await expect.poll(() => outcome(), POLL).toMatchObject({ kind: 'complete' });
  expect(throttled).toBe(3);
});

test('the words of the process that died are fetched before anything is given up', async () => {
  server.logs.set('web-p1/previous', 'starting\nfatal: DATABASE_URL is not set\n');
  server.logs.set('web-p1', 'starting\n');
  server.put(crashed(1));
  const outcome = follow();
  await expect
    .poll(() => outcome(), POLL)
    .toMatchObject({
      kind: 'doomed',
      verdict: { code: 'crash_loop', evidence: { log_lines: ['starting', 'fatal: DATABASE_URL is not set'] } },
    });
});

test('a program for other processors is known from nothing but its log', async () => {
  server.logs.set('web-p1/previous', 'exec /bin/app: exec format error\n');
  server.put(crashed(1));
  const outcome = follow();
  await expect.poll(() => outcome(), POLL).toMatchObject({ kind: 'doomed', verdict: { code: 'exec_format_error' } });
});

const expired = (name: string) =>
  pod(name, waiting('ErrImagePull', 'denied: Your authorization token has expired. Reauthenticate and try again.'));

test('an issued login that has expired is renewed, and the pods that waited for it are made anew', async () => {
  server.put(expired('web-p1'));
  let renewed = 0;
  const renewPull = async (): Promise<void> => {
    renewed += 1;
  };
  const outcome = follow({ renewPull });
  await expect.poll(() => server.seen.filter(({ path }) => path.endsWith('/pods/web-p1')).length, POLL).toBe(1);
  server.put(pod('web-p2', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }));
  server.put(finished);
  await expect.poll(() => outcome(), POLL).toMatchObject({ kind: 'complete' });
  expect(renewed).toBe(1);
  expect(sentences.join()).toContain('it was renewed');
  expect(said.map((verdict) => verdict?.code)).not.toContain('pod_deleted'); // that was us
});

test('a login that is refused again after it was renewed is said, and not renewed once more', async () => {
  server.put(expired('web-p1'));
  let renewed = 0;
  const outcome = follow({
    renewPull: async () => {
      renewed += 1;
    },
  });
  await expect.poll(() => server.seen.filter(({ path }) => path.endsWith('/pods/web-p1')).length, POLL).toBe(1);
  server.put(expired('web-p2'));
  await expect.poll(() => said.at(-1), POLL).toMatchObject({ code: 'image_pull_token_expired', object: 'Pod web-p2' });
  await sleep(500);
  expect(renewed).toBe(1);
  expect(outcome()).toBe('going on'); // the platform's fault: nothing is aborted for it
});

test('a login that cannot be had leaves the verdict as it is', async () => {
  server.put(expired('web-p1'));
  follow({
    renewPull: async () => {
      throw new AppError('unavailable', 'codebuild_unreachable', 'codebuild-service does not answer');
    },
  });
  await expect.poll(() => sentences.join(), POLL).toContain('could not be renewed');
  expect(said.at(-1)).toMatchObject({ code: 'image_pull_token_expired', fault: 'platform' });
  expect(server.seen.some(({ path }) => path.endsWith('/pods/web-p1'))).toBe(false);
});

test('a namespace that is deleted takes its workload along: that is not somebody else’s release', async () => {
  const outcome = follow();
  await expect.poll(() => server.openWatches, POLL).toBe(8);
  server.remove('Namespace', 'dev');
  server.remove('Deployment', 'web');
  await expect.poll(() => said.at(-1)?.code, POLL).toBe('namespace_terminating');
  expect(outcome()).toBe('going on');
});

test('a workload that somebody deletes is not ours any more', async () => {
  const outcome = follow();
  await expect.poll(() => server.openWatches, POLL).toBe(8);
  server.remove('Deployment', 'web');
  await expect.poll(() => outcome(), POLL).toMatchObject({ kind: 'superseded', verdict: { code: 'workload_deleted' } });
});

test('an autoscaler that is blind is said, though the release is well', async () => {
  const conditions = [
    {
      type: 'ScalingActive',
      status: 'False',
      reason: 'FailedGetResourceMetric',
      message: 'the server could not find the requested resource (get pods.metrics.k8s.io)',
    },
  ];
  const scaleTargetRef = { kind: 'Deployment', name: 'web' };
  server.put(object('HorizontalPodAutoscaler', 'web', { spec: { scaleTargetRef }, status: { conditions } }));
  const outcome = follow();
  await expect.poll(() => said.at(-1), POLL).toMatchObject({ code: 'hpa_metrics_unavailable', fault: 'platform' });
  server.put(finished);
  await expect.poll(() => outcome(), POLL).toMatchObject({ kind: 'complete' });
});

test('what may not be watched beside the workload is done without', async () => {
  server.trouble = ({ path }, response) => {
    if (!/ingresses|horizontalpodautoscalers/.test(path)) return false;
    response.writeHead(403).end('{}');
    return true;
  };
  const outcome = follow();
  server.put(finished);
  await expect.poll(() => outcome(), POLL).toMatchObject({ kind: 'complete' });
});
