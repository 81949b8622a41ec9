/**
 * What the recorder did outside of its recordings, by file and by the step that it came before: objects that were there
 * already, and writes between two steps. The writer had no name, so its fields belong to `unknown`.
 */
export interface Preparation {
  readonly before: string;
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly body: unknown;
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
const LINES = ['line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'warn'].join('\n');
const pod = (name: string, log: string, ...containers: Record<string, unknown>[]): unknown => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, annotations: { 'simulated.local-cluster/log': log } },
  spec: { dnsPolicy: 'Default', terminationGracePeriodSeconds: 1, containers },
});

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
  'list-selectors.json': [0, 1, 2, 3].map((index) => ({
    before: 'labelSelector=tier=front',
    method: 'POST',
    path: CONFIG_MAPS,
    body: configMap(`sel-${index}`, { k: 'v' }, { tier: index % 2 === 0 ? 'back' : 'front', idx: String(index) }),
  })),
  'pod-logs.json': [
    { before: 'whole log', method: 'POST', path: PODS, body: pod('talk', LINES, { name: 'main', image: IMAGE }) },
    {
      before: 'whole log',
      method: 'POST',
      path: PODS,
      body: pod('two', 'b', { name: 'main', image: IMAGE }, { name: 'side', image: IMAGE }),
    },
    {
      before: 'whole log',
      method: 'POST',
      path: PODS,
      body: pod('waiting', '', { name: 'main', image: '127.0.0.1:5000/web:pull-not_found' }),
    },
  ],
  'resource-version.json': [
    { before: 'list now', method: 'PATCH', path: `${CONFIG_MAPS}/rv`, body: { data: { k: 'v2' } } },
  ],
  'scale-subresource.json': [{ before: 'get', method: 'POST', path: DEPLOYMENTS, body: deployment('sub', 2) }],
  'status-subresource.json': [
    {
      before: 'status through main resource is ignored',
      method: 'POST',
      path: DEPLOYMENTS,
      body: deployment('sub', 0),
    },
  ],
  'table-output.json': [{ before: 'pods', method: 'POST', path: DEPLOYMENTS, body: deployment('main', 1) }],
};
