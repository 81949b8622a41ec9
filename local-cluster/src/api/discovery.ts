import { RESOURCES, type ResourceDefinition } from '../resources/resource-definition.js';

/** What the API serves, as `/api`, `/apis` and their children say it, in both forms that clients ask for. */
const groups = (): Map<string, Map<string, ResourceDefinition[]>> => {
  const byGroup = new Map<string, Map<string, ResourceDefinition[]>>();
  for (const resource of RESOURCES) {
    const versions = byGroup.get(resource.group) ?? new Map<string, ResourceDefinition[]>();
    byGroup.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  return byGroup;
};

export const VERSION_INFO = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2+local-cluster',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-11-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'tsc',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
} as const;

export const coreVersions = (address: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
});

const groupEntry = (name: string, versions: Iterable<string>): Record<string, unknown> => {
  const listed = [...versions].map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
};

export const groupList = (): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...groups()].filter(([name]) => name !== '').map(([name, versions]) => groupEntry(name, versions.keys())),
});

/** `/`: where there is something to ask for. */
export const rootPaths = (): string[] =>
  [
    '/api',
    '/api/v1',
    '/apis',
    '/apis/',
    '/healthz',
    '/livez',
    '/openapi/v3',
    '/openapi/v3/',
    '/readyz',
    '/version',
    ...[...groups()]
      .filter(([name]) => name !== '')
      .flatMap(([name, versions]) => [
        `/apis/${name}`,
        ...[...versions.keys()].map((version) => `/apis/${name}/${version}`),
      ]),
  ].sort();

/** `/apis/apps`; undefined where there is no such group. */
export const groupOf = (name: string): object | undefined => {
  const versions = groups().get(name);
  return versions === undefined || name === ''
    ? undefined
    : { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(name, versions.keys()) };
};

/** `/api/v1`, `/apis/apps/v1`; undefined where it is not served. */
export const resourceList = (group: string, version: string): object | undefined => {
  const resources = groups().get(group)?.get(version);
  if (resources === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: resources
      .flatMap((resource) => [
        {
          name: resource.plural,
          singularName: resource.singular,
          namespaced: resource.namespaced,
          kind: resource.kind,
          verbs: resource.verbs,
          ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
          ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
          ...(resource.storageVersionHash === undefined ? {} : { storageVersionHash: resource.storageVersionHash }),
        },
        ...resource.subresources.map((sub) => ({
          name: `${resource.plural}/${sub.name}`,
          singularName: '',
          namespaced: resource.namespaced,
          ...(sub.group === undefined ? {} : { group: sub.group }),
          ...(sub.version === undefined ? {} : { version: sub.version }),
          kind: sub.kind ?? resource.kind,
          verbs: sub.verbs,
        })),
      ])
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
};

export const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Everything in one answer: what kubectl and newer clients ask for. `core`: `/api`, else `/apis`. */
export const aggregated = (core: boolean): object => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: [...groups()]
    .filter(([name]) => (name === '') === core)
    .map(([name, versions]) => ({
      metadata: name === '' ? {} : { name },
      versions: [...versions].map(([version, resources]) => ({
        version,
        resources: resources.map(discovered),
        freshness: 'Current',
      })),
    })),
});

const discovered = (resource: ResourceDefinition): object => ({
  resource: resource.plural,
  // The resource's own group and version are not said again.
  responseKind: { group: '', version: '', kind: resource.kind },
  scope: resource.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: resource.singular,
  verbs: resource.verbs,
  ...(resource.shortNames.length > 0 ? { shortNames: resource.shortNames } : {}),
  ...(resource.categories.length > 0 ? { categories: resource.categories } : {}),
  ...(resource.subresources.length > 0
    ? {
        subresources: resource.subresources.map((sub) => ({
          subresource: sub.name,
          responseKind: {
            group: sub.group ?? '',
            version: sub.version ?? '',
            kind: sub.kind ?? resource.kind,
          },
          verbs: sub.verbs,
        })),
      }
    : {}),
});
