/**
 * What the recorder did outside of its recordings, by file and by the step that it came before: objects that were there
 * already, and writes between two steps. The writer had no name, so its fields belong to `unknown`. It is in one file because
 * it is one table.
 */
export interface Preparation {
  readonly before: string;
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'GET';
  readonly path: string;
  readonly body?: unknown;
  /** Who wrote it; the recorder's own writes between two steps had no name. */
  readonly agent?: string;
  /** What the recorder learnt from the answer and used later, where the answer itself was not recorded. */
  readonly learns?: unknown;
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/exch/deployments';
const CONFIG_MAPS = '/api/v1/namespaces/exch/configmaps';
const PODS = '/api/v1/namespaces/exch/pods';
const IMAGE = '127.0.0.1:5000/web:v1';

const deployment = (name: string, replicas: number): unknown => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels: { app: name } },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 1,
        dnsPolicy: 'Default',
        containers: [
          {
            name: 'web',
            image: IMAGE,
            ports: [{ name: 'http', containerPort: 8080 }],
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
            readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
});
const configMap = (name: string, data: Record<string, string>, labels?: Record<string, string>): unknown => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(labels === undefined ? {} : { labels }) },
  data,
});
const logged = (log: string): Record<string, string> => ({ 'simulated.local-cluster/log': log });
const LINES = ['line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'warn'].join('\n');
const pod = (name: string, annotations: Record<string, string>, ...containers: Record<string, unknown>[]): unknown => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, annotations },
  spec: { dnsPolicy: 'Default', terminationGracePeriodSeconds: 1, containers },
});

const SECOND_CA = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'openshift-service-ca.crt',
    annotations: { 'service.beta.openshift.io/inject-cabundle': 'true' },
  },
  data: { 'service-ca.crt': '' },
};
/** The recorder's cluster put a second certificate into every namespace. */
const secondCa = (before: string): Preparation => ({
  before,
  method: 'POST',
  path: CONFIG_MAPS,
  agent: 'kube-controller-manager/1',
  body: SECOND_CA,
});
const CRASHES = { 'simulated.local-cluster/exit-after-ms': '1', 'simulated.local-cluster/exit-code': '3' };
const crashing = (before: string): Preparation => ({
  before,
  method: 'POST',
  path: PODS,
  body: pod('crash', { ...CRASHES }, { name: 'main', image: IMAGE, command: ['/bin/false'] }),
});
const waiting = (before: string): Preparation => ({
  before,
  method: 'POST',
  path: PODS,
  body: pod('waiting', {}, { name: 'main', image: '127.0.0.1:5000/web:pull-not_found', command: ['/bin/sh'] }),
});
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'deployer' };
const account = (before: string): Preparation => ({
  before,
  method: 'POST',
  path: '/api/v1/namespaces/exch/serviceaccounts',
  body: { metadata: { name: 'deployer' } },
});
/** The account of rbac-objects.json with its role. */
const deployer = (before: string): Preparation[] => [
  account(before),
  {
    before,
    method: 'POST',
    path: `${RBAC}/namespaces/exch/roles`,
    body: {
      metadata: { name: 'deployer' },
      rules: [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch', 'patch'] },
        { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] },
      ],
    },
  },
  {
    before,
    method: 'POST',
    path: `${RBAC}/namespaces/exch/rolebindings`,
    body: {
      metadata: { name: 'deployer' },
      roleRef: role,
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: 'exch' }],
    },
  },
];
const scaled = (before: string, replicas: number): Preparation => ({
  before,
  method: 'PATCH',
  path: `${DEPLOYMENTS}/sub/scale`,
  agent: 'exchange-recorder/1',
  body: { spec: { replicas } },
});
const FIRST_STATUS = 'status through main resource is ignored';

