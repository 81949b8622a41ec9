import type { KubeObject } from '../store/object-store.js';
import type { JsonObject } from '../store/json-tree.js';
import { isObject } from '../store/json-tree.js';
import { defaultPodSpec, ensureObject, objectsIn, setDefault } from './pod-defaults.js';

/**
 * The defaults that Kubernetes gives each kind when it decodes an object: one function a kind, in place, idempotent.
 * Kinds that are not here have none.
 */
type Defaulter = (spec: JsonObject, object: KubeObject) => void;

const template = (spec: JsonObject): void => {
  const pods = ensureObject(spec, 'template');
  defaultPodSpec(ensureObject(pods, 'spec'), true);
};

const maxima = (strategy: JsonObject, surge: unknown, unavailable: unknown): void => {
  const rolling = ensureObject(strategy, 'rollingUpdate');
  setDefault(rolling, 'maxUnavailable', unavailable);
  setDefault(rolling, 'maxSurge', surge);
};

const deployment: Defaulter = (spec) => {
  setDefault(spec, 'replicas', 1);
  template(spec);
  const strategy = ensureObject(spec, 'strategy');
  if ((strategy['type'] ?? '') === '') strategy['type'] = 'RollingUpdate';
  if (strategy['type'] === 'RollingUpdate') maxima(strategy, '25%', '25%');
  setDefault(spec, 'revisionHistoryLimit', 10);
  setDefault(spec, 'progressDeadlineSeconds', 600);
};

const replicaSet: Defaulter = (spec) => {
  setDefault(spec, 'replicas', 1);
  template(spec);
};

const statefulSet: Defaulter = (spec) => {
  setDefault(spec, 'replicas', 1);
  template(spec);
  setDefault(spec, 'podManagementPolicy', 'OrderedReady');
  const strategy = ensureObject(spec, 'updateStrategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') setDefault(ensureObject(strategy, 'rollingUpdate'), 'partition', 0);
  setDefault(spec, 'revisionHistoryLimit', 10);
  const retention = ensureObject(spec, 'persistentVolumeClaimRetentionPolicy');
  setDefault(retention, 'whenDeleted', 'Retain');
  setDefault(retention, 'whenScaled', 'Retain');
  for (const claim of objectsIn(spec['volumeClaimTemplates'])) {
    setDefault(claim, 'apiVersion', 'v1');
    setDefault(claim, 'kind', 'PersistentVolumeClaim');
    const claimSpec = claim['spec'];
    if (isObject(claimSpec)) setDefault(claimSpec, 'volumeMode', 'Filesystem');
    setDefault(claim, 'status', { phase: 'Pending' });
  }
};

const daemonSet: Defaulter = (spec) => {
  template(spec);
  const strategy = ensureObject(spec, 'updateStrategy');
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy['type'] === 'RollingUpdate') maxima(strategy, 0, 1);
  setDefault(spec, 'revisionHistoryLimit', 10);
};

const jobSpec = (spec: JsonObject): void => {
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1;
  setDefault(spec, 'parallelism', 1);
  setDefault(spec, 'backoffLimit', 6);
  template(spec);
  setDefault(spec, 'completionMode', 'NonIndexed');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'manualSelector', false);
  setDefault(spec, 'podReplacementPolicy', spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed');
};

/** A Job finds its pods by its uid, unless it brings its own selector. */
const job: Defaulter = (spec, object) => {
  jobSpec(spec);
  const labels =
    isObject(spec['template']) && isObject(spec['template']['metadata']) && spec['template']['metadata']['labels'];
  if (object.metadata.labels === undefined && isObject(labels) && Object.keys(labels).length > 0)
    object.metadata.labels = { ...(labels as Record<string, string>) };
};

const cronJob: Defaulter = (spec) => {
  setDefault(spec, 'concurrencyPolicy', 'Allow');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'successfulJobsHistoryLimit', 3);
  setDefault(spec, 'failedJobsHistoryLimit', 1);
  const jobTemplate = ensureObject(spec, 'jobTemplate');
  const inner = ensureObject(jobTemplate, 'spec');
  template(inner);
};

