/** What no recording holds: each rule on the smallest rollout that shows it. */
import { expect, test } from 'vitest';
import type { Manifest } from '../../ports/cluster.js';
import {
  DIGEST,
  NOW,
  TARGET,
  container,
  deployment,
  event,
  judge,
  object,
  oldSet,
  owned,
  pod,
  replicaSet,
  rollout,
  running,
  template,
  waiting,
} from '../../testing/rollout-kit.js';
import { VerdictEngine } from './engine.js';
import { RolloutObjects } from './snapshot.js';

const failedCreate = (message: string): Manifest =>
  replicaSet({ status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] } });

test('nothing wrong, nothing said', () => {
  expect(judge(rollout())).toEqual({
    verdict: undefined,
    saidAt: undefined,
    act: false,
    wantsLog: undefined,
    nextAt: undefined,
  });
});

test.each([
  [
    'pods "x" is forbidden: maximum memory usage per Container is 128Mi, but limit is 1Gi',
    'limit_range_violation',
    'release',
  ],
  ['pods "x" is forbidden: no PriorityClass with name high was found', 'missing_priority_class', 'release'],
  ['admission webhook "p.example.com" denied the request: no latest tags', 'admission_denied', 'release'],
  [
    'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=9, limited: pods=9',
    'quota_exceeded',
    'release',
  ],
  [
    'Internal error occurred: failed calling webhook "p.example.com": timed out',
    'admission_webhook_unreachable',
    'platform',
  ],
  ['unable to create new content in namespace dev because it is being terminated', 'namespace_terminating', 'platform'],
  ['something nobody has seen', 'pod_creation_failed', 'unknown'],
])('pods refused with “%s”', (message, code, fault) => {
  const judged = judge(rollout(failedCreate(message)), 6_000);
  expect(judged.verdict).toMatchObject({ code, fault, object: 'ReplicaSet web-new' });
  expect(judged.act).toBe(fault === 'release');
});

test('a quota that only the overlap exceeds is the platform’s, by the sizes of the pods too', () => {
  const old = (name: string): Manifest => pod(name, {}, { metadata: { ...owned('ReplicaSet', 'web-old') } });
  const message = (limit: string): string =>
    `pods "x" is forbidden: exceeded quota: q, requested: requests.memory=100Mi, used: requests.memory=200Mi, limited: requests.memory=${limit}`;
  const judged = judge(rollout(failedCreate(message('250Mi')), oldSet, old('o1'), old('o2')), 6_000);
  expect(judged).toMatchObject({ verdict: { code: 'quota_blocks_surge', fault: 'platform' }, act: false });
  const tight = judge(rollout(failedCreate(message('150Mi')), oldSet, old('o1'), old('o2')), 6_000);
  expect(tight).toMatchObject({ verdict: { code: 'quota_exceeded', fault: 'release' }, act: true });
});

test.each([
  ['no match for platform in manifest: not found', 'wrong_architecture', 'release', true],
  ['toomanyrequests: You have reached your pull rate limit', 'registry_rate_limited', 'platform', false],
  ['denied: Your authorization token has expired', 'image_pull_token_expired', 'platform', false],
  ['Head "https://r/v2/": dial tcp: lookup r: no such host', 'registry_unreachable', 'platform', false],
  [
    'pull access denied, repository does not exist or may require authorization',
    'image_pull_unauthorized',
    'release',
    true,
  ],
  ['manifest unknown', 'image_not_found', 'release', true],
  ['Failed to pull image: the disk is full', 'image_pull_failed', 'unknown', false],
])('an image that cannot be pulled: %s', (message, code, fault, act) => {
  const judged = judge(rollout(pod('p1', waiting('ErrImagePull', message))), 11_000);
  expect(judged.verdict).toMatchObject({ code, fault, container: 'web', object: 'Pod p1' });
  expect(judged.act).toBe(act);
});

