import { expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { startLocalCluster } from '../cluster.js';
import type { Pod } from '../resources/types.js';
import { eventually, temporaryFolder, webDeployment } from '../testing/running-cluster.js';

test('an eviction deletes a pod, unless its disruption budget needs it', async () => {
  const cluster = await startLocalCluster({
    dataDir: await temporaryFolder(),
    port: 0,
    gatewayPort: 0,
    runtimes: 'simulated',
    log: silentLogger,
  });
  onTestFinished(() => cluster.stop());
  const call = async (path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await fetch(`${cluster.url}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const ready = async (): Promise<Pod[]> => {
    const { body } = await call('/api/v1/namespaces/default/pods');
    return (body['items'] as Pod[]).filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    );
  };
  await call('/apis/apps/v1/namespaces/default/deployments', webDeployment({ replicas: 2 }));
  const [first] = await eventually('two pods', async () => {
    const found = await ready();
    return found.length === 2 && found;
  });
  const evict = (pod: Pod | undefined) =>
    call(`/api/v1/namespaces/default/pods/${pod?.metadata.name ?? ''}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pod?.metadata.name },
    });
  expect(await evict(first)).toEqual({
    status: 201,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  });
  const { body } = await call(`/api/v1/namespaces/default/pods/${first?.metadata.name ?? ''}`);
  if (body['kind'] === 'Pod')
    expect((body as unknown as Pod).status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }),
    );

  const [second] = await eventually('two pods again', async () => {
    const found = await ready();
    return found.length === 2 && found;
  });
  await call('/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'all-stay', namespace: 'default' },
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
  });
  expect(await evict(second)).toEqual({
    status: 429,
    body: expect.objectContaining({
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget all-stay needs 2 healthy pods and has 2 currently',
          },
        ],
      },
    }) as unknown,
  });
});
