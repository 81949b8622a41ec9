/** What the platform's own account may not do in the namespace, all of it in one sentence: pure. */
import type { Manifest, Right } from '../../ports/cluster.js';
import { failed, orPassed, untold, warned, type Check } from '../check.js';
import { valueOf, type ClusterState } from '../cluster-state.js';
import { nameOf, type DesiredState } from '../desired-state.js';

const RESOURCES: Readonly<Record<string, Pick<Right, 'group' | 'resource'>>> = {
  Service: { group: '', resource: 'services' },
  Secret: { group: '', resource: 'secrets' },
  ConfigMap: { group: '', resource: 'configmaps' },
  ServiceAccount: { group: '', resource: 'serviceaccounts' },
  PersistentVolumeClaim: { group: '', resource: 'persistentvolumeclaims' },
  Deployment: { group: 'apps', resource: 'deployments' },
  ReplicaSet: { group: 'apps', resource: 'replicasets' },
  StatefulSet: { group: 'apps', resource: 'statefulsets' },
  DaemonSet: { group: 'apps', resource: 'daemonsets' },
  Job: { group: 'batch', resource: 'jobs' },
  CronJob: { group: 'batch', resource: 'cronjobs' },
  Ingress: { group: 'networking.k8s.io', resource: 'ingresses' },
  HorizontalPodAutoscaler: { group: 'autoscaling', resource: 'horizontalpodautoscalers' },
  PodDisruptionBudget: { group: 'policy', resource: 'poddisruptionbudgets' },
};
/** Without following these nobody can say whether a rollout succeeds. */
const FOLLOWED: readonly Pick<Right, 'group' | 'resource'>[] = [
  { group: '', resource: 'pods' },
  { group: '', resource: 'services' },
  { group: '', resource: 'events' },
  { group: 'apps', resource: 'replicasets' },
  { group: 'apps', resource: 'deployments' },
  { group: 'discovery.k8s.io', resource: 'endpointslices' },
];
const LOG: Right = { verb: 'get', group: '', resource: 'pods/log' };
const with_ = (of: Pick<Right, 'group' | 'resource'>, ...verbs: readonly string[]): readonly Right[] =>
  verbs.map((verb) => ({ verb, ...of }));
const keyOf = ({ verb, group, resource }: Right): string => `${verb} ${group} ${resource}`;

/** What a rollout of these objects takes, and its evidence and its way back. */
export const rightsFor = (manifests: readonly Manifest[]): readonly Right[] => {
  const all = [
    ...manifests.flatMap(({ kind }) => {
      const of = RESOURCES[kind];
      return of === undefined ? [] : with_(of, 'get', 'create', 'patch', 'delete');
    }),
    ...FOLLOWED.flatMap((of) => with_(of, 'list', 'watch')),
    LOG,
  ];
  return [...new Map(all.map((right) => [keyOf(right), right])).values()];
};

export const rights = (desired: DesiredState, state: ClusterState): readonly Check[] => {
  if (!state.missingRights.known)
    return [untold('rights', `What the platform’s account may do could not be asked: ${state.missingRights.why}`)];
  const missing = state.missingRights.value;
  // What is there already need not be made.
  const made = desired.manifests.filter(
    (manifest) => valueOf(state.live.get(nameOf(manifest)), undefined) === undefined,
  );
  const makes = new Set(made.flatMap(({ kind }) => RESOURCES[kind]?.resource ?? []));
  const needed = missing.filter(
    (right) =>
      right.verb !== 'delete' &&
      right.resource !== LOG.resource &&
      (right.verb !== 'create' || makes.has(right.resource)),
  );
  const wanted = missing.filter(({ verb, resource }) => verb === 'delete' || resource === LOG.resource);
  const of = (list: readonly Right[]) => ({
    code: 'cluster_forbidden',
    fault: 'platform' as const,
    object: `Namespace ${desired.namespace}`,
    mend: `The cluster’s operators must allow it to the deployer’s account: ${grouped(list)
      .map(
        ({ group, resource, verbs }) => `apiGroups ['${group}'], resources [${resource}], verbs [${verbs.join(', ')}]`,
      )
      .join('; ')}`,
    evidence: list.map(({ verb, group, resource }) => `${verb} ${withGroup(group, resource)}`),
  });
  const may = (list: readonly Right[]): string =>
    `The platform’s account may not ${grouped(list)
      .map(({ group, resource, verbs }) => `${inWords(verbs)} ${withGroup(group, resource)}`)
      .join(', nor ')} in the namespace ${desired.namespace}`;
  const checks = [
    ...(needed.length === 0 ? [] : [failed('rights', { ...of(needed), message: may(needed) })]),
    ...(wanted.length === 0
      ? []
      : [
          warned('rights', {
            ...of(wanted),
            message: `${may(wanted)}: what a failed rollout leaves could stay, or its last words be missing`,
          }),
        ]),
  ];
  return orPassed('rights', checks, 'The platform’s account has the rights that a rollout takes.');
};

const withGroup = (group: string, resource: string): string => (group === '' ? resource : `${resource}.${group}`);
const inWords = (verbs: readonly string[]): string =>
  verbs.length < 2 ? verbs.join('') : `${verbs.slice(0, -1).join(', ')} or ${verbs.at(-1) ?? ''}`;

function grouped(list: readonly Right[]) {
  const groups = new Map<string, { group: string; resource: string; verbs: string[] }>();
  for (const { verb, group, resource } of list) {
    const key = withGroup(group, resource);
    const found = groups.get(key) ?? { group, resource, verbs: [] };
    found.verbs.push(verb);
    groups.set(key, found);
  }
  return [...groups.values()];
}
