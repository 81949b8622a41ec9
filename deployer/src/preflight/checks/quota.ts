/**
 * Quotas against what the release asks for: at the end, and at the peak of the rollout. Admission does not tell: a quota stops
 * pods, not the Deployment that asks for them. Pure.
 */
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import type { Manifest } from '../../ports/cluster.js';
import { failed, orPassed, untold, type Check } from '../check.js';
import { keyOf, valueOf, type ClusterState } from '../cluster-state.js';
import { workloadOf, type DesiredState, type DesiredWorkload } from '../desired-state.js';
import { specOf, statusOf } from '../pod-shape.js';
import { amountWords, askedBy, askedByPod, limitsOf, type Limits } from '../resources.js';

interface QuotaSpec {
  readonly hard?: Readonly<Record<string, string>>;
  readonly scopes?: readonly string[];
  readonly scopeSelector?: {
    readonly matchExpressions?: readonly {
      readonly scopeName: string;
      readonly operator: string;
      readonly values?: readonly string[];
    }[];
  };
}
interface QuotaStatus {
  readonly hard?: Readonly<Record<string, string>>;
  readonly used?: Readonly<Record<string, string>>;
}
const COMPUTE = /^(requests\.|limits\.)?(cpu|memory|ephemeral-storage)$|^(requests|limits)\..+\/.+$/;

export const quota = (desired: DesiredState, state: ClusterState): readonly Check[] => {
  if (!state.quotas.known)
    return [untold('quota', `The quotas of ${desired.namespace} could not be read: ${state.quotas.why}`)];
  const limits = limitsOf(valueOf(state.limitRanges, []));
  const checks = state.quotas.value.flatMap((one) => judge(one, desired, state, limits));
  const message =
    state.quotas.value.length === 0 ? 'The namespace has no quota.' : 'The quotas have room for the rollout.';
  return orPassed('quota', checks, message);
};

function judge(
  quotaObject: Manifest,
  desired: DesiredState,
  state: ClusterState,
  limits: readonly Limits[],
): readonly Check[] {
  const status = statusOf<QuotaStatus>(quotaObject);
  const spec = specOf<QuotaSpec>(quotaObject);
  const hard = spec.hard ?? status.hard ?? {};
  const object = `ResourceQuota ${quotaObject.metadata.name}`;
  for (const [resource, text] of Object.entries(hard)) {
    const limit = quantityOf(text) ?? Infinity;
    const counted = quantityOf(status.used?.[resource]);
    const used = counted ?? 0;
    const isOfPods = COMPUTE.test(resource) || resource === 'pods' || resource === 'count/pods';
    if (!isOfPods) {
      const more = newObjects(resource, desired, state);
      if (more > 0 && used + more > limit) return [full(object, resource, { wanted: more, used, limit })];
      continue;
    }
    // Not counted yet, it is at least what runs of this release.
    let total = counted ?? runningOf(resource, desired, state, limits);
    for (const workload of desired.workloads.filter((one) => one.replicas > 0 && inScope(spec, one, limits))) {
      const silent = COMPUTE.test(resource) ? containerWithout(resource, workload, limits) : undefined;
      if (silent !== undefined)
        return [
          failed('quota', {
            code: 'quota_exceeded',
            fault: 'release',
            object,
            message: `The quota ${quotaObject.metadata.name} counts ${resource}, so every container must say how much it takes; ${silent} of ${workload.object} does not`,
            mend: `Set workload.resources (${resource}) for it`,
          }),
        ];
      const before = liveOf(workload, state);
      const old = before === undefined ? 0 : before.replicas * sizeOf(resource, before, limits);
      const one = sizeOf(resource, workload, limits);
      const wanted = workload.replicas * one;
      if (total - old + wanted > limit) return [full(object, resource, { wanted, used: total, limit, old })];
      const stuck = before === undefined ? undefined : stuckBy(workload, before, { total, old, one, wanted, limit });
      if (stuck !== undefined)
        return [
          failed('quota', {
            code: 'quota_blocks_surge',
            fault: 'platform',
            object,
            message: `${workload.object} fits into the quota ${quotaObject.metadata.name}, but not ${stuck} beside the running version: ${numbersOf(resource, { wanted: workload.overlap === 'beside' ? wanted : one, used: total, limit })}`,
            mend: 'Have the quota raised by the size of one pod, or deploy with fewer replicas first',
            evidence: [`${resource}: used ${amountWords(resource, total)} of ${text}`],
          }),
        ];
      total = total - old + wanted;
    }
  }
  return [];
}