const service: Defaulter = (spec) => {
  if ((spec['type'] ?? '') === '') spec['type'] = 'ClusterIP';
  if ((spec['sessionAffinity'] ?? '') === '') spec['sessionAffinity'] = 'None';
  if (spec['sessionAffinity'] === 'ClientIP')
    setDefault(ensureObject(ensureObject(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds', 10_800);
  for (const port of objectsIn(spec['ports'])) {
    if ((port['protocol'] ?? '') === '') port['protocol'] = 'TCP';
    const target = port['targetPort'];
    if (target === undefined || target === null || target === 0 || target === '') port['targetPort'] = port['port'];
  }
  if (spec['type'] !== 'ExternalName') setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer')
    setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec['type'] === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
};

const autoscaler: Defaulter = (spec) => {
  setDefault(spec, 'minReplicas', 1);
  if (!Array.isArray(spec['metrics']) || spec['metrics'].length === 0)
    spec['metrics'] = [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ];
};

const networkPolicy: Defaulter = (spec) => {
  setDefault(spec, 'podSelector', {});
  for (const rule of [...objectsIn(spec['ingress']), ...objectsIn(spec['egress'])])
    for (const port of objectsIn(rule['ports'])) setDefault(port, 'protocol', 'TCP');
  if (!Array.isArray(spec['policyTypes']) || spec['policyTypes'].length === 0)
    spec['policyTypes'] = objectsIn(spec['egress']).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
};

const claim: Defaulter = (spec) => setDefault(spec, 'volumeMode', 'Filesystem');

const LIMITS_BELOW = ['default', 'defaultRequest'] as const;

/** A container's default limit is its max where none is given, its default request the default limit. */
const limitRange: Defaulter = (spec) => {
  for (const item of objectsIn(spec['limits'])) {
    if (item['type'] !== 'Container') continue;
    const [limits, requests] = LIMITS_BELOW.map((key) => (isObject(item[key]) ? { ...item[key] } : {}));
    if (limits === undefined || requests === undefined) continue;
    if (isObject(item['max'])) for (const [name, value] of Object.entries(item['max'])) setDefault(limits, name, value);
    for (const [name, value] of Object.entries(limits)) setDefault(requests, name, value);
    if (isObject(item['min']))
      for (const [name, value] of Object.entries(item['min'])) setDefault(requests, name, value);
    if (Object.keys(limits).length > 0) item['default'] = limits;
    if (Object.keys(requests).length > 0) item['defaultRequest'] = requests;
  }
};

const SPEC_DEFAULTS = new Map<string, Defaulter>([
  ['core/pods', (spec) => defaultPodSpec(spec, false)],
  ['core/podtemplates', () => undefined],
  ['core/replicationcontrollers', replicaSet],
  ['core/services', service],
  ['core/persistentvolumeclaims', claim],
  ['core/limitranges', limitRange],
  ['apps/deployments', deployment],
  ['apps/replicasets', replicaSet],
  ['apps/statefulsets', statefulSet],
  ['apps/daemonsets', daemonSet],
  ['batch/jobs', job],
  ['batch/cronjobs', cronJob],
  ['autoscaling/horizontalpodautoscalers', autoscaler],
  ['networking.k8s.io/networkpolicies', networkPolicy],
]);

/** A condition that a client writes without its times has them all the same, as nothing. */
const timedConditions = ({ status }: KubeObject): void => {
  for (const condition of objectsIn(status?.['conditions'])) {
    setDefault(condition, 'lastUpdateTime', null);
    setDefault(condition, 'lastTransitionTime', null);
  }
};

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** An empty map is not written. */
const dropEmpty = (object: KubeObject, ...fields: readonly string[]): void => {
  for (const field of fields) {
    const map = object[field];
    if (isObject(map) && Object.keys(map).length === 0) delete object[field];
  }
};

/** Kinds without a spec, or whose defaults stand beside it. */
const OBJECT_DEFAULTS = new Map<string, (object: KubeObject) => void>([
  ['core/configmaps', (map) => dropEmpty(map, 'data', 'binaryData')],
  ['apps/deployments', (deployment) => timedConditions(deployment)],
  [
    'core/secrets',
    (secret) => {
      if ((secret['type'] ?? '') === '') secret['type'] = 'Opaque';
      dropEmpty(secret, 'data');
      const plain = secret['stringData'];
      delete secret['stringData'];
      if (!isObject(plain) || Object.keys(plain).length === 0) return;
      const data = isObject(secret['data']) ? { ...secret['data'] } : {};
      for (const [key, value] of Object.entries(plain)) data[key] = base64(String(value));
      secret['data'] = data;
    },
  ],
  [
    'core/events',
    (event) => {
      setDefault(event, 'source', {});
      for (const key of ['firstTimestamp', 'lastTimestamp', 'eventTime'])
        if (event[key] === undefined) event[key] = null;
      setDefault(event, 'reportingComponent', '');
      setDefault(event, 'reportingInstance', '');
    },
  ],
  [
    'discovery.k8s.io/endpointslices',
    (slice) => {
      for (const port of objectsIn(slice['ports'])) {
        setDefault(port, 'name', '');
        setDefault(port, 'protocol', 'TCP');
      }
    },
  ],
  [
    'core/namespaces',
    (namespace) => {
      // Every namespace carries its own name as a label, so that selectors can name it.
      namespace.metadata.labels = {
        ...namespace.metadata.labels,
        'kubernetes.io/metadata.name': namespace.metadata.name,
      };
    },
  ],
  ['rbac.authorization.k8s.io/rolebindings', (binding) => defaultSubjects(binding)],
  ['rbac.authorization.k8s.io/clusterrolebindings', (binding) => defaultSubjects(binding)],
  [
    'storage.k8s.io/storageclasses',
    (storageClass) => {
      setDefault(storageClass, 'reclaimPolicy', 'Delete');
      setDefault(storageClass, 'volumeBindingMode', 'Immediate');
    },
  ],
  ['scheduling.k8s.io/priorityclasses', (priority) => setDefault(priority, 'preemptionPolicy', 'PreemptLowerPriority')],
]);

const defaultSubjects = (binding: KubeObject): void => {
  for (const subject of objectsIn(binding['subjects']))
    if (subject['kind'] !== 'ServiceAccount') setDefault(subject, 'apiGroup', 'rbac.authorization.k8s.io');
  const role = binding['roleRef'];
  if (isObject(role)) setDefault(role, 'apiGroup', 'rbac.authorization.k8s.io');
};

export const applyDefaults = (key: string, object: KubeObject): void => {
  const bySpec = SPEC_DEFAULTS.get(key);
  if (bySpec !== undefined) {
    setDefault(object, 'spec', {});
    if (isObject(object.spec)) bySpec(object.spec, object);
  }
  OBJECT_DEFAULTS.get(key)?.(object);
};
