import { isObject } from '../store/json-tree.js';

/**
 * When a recorded answer and ours are the same: what differs between any two clusters is made equal, and nothing else. Each
 * rule says what it covers.
 */
/** Characters of a value that a difference shows. */
const SHOWN = 240;

/** Values that differ between any two clusters. */
const VOLATILE = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'time',
  'clusterIP',
  'clusterIPs',
  'selfLink',
  'remainingItemCount',
  'continue',
  'storageVersionHash',
  'lastTransitionTime',
  'lastUpdateTime',
  'startTime',
  'nodePort',
  'healthCheckNodePort',
  'ca.crt',
  'terminatingReplicas',
  'gitVersion',
  'gitCommit',
  'goVersion',
  'compiler',
]);

export const normalise = (value: unknown, key = ''): unknown => {
  if (VOLATILE.has(key)) return '…';
  if (key === 'groups' && Array.isArray(value))
    return value
      .filter((group) => !isObject(group) || !isElsewhere(String(group['name'])))
      .map((group) => normalise(group));
  if (key === 'items' && Array.isArray(value) && value.some((item) => isObject(item) && 'versions' in item))
    return (value as { metadata: { name?: string } }[])
      .filter(({ metadata }) => !isElsewhere(metadata.name ?? ''))
      .map((item) => normalise(item));
  if (key === 'paths' && Array.isArray(value)) return value.filter((path) => !isElsewherePath(String(path)));
  if (key === 'paths' && isObject(value))
    return Object.keys(value)
      .filter((path) => !isElsewherePath(path) && !isDocumentNotServed(path))
      .sort();
  // A map by type; its order tells which changed last.
  if (key === 'conditions' && Array.isArray(value))
    return value.map((condition) => normalise(condition)).sort((a, b) => (typeOf(a) < typeOf(b) ? -1 : 1));
  // What a kernel answers where memory is not limited, as a kubelet reads it back.
  if (key === 'limits' && isObject(value) && value['memory'] === '9007199254740988Ki') return [];
  // Columns of tables are not described here.
  if (key === 'columnDefinitions' && Array.isArray(value))
    return normalise(value.map((column: object) => ({ ...column, description: '' })));
  // A set: Kubernetes lists rules in the order of a map.
  if ((key === 'resourceRules' || key === 'nonResourceRules') && Array.isArray(value))
    return value.map((rule) => JSON.stringify(normalise(rule))).sort();
  // Written by the deployment controller, which some of the recordings ran ahead of.
  if (key === 'annotations' && isObject(value)) {
    const { 'deployment.kubernetes.io/revision': _revision, ...others } = value;
    const kept = Object.entries(others).filter(
      ([name]) => !name.startsWith('local-cluster/') && !name.startsWith('simulated.'),
    );
    return kept.length === 0 ? [] : Object.fromEntries(kept.sort());
  }
  if (key === 'f:annotations' && isObject(value)) {
    const kept = Object.keys(value).filter((name) => !name.startsWith('f:simulated.') && name !== '.');
    return kept.sort();
  }
  if (key === 'managedFields' && Array.isArray(value))
    return (value as Record<string, unknown>[])
      .filter(({ manager }) => manager !== 'kubelet')
      .filter(({ manager }) => manager !== 'kube-controller-manager' && manager !== 'kube-scheduler')
      .map((entry) => normalise(entry))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (Array.isArray(value)) return value.filter((item) => !isApiAccess(item)).map((item) => normalise(item));
  if (isObject(value))
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((name) => [normaliseText(name), normalise(value[name], name)])
        .filter(([name, member]) => !isNothing(name, member)),
    );
  return typeof value === 'string' ? normaliseText(value) : value;
};

/** Groups of Kubernetes that are not served here, as the README says; that they answer 404 is tested by themselves. */
export const GROUPS_NOT_SERVED: readonly string[] = [
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'certificates.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'resource.k8s.io',
];
/** Paths that are not served either. */
export const PATHS_NOT_SERVED: readonly string[] = [
  '/.well-known/openid-configuration',
  '/flagz',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openid/v1/jwks',
  '/statusz',
];
/** Served here beside what Kubernetes itself has. */
const ADDED_GROUP = 'gateway.networking.k8s.io';

const isElsewhere = (group: string): boolean => GROUPS_NOT_SERVED.includes(group) || group === ADDED_GROUP;

/** A path of discovery or of the OpenAPI documents: of another group, a single check, or one that is not served. */
const isElsewherePath = (path: string): boolean =>
  isElsewhere(/^\/?apis\/([^/]+)/.exec(path)?.[1] ?? '') ||
  PATHS_NOT_SERVED.includes(path.replace(/^\/?/, '/')) ||
  /^\/(healthz|livez|readyz)\//.test(path);