/** What has to fit beside the old pods before one of them may go. */
function stuckBy(
  { overlap, unavailable }: DesiredWorkload,
  before: DesiredWorkload,
  of: { total: number; old: number; one: number; wanted: number; limit: number },
): string | undefined {
  if (overlap === 'replaced') return undefined;
  if (overlap === 'beside') return of.total + of.wanted > of.limit ? 'all of its pods' : undefined;
  const each = before.replicas === 0 ? 0 : of.old / before.replicas;
  const freed = Math.min(unavailable, before.replicas) * each;
  return of.total - freed + of.one > of.limit ? 'one more pod' : undefined;
}

const sizeOf = (resource: string, workload: DesiredWorkload, limits: readonly Limits[]): number => {
  if (resource === 'pods' || resource === 'count/pods') return 1;
  const asked = askedByPod(workload.pod, limits);
  const { group, name } = partsOf(resource);
  return asked[group][name] ?? 0;
};

const partsOf = (resource: string): { readonly group: 'requests' | 'limits'; readonly name: string } => {
  const [, group, name] = /^(?:(requests|limits)\.)?(.+)$/.exec(resource) ?? [];
  return { group: group === 'limits' ? 'limits' : 'requests', name: name ?? resource };
};

const containerWithout = (
  resource: string,
  { pod }: DesiredWorkload,
  limits: readonly Limits[],
): string | undefined => {
  const { group, name } = partsOf(resource);
  const missing = (pod.containers ?? []).find((container) => askedBy(container, limits)[group][name] === undefined);
  return missing && `container ${missing.name}`;
};

/** The version that runs now under the same name; a ReplicaSet has none, for each release has its own. */
function liveOf(workload: DesiredWorkload, state: ClusterState): DesiredWorkload | undefined {
  const live = valueOf(state.live.get(workload.object), undefined);
  return live && workloadOf(live);
}

const runningOf = (resource: string, desired: DesiredState, state: ClusterState, limits: readonly Limits[]): number =>
  desired.workloads.reduce((sum, workload) => {
    const before = liveOf(workload, state);
    return sum + (before === undefined ? 0 : before.replicas * sizeOf(resource, before, limits));
  }, 0);

function newObjects(resource: string, { manifests }: DesiredState, state: ClusterState): number {
  const missing = manifests.filter(
    (manifest) => valueOf(state.live.get(keyOf(manifest.kind, manifest.metadata.name)), undefined) === undefined,
  );
  const type = (manifest: Manifest): string => specOf<{ type?: string }>(manifest).type ?? 'ClusterIP';
  if (resource === 'services.nodeports')
    return missing.filter((one) => one.kind === 'Service' && type(one) !== 'ClusterIP').length;
  if (resource === 'services.loadbalancers')
    return missing.filter((one) => one.kind === 'Service' && type(one) === 'LoadBalancer').length;
  const plural = resource.replace(/^count\//, '').split('.')[0] ?? '';
  // Each new version of a Deployment is one more ReplicaSet, and the old one stays.
  if (plural === 'replicasets') return manifests.filter(({ kind }) => kind === 'Deployment').length;
  return missing.filter(({ kind }) => pluralOf(kind) === plural).length;
}

const pluralOf = (kind: string): string => {
  const lower = kind.toLowerCase();
  if (lower.endsWith('s')) return `${lower}es`;
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
};

function inScope(spec: QuotaSpec, { pod }: DesiredWorkload, limits: readonly Limits[]): boolean {
  const asked = askedByPod(pod, limits);
  const bestEffort = Object.keys(asked.requests).length === 0 && Object.keys(asked.limits).length === 0;
  const holds = (scope: string): boolean =>
    ({ BestEffort: bestEffort, NotBestEffort: !bestEffort, Terminating: false, NotTerminating: true })[scope] ?? true;
  const selected = (spec.scopeSelector?.matchExpressions ?? []).every(({ scopeName, operator, values = [] }) => {
    if (scopeName !== 'PriorityClass') return holds(scopeName);
    const name = pod.priorityClassName ?? '';
    if (operator === 'Exists') return name !== '';
    if (operator === 'DoesNotExist') return name === '';
    return operator === 'NotIn' ? !values.includes(name) : values.includes(name);
  });
  return (spec.scopes ?? []).every(holds) && selected;
}

interface Numbers {
  readonly wanted: number;
  readonly used: number;
  readonly limit: number;
  /** Of what is used, what goes away with the old version. */
  readonly old?: number;
}
const numbersOf = (resource: string, { wanted, used, limit, old = 0 }: Numbers): string => {
  const words = (amount: number): string => amountWords(resource, amount);
  return `${resource} asked for ${words(wanted)}, used ${words(used)}${old > 0 ? ` (${words(old)} of it by the version that goes)` : ''} of ${words(limit)}`;
};
const full = (object: string, resource: string, numbers: Numbers): Check =>
  failed('quota', {
    code: 'quota_exceeded',
    fault: 'release',
    object,
    message: `The namespace’s quota has no room: ${numbersOf(resource, numbers)}`,
    mend: 'Lower workload.resources or workload.replicas, free some of the quota, or have it raised',
  });
