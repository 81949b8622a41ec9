/**
 * Every resource that the API serves, one line each: what discovery says of it and how the generic registry treats it.
 * What a kind's objects must look like is not here: fields come from the OpenAPI documents, defaults and rules from
 * admission/. It is in one file because it is one table.
 */
export interface SubresourceDefinition {
  readonly name: string;
  readonly verbs: readonly string[];
  /** The kind that is read and written there, where it is not the resource's own. */
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
}

export interface ResourceDefinition {
  /** `apps/deployments`: where the store keeps it. */
  readonly key: string;
  readonly group: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceDefinition[];
  /** `metadata.generation` is kept and counts changes of anything but metadata and status. */
  readonly generation: boolean;
  /** False for virtual resources (access reviews, bindings): nothing is stored. */
  readonly stored: boolean;
  /** The version hash that discovery shows; clients only compare it. */
  readonly storageVersionHash?: string;
}

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
const STATUS: SubresourceDefinition = { name: 'status', verbs: ['get', 'patch', 'update'] };
const SCALE: SubresourceDefinition = {
  name: 'scale',
  verbs: ['get', 'patch', 'update'],
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
};
const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'] as const;

interface Row {
  readonly verbs?: readonly string[];
  readonly cluster?: true;
  readonly short?: readonly string[];
  readonly all?: true;
  readonly categories?: readonly string[];
  readonly sub?: readonly SubresourceDefinition[];
  readonly generation?: true;
  readonly hash?: string;
  /** Another group's resource whose objects these are, seen in this version's form. */
  readonly storedAs?: string;
}

const define = (apiVersion: string, kind: string, plural: string, row: Row = {}): ResourceDefinition => {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  const verbs = row.verbs ?? ALL_VERBS;
  return {
    key: row.storedAs ?? `${group === '' ? 'core' : group}/${plural}`,
    group,
    version: apiVersion.slice(slash + 1),
    apiVersion,
    plural,
    singular: kind.toLowerCase(),
    kind,
    namespaced: row.cluster !== true,
    shortNames: row.short ?? [],
    categories: row.categories ?? (row.all === true ? ['all'] : []),
    verbs,
    // Discovery lists subresources by name.
    subresources: [...(row.sub ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)),
    generation: row.generation === true,
    stored: verbs.includes('get'),
    ...(row.hash === undefined ? {} : { storageVersionHash: row.hash }),
  };
};

const CREATE_ONLY = ['create'] as const;