test('a pull that went well after all withdraws what was said', () => {
  const engine = new VerdictEngine();
  const objects = rollout(pod('p1', waiting('ErrImagePull', 'dial tcp: i/o timeout')));
  expect(engine.judge([objects.at(NOW)]).verdict?.code).toBe('registry_unreachable');
  objects.observe({ type: 'MODIFIED', object: pod('p1', running('2026-11-21T05:00:01Z')) });
  expect(engine.judge([objects.at(NOW + 2_000)])).toMatchObject({ verdict: undefined, saidAt: undefined });
});

test.each([
  ["couldn't find key URL in Secret dev/db", 'missing_secret_key'],
  ['secret "db" not found', 'missing_secret'],
  ['something odd', 'container_config_error'],
])('configuration that is not there: %s', (message, code) => {
  const objects = rollout(pod('p1', waiting('CreateContainerConfigError', message)));
  expect(judge(objects, 19_000)).toMatchObject({ verdict: { code, fault: 'release' }, act: false });
  expect(judge(objects, 20_000).act).toBe(true);
});

test('a cache that is not yet in step is no missing configuration', () => {
  const text = 'failed to sync configmap cache: timed out waiting for the condition';
  expect(judge(rollout(pod('p1', waiting('CreateContainerConfigError', text)))).verdict).toBeUndefined();
});

test.each([
  [{ exitCode: 127, reason: 'Error' }, 'command_not_found'],
  [{ exitCode: 126, reason: 'Error' }, 'command_not_executable'],
  [{ exitCode: 1, reason: 'ContainerCannotRun', message: 'exec: "x": permission denied' }, 'command_not_executable'],
  [{ exitCode: 1, reason: 'Error', message: 'exec /app: exec format error' }, 'exec_format_error'],
])('a command that cannot run: %j', (terminated, code) => {
  const status = { phase: 'Running', containerStatuses: [{ name: 'web', restartCount: 1, state: { terminated } }] };
  expect(judge(rollout(pod('p1', status)))).toMatchObject({ verdict: { code, fault: 'release' }, act: true });
});

test.each([
  [
    "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports.",
    'host_port_taken',
    'release',
  ],
  [
    "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
    'unschedulable_affinity',
    'release',
  ],
  [
    '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s).',
    'unschedulable_resources',
    'release',
  ],
  ['0/3 nodes are available: 3 node(s) were unschedulable.', 'unschedulable_taint', 'platform'],
])('no node takes the pod: %s', (message, code, fault) => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
  const lonely = pod('p1', { conditions }, { spec: { containers: [container] } });
  expect(judge(rollout(lonely), 59_000)).toMatchObject({ verdict: { code, fault }, act: false });
  expect(judge(rollout(lonely), 60_000).act).toBe(fault === 'release');
  const growing = event(lonely, 'TriggeredScaleUp', 'pod triggered scale-up', { type: 'Normal' });
  expect(judge(rollout(lonely, growing), 60_000).act).toBe(false);
  const hopeless = event(lonely, 'NotTriggerScaleUp', "pod didn't trigger scale-up", { type: 'Normal' });
  expect(judge(rollout(lonely, hopeless)).act).toBe(fault === 'release');
});

