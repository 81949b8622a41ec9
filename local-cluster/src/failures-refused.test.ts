/**
 * Failures that no container is needed for: refused by the API, by admission, or by the scheduler. Each recording is done
 * again on a simulated runtime; the same must be said, and no warning that was not recorded.
 */
import { expect, test } from 'vitest';
import type { KubeObject } from './store/object-store.js';
import type { Namespace, Node } from './resources/types.js';
import { listenIn, putInto, recordedFailure } from './testing/recorded-failure.js';
import { eventually, runningCluster, simulatedRuntimes } from './testing/running-cluster.js';

const SLUGS = [
  'apply-rejected-immutable-selector',
  'apply-rejected-invalid-spec',
  'image-never-pull',
  'invalid-image-name',
  'missing-configmap',
  'missing-service-account',
  'mount-missing-secret-volume',
  'pod-security-violation',
  'pvc-pending',
  'quota-exceeded',
  'sandbox-create-failed',
  'surge-deadlock',
  'unschedulable-cpu',
  'unschedulable-taint',
] as const;

/** What the recorder had put into the cluster beside the manifests. */
const BESIDE: Readonly<Record<string, KubeObject>> = {
  'sandbox-create-failed': {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'rec-gvisor' },
    handler: 'runsc',
  },
};
const changes: Readonly<Record<string, (node: Node) => void>> = {
  'unschedulable-taint': (node) => {
    node.spec = { ...node.spec, taints: [{ key: 'maintenance', effect: 'NoSchedule' }] };
  },
};

test.each(SLUGS)('%s is said as Kubernetes says it', async (slug) => {
  const recorded = recordedFailure(slug);
  expect([...recorded.said, ...recorded.refusals]).not.toEqual([]);
  const { client } = await runningCluster(simulatedRuntimes);
  client.create<Namespace>('core/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: recorded.namespace, labels: recorded.labels },
  });
  const beside = BESIDE[slug];
  expect(putInto(client, [...(beside === undefined ? [] : [beside]), ...recorded.manifest('v1')])).toEqual([]);
  await eventually('the first version is available', () => {
    const status = client.get('apps/deployments', recorded.namespace, 'web')?.status;
    return status?.['availableReplicas'] === 2;
  });
  const change = changes[slug];
  if (change !== undefined)
    client.update<Node>('core/nodes', undefined, 'local', (node) => {
      change(node);
      return node;
    });

  const listening = listenIn(client, recorded.namespace);
  expect(putInto(client, recorded.manifest('v2'))).toEqual(recorded.refusals);
  await eventually(
    () => `${JSON.stringify(recorded.said, null, 1)}, said was ${JSON.stringify(listening.said(), null, 1)}`,
    () => recorded.said.every((saying) => listening.said().includes(saying)),
    5_000,
  );
  listening.stop();
  expect(listening.said()).toEqual(recorded.said);
});
