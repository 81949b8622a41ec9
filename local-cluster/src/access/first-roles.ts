import { resourceOfKey } from '../resources/resource-definition.js';
import type { ObjectRegistry } from '../api/object-registry.js';
import type { PolicyRule } from './rbac.js';

/**
 * The roles that every cluster has from the start: what anybody may ask, and the four that people bind (`view`, `edit`,
 * `admin`, `cluster-admin`). Those four are shorter than Kubernetes' own, which list each resource of each group.
 */
const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const PLAIN = [
  'configmaps',
  'endpoints',
  'events',
  'limitranges',
  'persistentvolumeclaims',
  'pods',
  'pods/log',
  'pods/status',
  'replicationcontrollers',
  'resourcequotas',
  'serviceaccounts',
  'services',
  'services/status',
];
const GROUPS = ['apps', 'autoscaling', 'batch', 'discovery.k8s.io', 'networking.k8s.io', 'policy'];
const VIEW: readonly PolicyRule[] = [
  { apiGroups: [''], resources: [...PLAIN, 'namespaces'], verbs: READ },
  { apiGroups: GROUPS, resources: ['*'], verbs: READ },
];
const EDIT: readonly PolicyRule[] = [
  ...VIEW,
  {
    apiGroups: [''],
    resources: ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets'],
    verbs: READ,
  },
  { apiGroups: [''], resources: ['services/proxy', 'serviceaccounts/token'], verbs: [...READ, 'create'] },
  {
    apiGroups: [''],
    resources: [
      'configmaps',
      'persistentvolumeclaims',
      'pods',
      'pods/attach',
      'pods/eviction',
      'pods/exec',
      'pods/portforward',
      'pods/proxy',
      'replicationcontrollers',
      'secrets',
      'serviceaccounts',
      'services',
    ],
    verbs: WRITE,
  },
  { apiGroups: GROUPS, resources: ['*'], verbs: WRITE },
];
const ADMINISTER: readonly PolicyRule[] = [
  ...EDIT,
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: [...READ, ...WRITE] },
];
const INFO = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const DISCOVERY = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];
const ISSUER = [
  '/.well-known/openid-configuration',
  '/.well-known/openid-configuration/',
  '/openid/v1/jwks',
  '/openid/v1/jwks/',
];

interface FirstRole {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  /** The groups that it is bound to from the start. */
  readonly groups?: readonly string[];
}
const ROLES: readonly FirstRole[] = [
  {
    name: 'cluster-admin',
    rules: [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ],
    groups: ['system:masters'],
  },
  { name: 'admin', rules: ADMINISTER },
  { name: 'edit', rules: EDIT },
  { name: 'view', rules: VIEW },
  {
    name: 'system:basic-user',
    rules: [
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
    ],
    groups: ['system:authenticated'],
  },
  {
    name: 'system:discovery',
    rules: [{ nonResourceURLs: DISCOVERY, verbs: ['get'] }],
    groups: ['system:authenticated'],
  },
  {
    name: 'system:public-info-viewer',
    rules: [{ nonResourceURLs: INFO, verbs: ['get'] }],
    groups: ['system:authenticated', 'system:unauthenticated'],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [{ nonResourceURLs: ISSUER, verbs: ['get'] }],
    groups: ['system:serviceaccounts'],
  },
];

const GROUP = 'rbac.authorization.k8s.io';
const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };

/** Makes those that are not there; what somebody has changed of them stays. */
export const makeFirstRoles = (registry: ObjectRegistry): void => {
  const make = (plural: string, kind: string, name: string, body: object): void => {
    const resource = resourceOfKey(`${GROUP}/${plural}`);
    if (registry.store.get(resource.key, undefined, name) !== undefined) return;
    const object = { apiVersion: `${GROUP}/v1`, kind, metadata: { name, labels: { ...LABELS } }, ...body };
    registry.create(resource, object, { manager: 'kube-apiserver' });
  };
  for (const { name, rules, groups = [] } of ROLES) {
    make('clusterroles', 'ClusterRole', name, { rules });
    if (groups.length === 0) continue;
    make('clusterrolebindings', 'ClusterRoleBinding', name, {
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
      subjects: groups.map((group) => ({ apiGroup: GROUP, kind: 'Group', name: group })),
    });
  }
};