test('a crash is said at the second end of any pod, and acted upon when all pods or two crash', () => {
  const ended = { name: 'web', restartCount: 1, state: { terminated: { exitCode: 3, reason: 'Error' } } };
  const crashed = (name: string, restartCount = 1): Manifest =>
    pod(name, { phase: 'Running', containerStatuses: [{ ...ended, restartCount }] });
  const well = pod('p9', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
  expect(judge(rollout(crashed('p1', 0))).verdict).toBeUndefined();
  expect(judge(rollout(crashed('p1')))).toMatchObject({
    verdict: { code: 'crash_loop', evidence: { exit_code: 3 } },
    act: true,
  });
  expect(judge(rollout(crashed('p1'), well))).toMatchObject({ verdict: { code: 'crash_loop' }, act: false });
  expect(judge(rollout(crashed('p1'), well), 0, true).act).toBe(true);
  expect(judge(rollout(crashed('p1'), crashed('p2'), well)).act).toBe(true);
  expect(judge(rollout(crashed('p1'))).wantsLog).toEqual({ pod: 'p1', container: 'web', ended: true });
});

test('what a pod went through before it was ready at first sight is history', () => {
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
  const once = (restartCount: number, status: object): Manifest =>
    pod('p1', {
      phase: 'Running',
      containerStatuses: [
        { name: 'web', restartCount, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } }, ...status },
      ],
      ...('state' in status && JSON.stringify(status).includes('running') ? ready : {}),
    });
  const running = { state: { running: { startedAt: '2026-11-21T04:00:00Z' } } };
  const killed = event(once(5, running), 'Killing', 'Container web failed liveness probe, will be restarted', {
    type: 'Normal',
  });
  const objects = rollout(once(5, running), killed);
  expect(judge(objects)).toMatchObject({ verdict: undefined, act: false });
  objects.observe({
    type: 'MODIFIED',
    object: once(5, { state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }),
  });
  expect(judge(objects)).toMatchObject({ verdict: { code: 'oom_killed' }, act: false });
  objects.observe({ type: 'MODIFIED', object: once(7, running) });
  expect(judge(objects).act).toBe(true);
});

test('a process that simply returns is told so', () => {
  const status = {
    name: 'web',
    restartCount: 2,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 0 } },
  };
  const { verdict } = judge(rollout(pod('p1', { phase: 'Running', containerStatuses: [status] })));
  expect(verdict?.reason).toBe(
    'Container web of Pod p1 ended by itself 3 times (exit code 0), though it should keep running.',
  );
});

test('the last words in the status are evidence where no log was fetched', () => {
  const terminated = { exitCode: 1, reason: 'Error', message: 'first\n\nfatal: no database\n' };
  const objects = rollout(
    pod('p1', { phase: 'Running', containerStatuses: [{ name: 'web', restartCount: 1, state: { terminated } }] }),
  );
  expect(judge(objects).verdict?.evidence.log_lines).toEqual(['first', 'fatal: no database']);
  objects.keepLines('p1', 'web', ['from the log']);
  expect(judge(objects)).toMatchObject({ verdict: { evidence: { log_lines: ['from the log'] } }, wantsLog: undefined });
});

test('an eviction is nobody’s fault, unless the pod broke its own limits', () => {
  const gone = (message: string): Manifest => pod('p1', { phase: 'Failed', reason: 'Evicted', message });
  expect(judge(rollout(gone('The node was low on resource: memory.')))).toMatchObject({
    verdict: { fault: 'transient' },
    act: false,
  });
  expect(
    judge(rollout(gone('Pod ephemeral local storage usage exceeds the total limit of containers 1Mi.'))),
  ).toMatchObject({
    verdict: { code: 'storage_limit_exceeded', fault: 'release' },
    act: true,
  });
});

test('a process on another port is named with both, and given a moment', () => {
  const p1 = pod('p1', running('2026-11-21T04:59:58Z'));
  const told = event(p1, 'WrongPort', 'container web listens on 3000, not on its port 8080 (PORT=34567)');
  const { verdict, act } = judge(rollout(p1, told));
  expect(verdict).toMatchObject({ code: 'wrong_port', fault: 'release', container: 'web' });
  expect(verdict?.reason).toContain('listens on 3000, not on its port 8080');
  expect(act).toBe(false);
  expect(judge(rollout(p1, told), 10_000).act).toBe(true);
});

test('a refused connection on its own port is a start, until the time is over', () => {
  const p1 = pod('p1', running('2026-11-21T04:59:00Z'));
  const refusal =
    'Readiness probe failed: Get "http://10.0.0.1:8080/health": dial tcp 10.0.0.1:8080: connect: connection refused';
  const objects = rollout(p1, event(p1, 'Unhealthy', refusal, { count: 20 }));
  expect(judge(objects, 60_000)).toMatchObject({ verdict: { code: 'slow_start', fault: 'none' }, act: false });
  expect(judge(objects, 0, true)).toMatchObject({
    verdict: { code: 'readiness_connection_refused', fault: 'release' },
    act: true,
  });
});