export const RESOURCES: readonly ResourceDefinition[] = [
  define('v1', 'Binding', 'bindings', { verbs: CREATE_ONLY }),
  define('v1', 'ComponentStatus', 'componentstatuses', { verbs: ['get', 'list'], cluster: true, short: ['cs'] }),
  define('v1', 'ConfigMap', 'configmaps', { short: ['cm'], hash: 'qFsyl6wFWjQ=' }),
  define('v1', 'Endpoints', 'endpoints', { short: ['ep'], hash: 'fWeeMqaN/OA=' }),
  define('v1', 'Event', 'events', { short: ['ev'], hash: 'r2yiGXH7wu8=' }),
  define('v1', 'LimitRange', 'limitranges', { short: ['limits'], hash: 'EBKMFVe6cwo=' }),
  define('v1', 'Namespace', 'namespaces', {
    verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
    cluster: true,
    short: ['ns'],
    sub: [STATUS, { name: 'finalize', verbs: ['update'] }],
    hash: 'Q3oi5N2YM8M=',
  }),
  define('v1', 'Node', 'nodes', {
    cluster: true,
    short: ['no'],
    sub: [STATUS, { name: 'proxy', verbs: PROXY_VERBS, kind: 'NodeProxyOptions' }],
    hash: 'XwShjMxG9Fs=',
  }),
  define('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', {
    short: ['pvc'],
    sub: [STATUS],
    hash: 'QWTyNDq0dC4=',
  }),
  define('v1', 'PersistentVolume', 'persistentvolumes', {
    cluster: true,
    short: ['pv'],
    sub: [STATUS],
    hash: 'HN/zwEC+JgM=',
  }),
  define('v1', 'Pod', 'pods', {
    short: ['po'],
    all: true,
    generation: true,
    sub: [
      STATUS,
      { name: 'attach', verbs: ['create', 'get'], kind: 'PodAttachOptions' },
      { name: 'binding', verbs: CREATE_ONLY, kind: 'Binding' },
      { name: 'ephemeralcontainers', verbs: ['get', 'patch', 'update'] },
      { name: 'eviction', verbs: CREATE_ONLY, group: 'policy', version: 'v1', kind: 'Eviction' },
      { name: 'exec', verbs: ['create', 'get'], kind: 'PodExecOptions' },
      { name: 'log', verbs: ['get'] },
      { name: 'portforward', verbs: ['create', 'get'], kind: 'PodPortForwardOptions' },
      { name: 'proxy', verbs: PROXY_VERBS, kind: 'PodProxyOptions' },
      { name: 'resize', verbs: ['get', 'patch', 'update'] },
    ],
    hash: 'xPOwRZ+Yhw8=',
  }),
  define('v1', 'PodTemplate', 'podtemplates', { hash: 'LIXB2x4IFpk=', generation: true }),
  define('v1', 'ReplicationController', 'replicationcontrollers', {
    short: ['rc'],
    all: true,
    generation: true,
    sub: [SCALE, STATUS],
    hash: 'Jond2If31h0=',
  }),
  define('v1', 'ResourceQuota', 'resourcequotas', { short: ['quota'], sub: [STATUS], hash: '8uhSgffRX6w=' }),
  define('v1', 'Secret', 'secrets', { hash: 'S6u1pOWzb84=' }),
  define('v1', 'ServiceAccount', 'serviceaccounts', {
    short: ['sa'],
    sub: [{ name: 'token', verbs: CREATE_ONLY, group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' }],
    hash: 'pbx9ZvyFpBE=',
  }),
  define('v1', 'Service', 'services', {
    short: ['svc'],
    all: true,
    sub: [STATUS, { name: 'proxy', verbs: PROXY_VERBS, kind: 'ServiceProxyOptions' }],
    hash: '0/CO1lhkEBI=',
  }),

  define('apps/v1', 'ControllerRevision', 'controllerrevisions', { hash: '85nkx63pcBU=' }),
  define('apps/v1', 'DaemonSet', 'daemonsets', {
    short: ['ds'],
    all: true,
    generation: true,
    sub: [STATUS],
    hash: 'dd7pWHUlMKQ=',
  }),
  define('apps/v1', 'Deployment', 'deployments', {
    short: ['deploy'],
    all: true,
    generation: true,
    sub: [SCALE, STATUS],
    hash: '8aSe+NMegvE=',
  }),
  define('apps/v1', 'ReplicaSet', 'replicasets', {
    short: ['rs'],
    all: true,
    generation: true,
    sub: [SCALE, STATUS],
    hash: 'P1RzHs8/mWQ=',
  }),
  define('apps/v1', 'StatefulSet', 'statefulsets', {
    short: ['sts'],
    all: true,
    generation: true,
    sub: [SCALE, STATUS],
    hash: 'H+vl74LkKdo=',
  }),

  define('events.k8s.io/v1', 'Event', 'events', { short: ['ev'], storedAs: 'core/events', hash: 'r2yiGXH7wu8=' }),

  define('authentication.k8s.io/v1', 'SelfSubjectReview', 'selfsubjectreviews', { verbs: CREATE_ONLY, cluster: true }),
  define('authentication.k8s.io/v1', 'TokenReview', 'tokenreviews', { verbs: CREATE_ONLY, cluster: true }),
  define('authorization.k8s.io/v1', 'LocalSubjectAccessReview', 'localsubjectaccessreviews', { verbs: CREATE_ONLY }),
  define('authorization.k8s.io/v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', {
    verbs: CREATE_ONLY,
    cluster: true,
  }),
  define('authorization.k8s.io/v1', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews', {
    verbs: CREATE_ONLY,
    cluster: true,
  }),
  define('authorization.k8s.io/v1', 'SubjectAccessReview', 'subjectaccessreviews', {
    verbs: CREATE_ONLY,
    cluster: true,
  }),

  define('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    short: ['hpa'],
    all: true,
    sub: [STATUS],
    hash: 'qwQve8ut294=',
  }),

  // The old form of the same objects.
  define('autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    short: ['hpa'],
    all: true,
    sub: [STATUS],
    hash: 'qwQve8ut294=',
  }),

  define('batch/v1', 'CronJob', 'cronjobs', {
    short: ['cj'],
    all: true,
    generation: true,
    sub: [STATUS],
    hash: 'sd5LIXh4Fjs=',
  }),
  define('batch/v1', 'Job', 'jobs', { all: true, generation: true, sub: [STATUS], hash: 'mudhfqk/qZY=' }),

  define('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', {
    cluster: true,
    generation: true,
    hash: 'l/iqIbDgFyQ=',
  }),
  define('networking.k8s.io/v1', 'Ingress', 'ingresses', {
    short: ['ing'],
    generation: true,
    sub: [STATUS],
    hash: '39NQlfNR+bo=',
  }),
  define('networking.k8s.io/v1', 'IPAddress', 'ipaddresses', { cluster: true, short: ['ip'], hash: '3f/plJFChNE=' }),
  define('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', {
    short: ['netpol'],
    generation: true,
    hash: 'YpfwF18m1G8=',
  }),
  define('networking.k8s.io/v1', 'ServiceCIDR', 'servicecidrs', { cluster: true, sub: [STATUS], hash: 'gNLvruQhW2g=' }),

  define('gateway.networking.k8s.io/v1', 'GatewayClass', 'gatewayclasses', {
    cluster: true,
    short: ['gc'],
    categories: ['gateway-api'],
    generation: true,
    sub: [STATUS],
  }),
  define('gateway.networking.k8s.io/v1', 'Gateway', 'gateways', {
    short: ['gtw'],
    categories: ['gateway-api'],
    generation: true,
    sub: [STATUS],
  }),
  define('gateway.networking.k8s.io/v1', 'HTTPRoute', 'httproutes', {
    categories: ['gateway-api'],
    generation: true,
    sub: [STATUS],
  }),

  define('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', {
    short: ['pdb'],
    generation: true,
    sub: [STATUS],
    hash: 'EVWiDmWqyJw=',
  }),

  define('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', {
    cluster: true,
    hash: '48tpQ8gZHFc=',
  }),
  define('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', { cluster: true, hash: 'bYE5ZWDrJ44=' }),
  define('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', { hash: 'eGsCzGH6b1g=' }),
  define('rbac.authorization.k8s.io/v1', 'Role', 'roles', { hash: '7FuwZcIIItM=' }),

  define('storage.k8s.io/v1', 'CSIDriver', 'csidrivers', { cluster: true, hash: 'hL6j/rwBV5w=' }),
  define('storage.k8s.io/v1', 'CSINode', 'csinodes', { cluster: true, hash: 'Pe62DkZtjuo=' }),
  define('storage.k8s.io/v1', 'CSIStorageCapacity', 'csistoragecapacities', { hash: 'xeVl+2Ly1kE=' }),
  define('storage.k8s.io/v1', 'StorageClass', 'storageclasses', { cluster: true, short: ['sc'], hash: 'K+m6uJwbjGY=' }),
  define('storage.k8s.io/v1', 'VolumeAttachment', 'volumeattachments', {
    cluster: true,
    sub: [STATUS],
    hash: 'tJx/ezt6UDU=',
  }),
  define('storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', {
    cluster: true,
    short: ['vac'],
    hash: 'tIjydgKBC5w=',
  }),

  define('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', {
    cluster: true,
    short: ['pc'],
    generation: true,
  }),
  define('coordination.k8s.io/v1', 'Lease', 'leases'),
  define('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', { cluster: true }),
  define('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', { generation: true, hash: 'qgS0xkrxYAI=' }),
];

const byPath = new Map(RESOURCES.map((resource) => [`${resource.apiVersion}/${resource.plural}`, resource]));
const byKind = new Map(RESOURCES.map((resource) => [`${resource.apiVersion}/${resource.kind}`, resource]));
const byKey = new Map<string, ResourceDefinition>();
for (const resource of RESOURCES) if (!byKey.has(resource.key)) byKey.set(resource.key, resource);

/** The resource served at `apps/v1` + `deployments`. */
export const resourceAt = (apiVersion: string, plural: string): ResourceDefinition | undefined =>
  byPath.get(`${apiVersion}/${plural}`);

export const resourceOfKind = (apiVersion: string, kind: string): ResourceDefinition | undefined =>
  byKind.get(`${apiVersion}/${kind}`);

/** The resource behind a store key; the stored form where two versions serve the same objects. */
export const resourceOfKey = (key: string): ResourceDefinition => {
  const resource = byKey.get(key);
  if (resource === undefined) throw new Error(`no resource is served at ${key}`);
  return resource;
};
