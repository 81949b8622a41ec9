import { expect, test } from 'vitest';
import { apiOverHttp } from '../testing/api-over-http.js';
import { GROUPS_NOT_SERVED, PATHS_NOT_SERVED } from './exchange-replay-comparison.js';

const AUTOSCALERS = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
const AUTOSCALERS_V2 = AUTOSCALERS.replace('v1', 'v2');
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

test('an autoscaler written as autoscaling/v1 is read as v2, and the other way round', async () => {
  const { send } = await apiOverHttp();
  const created = await send('POST', AUTOSCALERS, {
    metadata: { name: 'web' },
    spec: { scaleTargetRef: target, maxReplicas: 5, targetCPUUtilizationPercentage: 70 },
  });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 70 } });
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } };
  const v2 = await send('GET', `${AUTOSCALERS_V2}/web`);
  expect(v2.body).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { maxReplicas: 5, metrics: [cpu] } });
  expect(v2.body['spec']).not.toHaveProperty('targetCPUUtilizationPercentage');

  const memory = {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
  };
  await send('PATCH', `${AUTOSCALERS_V2}/web`, { spec: { metrics: [cpu, memory] } });
  const patched = await send('PATCH', `${AUTOSCALERS}/web`, { spec: { targetCPUUtilizationPercentage: 80 } });
  expect(patched.body).toMatchObject({ spec: { targetCPUUtilizationPercentage: 80 } });
  expect((await send('GET', `${AUTOSCALERS_V2}/web`)).body).toMatchObject({
    spec: {
      metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 80 } } }, { resource: { name: 'memory' } }],
    },
  });
});

test('an event written as events.k8s.io/v1 is read as core/v1', async () => {
  const { send } = await apiOverHttp();
  const created = await send('POST', '/apis/events.k8s.io/v1/namespaces/default/events', {
    metadata: { name: 'one' },
    eventTime: '2026-11-21T03:08:31.308989Z',
    reportingController: 'test',
    reportingInstance: 'here',
    action: 'Testing',
    reason: 'Tested',
    type: 'Normal',
    regarding: { kind: 'Pod', name: 'web', namespace: 'default' },
    note: 'it was tested',
  });
  expect(created.status).toBe(201);
  expect((await send('GET', '/api/v1/namespaces/default/events/one')).body).toMatchObject({
    apiVersion: 'v1',
    involvedObject: { name: 'web' },
    message: 'it was tested',
    reportingComponent: 'test',
  });
});

test.each([...GROUPS_NOT_SERVED.flatMap((group) => [`/apis/${group}`, `/apis/${group}/v1`]), ...PATHS_NOT_SERVED])(
  '%s is not served: 404',
  async (path) => {
    const { send } = await apiOverHttp();
    expect((await send('GET', path)).status).toBe(404);
  },
);