test('a wrong answer is said after its failures, and acted upon when twice the probe’s time is spent', () => {
  const p1 = pod('p1', running('2026-11-21T05:00:00Z'));
  const text = 'Readiness probe failed: HTTP probe failed with statuscode: 500';
  expect(judge(rollout(p1, event(p1, 'Unhealthy', text, { count: 2 }))).verdict).toBeUndefined();
  const objects = rollout(p1, event(p1, 'Unhealthy', text, { count: 3 }));
  expect(judge(objects).verdict?.reason).toBe(
    'Container web of Pod p1 runs but is not ready: /health on port 8080 answered 500, 3 times.',
  );
  expect(judge(objects)).toMatchObject({ act: false, nextAt: NOW + 6_000 });
  expect(judge(objects, 6_000).act).toBe(true);
});

test('pods that run another digest than the built one are never taken for the release', () => {
  const imageID = (digest: string) => ({ imageID: `reg/web@${digest}`, ready: true });
  expect(judge(rollout(pod('p1', running('2026-11-21T05:00:00Z', imageID(DIGEST))))).verdict).toBeUndefined();
  const other = `sha256:${'b'.repeat(64)}`;
  expect(judge(rollout(pod('p1', running('2026-11-21T05:00:00Z', imageID(other)))))).toMatchObject({
    verdict: { code: 'image_digest_mismatch', fault: 'release' },
    act: true,
  });
});

test('a Service that leads nowhere is named; one that still leads to the old release is not', () => {
  const service = (spec: object): Manifest => object('Service', 'web', { spec });
  const slice = (endpoints: object[]): Manifest =>
    object('EndpointSlice', 's', { metadata: { labels: { 'kubernetes.io/service-name': 'web' } }, endpoints });
  const wrong = service({ selector: { app: 'webb' }, ports: [{ port: 80, targetPort: 'http' }] });
  expect(judge(rollout(wrong, slice([])), 5_000)).toMatchObject({
    verdict: { code: 'service_selector_mismatch' },
    act: true,
  });
  expect(judge(rollout(wrong, slice([{ addresses: ['10.0.0.1'] }]))).verdict).toBeUndefined();
  const port = service({ selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'grpc' }] });
  expect(judge(rollout(port, slice([]))).verdict).toMatchObject({ code: 'service_port_mismatch' });
});

test('a controller that does not look is said after half a minute, and is the platform’s', () => {
  const unseen = deployment({ status: { observedGeneration: 1 } });
  expect(judge(rollout(unseen), 29_000)).toMatchObject({ verdict: undefined, nextAt: NOW + 30_000 });
  expect(judge(rollout(unseen), 30_000)).toMatchObject({
    verdict: { code: 'controller_not_observing', fault: 'platform' },
    act: false,
  });
});

test('a namespace that is being deleted is said whatever its pods do', () => {
  const ending = object('Namespace', 'dev', { status: { phase: 'Terminating' } });
  expect(judge(rollout(ending))).toMatchObject({
    verdict: { code: 'namespace_terminating', fault: 'platform' },
    act: false,
  });
});

test('a change of replicas is no other release; a change of the template is', () => {
  const objects = new RolloutObjects({ ...TARGET, generation: 2 });
  objects.observe({ type: 'ADDED', object: deployment() });
  objects.observe({
    type: 'MODIFIED',
    object: deployment({ metadata: { generation: 3 }, spec: { replicas: 5, template } }),
  });
  expect(objects.at(NOW).superseded).toBe(false);
  const theirs = { ...template, spec: { containers: [{ ...container, image: 'reg/web:theirs' }] } };
  objects.observe({
    type: 'MODIFIED',
    object: deployment({ metadata: { generation: 4 }, spec: { replicas: 5, template: theirs } }),
  });
  expect(objects.at(NOW).superseded).toBe(true);
});
