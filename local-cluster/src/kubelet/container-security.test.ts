/** What pods ask about users and rights: checked against the image as a kubelet does, and noted where it is only simulated. */
import { expect, test } from 'vitest';
import type { Pod } from '../resources/types.js';
import { nodeServer, testRegistry } from '../testing/image-registry.js';
import {
  eventually,
  processRuntimes,
  runningCluster,
  webDeployment,
  type TestCluster,
} from '../testing/running-cluster.js';
import { containerSecurity } from './container-security.js';
import { SECURITY_ANNOTATION } from './pod-annotations.js';

const NON_ROOT = { runAsNonRoot: true, capabilities: { drop: ['ALL'] } };
const onlyPod = ({ client }: TestCluster): Pod | undefined => client.list<Pod>('core/pods', 'default')[0];

/** A deployment of one pod of an image with this user. */
async function started(user: string | undefined, securityContext: object): Promise<TestCluster> {
  const registry = await testRegistry();
  const { files, config } = nodeServer('v1');
  const image = await registry.add('shop/web', 'v1', { files, config: { ...config, ...(user && { User: user }) } });
  const cluster = await runningCluster(processRuntimes);
  cluster.client.create(
    'apps/deployments',
    webDeployment({ replicas: 1, image, container: { ports: [{ containerPort: 8080 }], securityContext } }),
  );
  return cluster;
}
const waitingFor = (cluster: TestCluster) =>
  eventually('waits', () => onlyPod(cluster)?.status?.containerStatuses?.[0]?.state?.waiting?.message);

test.each([
  [
    'no user',
    undefined,
    NON_ROOT,
    /^container has runAsNonRoot and image will run as root \(pod: "web-.*_default\(.+\)", container: web\)$/,
  ],
  ['root by number', '0:0', NON_ROOT, /image will run as root/],
  ['a name', 'node', NON_ROOT, /image has non-numeric user \(node\), cannot verify user is non-root/],
  ['root by the pod', '1000', { runAsNonRoot: true, runAsUser: 0 }, /container's runAsUser breaks non-root policy/],
])('an image that may run as root does not start where that is forbidden: %s', async (_what, user, context, words) => {
  const cluster = await started(user, context);
  await eventually('said', async () => words.test((await waitingFor(cluster)) ?? ''));
  expect(onlyPod(cluster)?.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('CreateContainerConfigError');
});

test('an image with a number for its user starts, and the pod says that as a process it is only simulated', async () => {
  const cluster = await started('1000:1000', NON_ROOT);
  await eventually('runs', () => onlyPod(cluster)?.status?.containerStatuses?.[0]?.ready === true);
  expect(onlyPod(cluster)?.metadata.annotations?.[SECURITY_ANNOTATION]).toContain('simulated');
});

test('without such a demand any image starts, and nothing is said', async () => {
  const cluster = await started(undefined, { allowPrivilegeEscalation: false });
  await eventually('runs', () => onlyPod(cluster)?.status?.containerStatuses?.[0]?.ready === true);
  expect(onlyPod(cluster)?.metadata.annotations).not.toHaveProperty(SECURITY_ANNOTATION);
});

test('the container’s own words win over the pod’s', () => {
  const pod = {
    spec: {
      containers: [],
      securityContext: { runAsUser: 1, runAsGroup: 5, runAsNonRoot: true, fsGroup: 7, supplementalGroups: [8] },
    },
  };
  expect(containerSecurity(pod, { name: 'web', securityContext: { runAsUser: 2, privileged: true } })).toMatchObject({
    user: '2:5',
    groups: ['8', '7'],
    privileged: true,
  });
  expect(containerSecurity({}, { name: 'web' })).toMatchObject({ user: undefined, noNewPrivileges: false });
});