/** Documents that describe discovery alone are not served, nor is one that was not recorded. */
const isDocumentNotServed = (path: string): boolean =>
  /^(api|apis|apis\/[^/]+|version)$/.test(path) || path === 'apis/node.k8s.io/v1';

const typeOf = (condition: unknown): string => (isObject(condition) ? String(condition['type']) : '');

/** An empty list, and what was left of the fields of an annotation that only the simulation has. */
const isNothing = (name: unknown, member: unknown): boolean =>
  (Array.isArray(member) && member.length === 0) ||
  (name === 'f:metadata' && isObject(member) && Object.keys(member).length === 0);

/** The volume of the service account's token, which this cluster does not make. */
const isApiAccess = (item: unknown): boolean =>
  isObject(item) && typeof item['name'] === 'string' && item['name'].startsWith('kube-api-access-');

const normaliseText = (text: string): string =>
  text
    // A JSON text within a message: the order of its keys means nothing, and it holds uids and times.
    .replace(/(?<=Invalid value: )"\{(?:[^"\\]|\\.)*\}"/g, (json) =>
      JSON.stringify(normalise(JSON.parse(JSON.parse(json) as string))),
    )
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
    .replace(/\d{4}-\d\d-\d\dT[\d:]+\.\d+Z/g, '<time>')
    // In YAML a key is the same in quotes.
    .replace(/^( *)"\.":/gm, '$1.:')
    .replace(/\.[0-9a-f]{16}$/, '.<time>')
    .replace(/default-scheduler-[\w.-]+$/, 'default-scheduler-<host>')
    .replace(/(\[\+\]\S+ ok\n)+/, '[+]<checks> ok\n')
    .replace(/^\d+s$/, '<age>')
    .replace(/(?<=^\d \()\d+s ago/, '<age> ago')
    .replace(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, TOKEN)
    .replace(/ {2}resourceVersion: "\d+"\n/, '')
    // An image that cannot be pulled is told to the simulated runtime by its tag.
    .replace(/:pull-not_found\b/g, ':none')
    .replace(/^(containerd|simulated):\/\/.*$/, '<container>')
    .replace(/@sha256:[0-9a-f]{64}$/, '@<digest>')
    .replace(/(?<=pod-template-hash=)[0-9a-z]+/g, '<hash>')
    .replace(/\bcurrent: \d+/g, 'current: <version>')
    .replace(/in record \(\d+\)/g, 'in record (<version>)')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?/g, '<address>')
    .replace(/\bnode-1\b/g, 'local')
    .replace(/-(?=[0-9a-z]*\d)[0-9a-z]{7,10}(-[0-9a-z]{5})?(?![0-9a-z])/g, '-<hash>')
    .replace(/^(?=[0-9a-z]*\d)[0-9a-z]{8,10}$/, '<hash>')
    .replace(/\bgen-[0-9a-z]{5}\b/g, 'gen-<name>');

/** What stands in the recordings for a service account's token. */
const TOKEN = 'TOKEN_PLACEHOLDER';
const LEARNT = new Set(['uid', 'resourceVersion', 'clusterIP', 'token']);

/** Versions, uids and addresses that the recording learnt from one answer and used in a later request are ours there. */
export const remember = (recorded: unknown, ours: unknown, known: Map<string, string>): void => {
  if (Array.isArray(recorded) && Array.isArray(ours))
    recorded.forEach((item, index) => remember(item, ours[index], known));
  else if (isObject(recorded) && isObject(ours))
    for (const [key, value] of Object.entries(recorded)) {
      const mine = ours[key];
      if (LEARNT.has(key) && typeof value === 'string' && typeof mine === 'string') known.set(value, mine);
      else remember(value, mine, known);
    }
};

export const translate = (text: string, known: Map<string, string>): string =>
  text.replace(
    /[0-9a-f]{8}-[0-9a-f-]{27}|\b10(\.\d+){3}\b|\b\d{5,}\b|TOKEN_PLACEHOLDER/g,
    (token) => known.get(token) ?? token,
  );

/** Where the two part, one line each; lists of another length are shown as they begin. */
export const differences = (wanted: unknown, got: unknown, at = ''): string[] => {
  if (JSON.stringify(wanted) === JSON.stringify(got)) return [];
  if (isObject(wanted) && isObject(got)) {
    const inside = [...new Set([...Object.keys(wanted), ...Object.keys(got)])].flatMap((key) =>
      differences(wanted[key], got[key], `${at}.${key}`),
    );
    return inside.length === 0 ? [`${at}: order`] : inside;
  }
  if (Array.isArray(wanted) && Array.isArray(got) && wanted.length === got.length)
    return wanted.flatMap((item, index) => differences(item, got[index], `${at}[${index}]`));
  return [`${at}: ${JSON.stringify(wanted)?.slice(0, SHOWN)} ≠ ${JSON.stringify(got)?.slice(0, SHOWN)}`];
};