export const OBJECTS_BEFORE: Readonly<Record<string, readonly Preparation[]>> = {
  'admission.json': [
    {
      before: 'warning header (restricted)',
      method: 'POST',
      path: '/api/v1/namespaces',
      body: {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: {
          name: 'exch-adm',
          labels: {
            'pod-security.kubernetes.io/enforce': 'baseline',
            'pod-security.kubernetes.io/warn': 'restricted',
          },
        },
      },
    },
  ],
  'field-validation.json': [
    { before: 'merge patch Strict', method: 'POST', path: DEPLOYMENTS, body: deployment('fv', 0) },
  ],
  'access-review.json': [
    ...deployer('allowed'),
    {
      before: 'rules',
      method: 'POST',
      path: `${RBAC}/clusterroles`,
      body: {
        metadata: { name: 'system:openshift:discovery' },
        rules: [{ nonResourceURLs: ['/.well-known', '/.well-known/*'], verbs: ['get'] }],
      },
    },
    {
      before: 'rules',
      method: 'POST',
      path: `${RBAC}/clusterrolebindings`,
      body: {
        metadata: { name: 'system:openshift:discovery' },
        roleRef: { ...role, kind: 'ClusterRole', name: 'system:openshift:discovery' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }],
      },
    },
    {
      before: 'token review',
      method: 'POST',
      path: '/api/v1/namespaces/exch/serviceaccounts/deployer/token',
      body: { spec: {} },
      learns: { status: { token: 'TOKEN_PLACEHOLDER' } },
    },
  ],
  'crud-configmap.json': [secondCa('list')],
  'crud-deployment.json': [
    { before: 'get', method: 'POST', path: DEPLOYMENTS, body: deployment('main', 1) },
    {
      before: 'update',
      method: 'GET',
      path: `${DEPLOYMENTS}/crud-dep`,
      learns: { metadata: { resourceVersion: '28972' } },
    },
  ],
  'crud-namespace.json': [
    {
      before: 'list',
      method: 'POST',
      path: '/api/v1/namespaces',
      body: { metadata: { name: 'rec-slow-image-pull', labels: { recording: 'true' } } },
    },
  ],
  'deployment-controller.json': ['0', '1', '2'].map((n) => ({
    before: 'after 3 more revisions with revisionHistoryLimit 2',
    method: 'PATCH',
    path: `${DEPLOYMENTS}/roll`,
    body: { spec: { template: { metadata: { annotations: { n } } } } },
  })),
  'events.json': [
    // The image is there already.
    { before: 'core events of a pod', method: 'POST', path: DEPLOYMENTS, body: deployment('main', 1) },
    crashing('core events of a pod'),
    waiting('core events of a pod'),
  ],
  'list-selectors.json': [
    secondCa('labelSelector=tier=front'),
    ...[0, 1, 2, 3].map((index): Preparation => ({
      before: 'labelSelector=tier=front',
      method: 'POST',
      path: CONFIG_MAPS,
      body: configMap(`sel-${index}`, { k: 'v' }, { tier: index % 2 === 0 ? 'back' : 'front', idx: String(index) }),
    })),
  ],
  'rbac-objects.json': [account('role')],
  'pod-logs.json': [
    {
      before: 'whole log',
      method: 'POST',
      path: PODS,
      body: pod('talk', logged(LINES), { name: 'main', image: IMAGE }),
    },
    {
      before: 'whole log',
      method: 'POST',
      path: PODS,
      body: pod('two', logged('b'), { name: 'main', image: IMAGE }, { name: 'side', image: IMAGE }),
    },
    crashing('whole log'),
    waiting('image not there yet'),
  ],
  'resource-version.json': [
    { before: 'list now', method: 'PATCH', path: `${CONFIG_MAPS}/rv`, body: { data: { k: 'v2' } } },
  ],
  'scale-subresource.json': [{ before: 'get', method: 'POST', path: DEPLOYMENTS, body: deployment('sub', 2) }],
  'status-subresource.json': [
    { before: FIRST_STATUS, method: 'POST', path: DEPLOYMENTS, body: deployment('sub', 2) },
    scaled(FIRST_STATUS, 1),
    scaled(FIRST_STATUS, 0),
  ],
  'table-output.json': [
    { before: 'pods', method: 'POST', path: DEPLOYMENTS, body: deployment('main', 1) },
    crashing('pods'),
    {
      before: 'pods',
      method: 'POST',
      path: PODS,
      body: pod('talk', logged(LINES), { name: 'main', image: IMAGE, command: ['/bin/sh'] }),
    },
    {
      before: 'pods',
      method: 'POST',
      path: PODS,
      body: pod(
        'two',
        logged('b'),
        { name: 'main', image: IMAGE, command: ['/bin/sh'] },
        { name: 'side', image: IMAGE, command: ['/bin/sh'] },
      ),
    },
    waiting('pods'),
    {
      before: 'services',
      method: 'POST',
      path: '/api/v1/namespaces/exch/services',
      agent: 'exchange-recorder/1',
      body: { metadata: { name: '1bad' }, spec: { ports: [{ port: 80 }] } },
    },
  ],
  'unauthorized-forbidden.json': [
    ...deployer('bad token'),
    { before: 'bad token', method: 'POST', path: DEPLOYMENTS, body: deployment('main', 1) },
  ],
};

/** What the recording does not say of a request, or says wrongly. */
interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
export const SENT_AS: Readonly<Record<string, Readonly<Record<string, Sent>>>> = {
  // The recorder changed the object that it had sent before it wrote it down: the answer says what was sent.
  'scale-subresource.json': {
    put: {
      body: {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name: 'sub', namespace: 'exch', resourceVersion: '29303' },
        spec: { replicas: 1 },
      },
    },
  },
  // Of the headers, only the content types were kept.
  'unauthorized-forbidden.json': { impersonate: { headers: { 'impersonate-user': 'system:admin' } } },
};

/** What the recorded container did, told to the simulated runtime. */
export const SIMULATED: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> = {
  'delete-foreground.json': { create: { 'simulated.local-cluster/stop-ms': '300' } },
  'delete-pod-grace.json': { 'create pod': { 'simulated.local-cluster/stop-ms': '8000' } },
};
