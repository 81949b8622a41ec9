/** CronJobs, DaemonSets, disruption budgets and autoscalers of a running cluster; the schedules for themselves. */
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { describe, expect, onTestFinished, test } from 'vitest';
import type {
  CronJob,
  DaemonSet,
  Deployment,
  HorizontalPodAutoscaler,
  Job,
  Node,
  Pod,
  PodDisruptionBudget,
} from '../resources/types.js';
import type { KubeObject } from '../store/object-store.js';
import { recordedFailure } from '../testing/recorded-failure.js';
import { eventually, runningCluster, simulatedRuntimes, webDeployment } from '../testing/running-cluster.js';
import { createAutoscalerController } from './autoscaler-controller.js';
import { parseCron } from './cron-schedule.js';

describe('cron schedules', () => {
  test.each([
    ['*/15 * * * *', '2026-03-01T10:07:30Z', '2026-03-01T10:15:00.000Z'],
    ['0 9-17/4 * * mon-fri', '2026-03-06T17:00:00Z', '2026-03-09T09:00:00.000Z'],
    ['30 4 1,15 * 5', '2026-03-02T00:00:00Z', '2026-03-06T04:30:00.000Z'],
    ['0 0 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['@daily', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00.000Z'],
    ['@every 90s', '2026-01-01T00:00:00Z', '2026-01-01T00:01:30.000Z'],
    ['0 0 * * 7', '2026-03-02T00:00:00Z', '2026-03-08T00:00:00.000Z'],
  ])('%s after %s', (schedule, after, next) => {
    expect(parseCron(schedule).next(new Date(after))?.toISOString()).toBe(next);
  });
  test('are read in their time zone', () => {
    expect(parseCron('0 8 * * *', 'Asia/Kolkata').next(new Date('2026-03-01T00:00:00Z'))?.toISOString()).toBe(
      '2026-03-01T02:30:00.000Z',
    );
  });
  test.each(['* * * *', '61 * * * *', 'x * * * *', '*/0 * * * *', '5-1 * * * *'])('%s is refused', (schedule) => {
    expect(() => parseCron(schedule)).toThrow();
  });
  test('a day that never comes has no next time', () => {
    expect(parseCron('0 0 31 2 *').next(new Date('2026-03-01T00:00:00Z'))).toBeUndefined();
  });
});

const pods = (count: number, labels: Record<string, string>): Record<string, unknown> => ({
  replicas: count,
  selector: { matchLabels: labels },
  template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'registry.test/web:v1' }] } },
});

test('a CronJob starts its Job when it is due, says so, and keeps as many as it may', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  const { client } = cluster;
  client.create<CronJob>('batch/cronjobs', {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'report', namespace: 'default' },
    spec: {
      schedule: '@every 1s',
      successfulJobsHistoryLimit: 0,
      concurrencyPolicy: 'Forbid',
      jobTemplate: {
        spec: {
          template: {
            metadata: {
              annotations: { 'simulated.local-cluster/exit-after-ms': '1', 'simulated.local-cluster/exit-code': '0' },
            },
            spec: { restartPolicy: 'Never', containers: [{ name: 'report', image: 'registry.test/report:v1' }] },
          },
        },
      },
    },
  });
  const cronJob = (): CronJob | undefined => client.get<CronJob>('batch/cronjobs', 'default', 'report');
  const said = (reason: string): string | undefined =>
    cluster.events('report').find((event) => event.startsWith(reason));
  await eventually('a Job has completed', () => said('SawCompletedJob'));
  expect(said('SuccessfulCreate')).toMatch(/^SuccessfulCreate: Created job report-\d+$/);
  await eventually('the Job is gone', () => said('SuccessfulDelete'));
  expect(cronJob()?.status?.lastScheduleTime).toMatch(/Z$/);
  expect(cronJob()?.status?.lastSuccessfulTime).toMatch(/Z$/);
  client.update<CronJob>('batch/cronjobs', 'default', 'report', (fresh) => {
    if (fresh.spec !== undefined) fresh.spec.suspend = true;
    return fresh;
  });
  await eventually('nothing runs', () =>
    client.list<Job>('batch/jobs').every(({ status }) => (status?.active ?? 0) === 0),
  );
});

test('a schedule that is none is refused', async () => {
  const { client } = await runningCluster(simulatedRuntimes);
  expect(() =>
    client.create('batch/cronjobs', {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'report', namespace: 'default' },
      spec: { schedule: 'often', jobTemplate: { spec: pods(1, { a: 'b' }) } },
    }),
  ).toThrow(
    'CronJob.batch "report" is invalid: spec.schedule: Invalid value: "often": expected exactly 5 fields, found 1: [often]',
  );
});

