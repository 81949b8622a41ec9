/** What a namespace's LimitRange, ResourceQuota and Pod Security labels make of a pod that is created in it. */
import { expect, onTestFinished, test } from 'vitest';
import { openClusterState, type ClusterState } from '../api/cluster-state.js';
import type { Pod } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { podSecurityViolations } from './pod-security-checks.js';

function opened(): { state: ClusterState; client: ClusterClient } {
  const problems: unknown[] = [];
  const state = openClusterState({ onError: (what, error) => problems.push([what, error]) });
  onTestFinished(() => {
    state.stop();
    expect(problems).toEqual([]);
  });
  return { state, client: state.clientFor('test') };
}
const container = (resources: Record<string, unknown> = {}, extra: Record<string, unknown> = {}) => ({
  name: 'web',
  image: 'web:v1',
  resources,
  ...extra,
});
const pod = (name: string, ...containers: unknown[]): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers },
  }) as unknown as Pod;
const put = (client: ClusterClient, kind: 'LimitRange' | 'ResourceQuota', spec: Record<string, unknown>): void => {
  client.create(`core/${kind.toLowerCase()}s`, {
    apiVersion: 'v1',
    kind,
    metadata: { name: 'team', namespace: 'default' },
    spec,
  });
};

test('a LimitRange gives requests and limits, and refuses what lies outside it', () => {
  const { client } = opened();
  put(client, 'LimitRange', {
    limits: [
      {
        type: 'Container',
        min: { memory: '16Mi' },
        max: { memory: '128Mi' },
        default: { memory: '64Mi' },
        defaultRequest: { memory: '32Mi' },
      },
      { type: 'Pod', max: { memory: '192Mi' } },
    ],
  });
  const made = client.create<Pod>('core/pods', pod('plain', container()));
  expect(made.spec?.containers[0]?.resources).toEqual({ requests: { memory: '32Mi' }, limits: { memory: '64Mi' } });
  expect(made.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
    'LimitRanger plugin set: memory request for container web; memory limit for container web',
  );
  expect(() => client.create('core/pods', pod('big', container({ limits: { memory: '1Gi' } })))).toThrow(
    'pods "big" is forbidden: [maximum memory usage per Container is 128Mi, but limit is 1Gi, maximum memory usage per Pod is 192Mi, but limit is 1Gi]',
  );
  expect(() => client.create('core/pods', pod('tiny', container({ requests: { memory: '1Mi' } })))).toThrow(
    'pods "tiny" is forbidden: minimum memory usage per Container is 16Mi, but request is 1Mi',
  );
  const half = container({ limits: { memory: '100Mi' } });
  expect(() => client.create('core/pods', pod('two', half, { ...half, name: 'side' }))).toThrow(
    'pods "two" is forbidden: maximum memory usage per Pod is 192Mi, but limit is 200Mi',
  );
});

test('a ResourceQuota adds up what runs, says what is missing, and counts objects of any kind', () => {
  const { client } = opened();
  put(client, 'ResourceQuota', { hard: { 'requests.cpu': '1', 'count/deployments.apps': '0', configmaps: '2' } });
  expect(() => client.create('core/pods', pod('silent', container()))).toThrow(
    'pods "silent" is forbidden: failed quota: team: must specify requests.cpu for: web',
  );
  client.create('core/pods', pod('first', container({ requests: { cpu: '600m' } })));
  expect(() => client.create('core/pods', pod('second', container({ requests: { cpu: '0.5' } })))).toThrow(
    'pods "second" is forbidden: exceeded quota: team, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
  );
  client.updateStatus<Pod>('core/pods', 'default', 'first', (fresh) => ({ ...fresh, status: { phase: 'Succeeded' } }));
  client.create('core/pods', pod('second', container({ requests: { cpu: '0.5' } })));
  expect(() =>
    client.create('apps/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container()] } },
      },
    }),
  ).toThrow(
    'deployments.apps "web" is forbidden: exceeded quota: team, requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0',
  );
  const configMap = (name: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
  });
  client.create('core/configmaps', configMap('one')); // the second: the namespace has one of its own
  expect(() => client.create('core/configmaps', configMap('two'))).toThrow(
    'configmaps "two" is forbidden: exceeded quota: team, requested: configmaps=1, used: configmaps=2, limited: configmaps=2',
  );
});

test('the scopes of a quota choose its pods', () => {
  const { client } = opened();
  put(client, 'ResourceQuota', { hard: { pods: '0' }, scopes: ['BestEffort'] });
  client.create('core/pods', pod('asks', container({ requests: { cpu: '1m' } })));
  expect(() => client.create('core/pods', pod('asks-nothing', container()))).toThrow('exceeded quota: team');
});

test('baseline refuses what reaches for the host, and names each thing', () => {
  const violations = podSecurityViolations(
    {
      hostNetwork: true,
      containers: [
        container({}, { ports: [{ containerPort: 80, hostPort: 80 }], securityContext: { privileged: true } }),
        { ...container({}, { securityContext: { capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } } }), name: 'side' },
      ],
      volumes: [
        { name: 'root', hostPath: { path: '/' } },
        { name: 'tmp', emptyDir: {} },
      ],
    },
    'baseline',
  );
  expect(violations).toEqual([
    'non-default capabilities (container "side" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
    'host namespaces (hostNetwork=true)',
    'hostPath volumes (volume "root")',
    'hostPort (container "web" uses hostPort 80)',
    'privileged (container "web" must not set securityContext.privileged=true)',
  ]);
});

test('restricted is content with a pod that says all it must, and only with that', () => {
  const good = {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      container({}, { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }),
    ],
  };
  expect(podSecurityViolations(good, 'restricted')).toEqual([]);
  expect(
    podSecurityViolations(
      {
        ...good,
        securityContext: { ...good.securityContext, runAsUser: 0 },
        volumes: [{ name: 'root', hostPath: { path: '/' } }],
      },
      'restricted',
    ),
  ).toEqual([
    'restricted volume types (volume "root" uses restricted volume type "hostPath")',
    'runAsUser=0 (pod must not set runAsUser=0)',
  ]);
});