test('a DaemonSet has one pod, replaces it by a new template, and leaves a node that it may not be on', async () => {
  const { client } = await runningCluster(simulatedRuntimes);
  client.create('apps/daemonsets', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'collector', namespace: 'default' },
    spec: { ...pods(1, { app: 'collector' }), replicas: undefined },
  });
  const status = (): DaemonSet['status'] => client.get<DaemonSet>('apps/daemonsets', 'default', 'collector')?.status;
  const images = (): (string | undefined)[] =>
    client.list<Pod>('core/pods').map(({ spec }) => spec?.containers[0]?.image);
  await eventually('its pod is available', () => status()?.numberAvailable === 1);
  expect(status()).toEqual({
    currentNumberScheduled: 1,
    numberMisscheduled: 0,
    desiredNumberScheduled: 1,
    numberReady: 1,
    observedGeneration: 1,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
  });
  client.update<DaemonSet>('apps/daemonsets', 'default', 'collector', (set) => {
    const [container] = set.spec?.template.spec.containers ?? [];
    if (container !== undefined) container.image = 'registry.test/web:v2';
    return set;
  });
  await eventually(
    'the pod is replaced',
    () =>
      status()?.observedGeneration === 2 && status()?.numberAvailable === 1 && status()?.updatedNumberScheduled === 1,
    40_000,
  );
  expect(images()).toEqual(['registry.test/web:v2']);
  client.update<Node>('core/nodes', undefined, 'local', (node) => ({
    ...node,
    spec: { taints: [{ key: 'maintenance', effect: 'NoSchedule' }] },
  }));
  await eventually('no pod is left', () => images().length === 0, 40_000);
  expect(status()).toMatchObject({ desiredNumberScheduled: 0, numberReady: 0 });
}, 60_000);

test('a disruption budget counts what may go', async () => {
  const { client } = await runningCluster(simulatedRuntimes);
  client.create('apps/deployments', webDeployment({ replicas: 3 }));
  const budget = (name: string, spec: Record<string, unknown>): KubeObject =>
    client.create('policy/poddisruptionbudgets', {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace: 'default' },
      spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
    });
  budget('two-stay', { minAvailable: 2 });
  budget('none-goes', { maxUnavailable: '10%', selector: { matchLabels: { app: 'nothing' } } });
  const status = (name: string): PodDisruptionBudget['status'] =>
    client.get<PodDisruptionBudget>('policy/poddisruptionbudgets', 'default', name)?.status;
  await eventually('one may go', () => status('two-stay')?.disruptionsAllowed === 1);
  expect(status('two-stay')).toMatchObject({
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
    conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }],
  });
  expect(status('none-goes')).toMatchObject({ disruptionsAllowed: 0, expectedPods: 0 });
});

test('an autoscaler without metrics says so as recorded, and keeps its target within its bounds', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  const { client } = cluster;
  // A period of its own that does not make the test wait for the cluster's 15 s.
  const controller = createAutoscalerController(client, silentLogger, 20);
  controller.start();
  onTestFinished(() => controller.stop());
  client.create('apps/deployments', webDeployment({ replicas: 1 }));
  const [recorded] = recordedFailure('hpa-without-metrics')
    .manifest('v2')
    .filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  client.create('autoscaling/horizontalpodautoscalers', {
    ...recorded,
    metadata: { name: 'web', namespace: 'default' },
  } as KubeObject);
  const autoscaler = (): HorizontalPodAutoscaler | undefined =>
    client.get<HorizontalPodAutoscaler>('autoscaling/horizontalpodautoscalers', 'default', 'web');
  await eventually(
    'the minimum is there',
    () => client.get<Deployment>('apps/deployments', 'default', 'web')?.spec?.replicas === 2,
  );
  await eventually('it says what is missing', () =>
    autoscaler()?.status?.conditions?.some(({ type }) => type === 'ScalingActive'),
  );
  const said = [
    ...cluster
      .events('web')
      .filter((event) => /^Failed/.test(event))
      .map((event) => `Event on HorizontalPodAutoscaler: ${event}`),
    ...(autoscaler()?.status?.conditions ?? [])
      .filter(({ status }) => status === 'False')
      .map(({ type, reason, message }) => `HorizontalPodAutoscaler ${type}=False: ${reason ?? ''}: ${message ?? ''}`),
  ];
  expect(said.sort()).toEqual(
    recordedFailure('hpa-without-metrics').said.filter((saying) => saying.includes('Horizontal')),
  );
});
