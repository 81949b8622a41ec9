/** Whether the nodes can take the pods: ever, and now beside what runs. Pure. */
import { textOf, type EventObject } from '../../deployments/verdict/objects.js';
import type { Manifest } from '../../ports/cluster.js';
import { failed, orPassed, untold, warned, type Check } from '../check.js';
import { keyOf, valueOf, type ClusterState } from '../cluster-state.js';
import type { DesiredState, DesiredWorkload } from '../desired-state.js';
import { specOf, statusOf, type NodeTerm } from '../pod-shape.js';
import { matchesTerms, nodeOf, refusalEver, type Node, type Refusal } from './node-fit.js';
import { place } from './pod-placement.js';
import { needsOf } from './references.js';

/** Labels of nodes that come and go by themselves: then room that is missing now is made. */
const GROWING =
  /^(karpenter\.sh\/|eks\.amazonaws\.com\/nodegroup$|cloud\.google\.com\/gke-nodepool$|kubernetes\.azure\.com\/)/;

/** Taints that the cluster itself sets and takes away. */
const AWAY = /node\.kubernetes\.io\/(not-ready|unreachable)/;

export const scheduling = (desired: DesiredState, state: ClusterState): readonly Check[] => {
  if (!state.nodes.known) return [untold('scheduling', `The nodes could not be read: ${state.nodes.why}`)];
  const nodes = state.nodes.value.map(nodeOf);
  if (nodes.length === 0)
    return [untold('scheduling', 'The cluster shows no nodes, so nothing is known about its room')];
  const checks = desired.workloads
    .filter(({ replicas }) => replicas > 0)
    .flatMap((workload) => judge(workload, nodes, desired, state));
  if (checks.length === 0 && !state.pods.known)
    return [
      untold(
        'scheduling',
        `The nodes could take the pods; how much room is left on them is not known: ${state.pods.why}`,
      ),
    ];
  return orPassed('scheduling', checks, 'The nodes have room for the pods.');
};

const CODES: Readonly<Record<Refusal['cause'], string>> = {
  host_port: 'host_port_taken',
  resources: 'unschedulable_resources',
  affinity: 'unschedulable_affinity',
  taint: 'unschedulable_taint',
  pods: 'unschedulable_affinity',
  spread: 'unschedulable_topology_spread',
};
/** Which one is told when nodes differ: what the release can mend comes first, as in the verdict. */
const FIRST: readonly Refusal['cause'][] = ['host_port', 'resources', 'spread', 'pods', 'affinity', 'taint'];
const MENDS: Readonly<Record<Refusal['cause'], string>> = {
  host_port: 'Leave the host port out, or choose one that no other pod uses',
  resources: 'Lower workload.resources.requests to what a node has free, or add nodes',
  affinity: 'Correct the node selector or affinity: no node matches it',
  pods: 'Lower workload.replicas to what the rules between the pods leave room for, prefer them instead of requiring them, or add nodes',
  spread:
    'Loosen the topology spread (whenUnsatisfiable ScheduleAnyway, or a larger maxSkew), or add nodes where pods are missing',
  taint: 'The nodes are kept for other work: tolerate the taint, or have the cluster’s operators free or add some',
};

function judge(
  workload: DesiredWorkload,
  nodes: readonly Node[],
  desired: DesiredState,
  state: ClusterState,
): readonly Check[] {
  const { pod, object } = workload;
  const fits = nodes.map((node) => ({ node, refusal: refusalEver(node, pod) }));
  const able = fits.filter(({ refusal }) => refusal === undefined).map(({ node }) => node);
  if (able.length === 0) {
    const refusals = fits.flatMap(({ refusal }) => refusal ?? []);
    const check = refusedBy(workload, refusals, nodes.length, `No node can take a pod of ${object}`);
    // A node that is away may be back before the rollout's own time is over.
    return [refusals.some(({ words }) => AWAY.test(words)) ? { ...check, state: 'warn' } : softened(check, nodes)];
  }
  const elsewhere = volumeConflict(workload, able, state);
  if (elsewhere !== undefined) return [elsewhere];
  return state.pods.known ? roomNow(workload, able, nodes, desired, state.pods.value) : [];
}

function roomNow(
  workload: DesiredWorkload,
  able: readonly Node[],
  nodes: readonly Node[],
  { owner, namespace }: DesiredState,
  pods: readonly Manifest[],
): readonly Check[] {
  const { replicas, overlap, unavailable, object } = workload;
  const isOld = (one: Manifest): boolean =>
    one.metadata.namespace === namespace &&
    Object.entries(owner).every(([name, value]) => one.metadata.labels?.[name] === value);
  const old = Object.keys(owner).length === 0 ? [] : pods.filter(isOld);
  const room = (without: (one: Manifest) => boolean, most: number) =>
    place({ workload, namespace, able, nodes, pods }, without, most);
  const after = room((one) => old.includes(one), replicas);
  if (after.placed < replicas) {
    const what = `Only ${String(after.placed)} of ${String(replicas)} pods of ${object} find room`;
    const text = after.placed === 0 ? `No node has room for a pod of ${object} now` : what;
    return [softened(refusedBy(workload, after.refusals, nodes.length, text), nodes)];
  }
  if (old.length === 0 || overlap === 'replaced') return [];
  const freed = old.slice(0, overlap === 'rolling' ? unavailable : 0);
  const atOnce = overlap === 'beside' ? replicas : 1;
  const beside = room((one) => freed.includes(one), atOnce);
  if (beside.placed >= atOnce) return [];
  const text = `The pods of ${object} fit in place of the old ones, but ${atOnce === 1 ? 'not one more' : `only ${String(beside.placed)} of ${String(atOnce)}`} beside them, and ${
    unavailable === 0 ? 'none of the old may go first (maxUnavailable 0)' : 'that is how they are replaced'
  }`;
  return [softened(refusedBy(workload, beside.refusals, nodes.length, text), nodes)];
}

/** Where nodes are added by themselves, no room now may be only a wait: of a group without a node nothing is seen here. */
const softened = (check: Check, nodes: readonly Node[]): Check =>
  nodes.some(({ labels }) => Object.keys(labels).some((name) => GROWING.test(name)))
    ? {
        ...check,
        state: 'warn',
        mend: `${check.mend} The cluster seems to add nodes by itself: then the pods only wait for one.`,
      }
    : check;

function refusedBy(workload: DesiredWorkload, refusals: readonly Refusal[], nodes: number, text: string): Check {
  const cause = FIRST.find((one) => refusals.some((refusal) => refusal.cause === one)) ?? 'resources';
  const counted = new Map<string, number>();
  for (const { words } of refusals) counted.set(words, (counted.get(words) ?? 0) + 1);
  const words = [...counted].map(([why, count]) => `${String(count)} of ${String(nodes)} ${why}`);
  return failed('scheduling', {
    code: CODES[cause],
    fault: cause === 'taint' ? 'platform' : 'release',
    object: workload.object,
    message: `${text}: ${words.join(', ')}`,
    mend: MENDS[cause],
    evidence: words,
  });
}

/** A bound volume may be tied to nodes (a zone) that the pod cannot use. */
function volumeConflict(
  { pod, object }: DesiredWorkload,
  able: readonly Node[],
  state: ClusterState,
): Check | undefined {
  for (const { kind, name } of needsOf(pod)) {
    if (kind !== 'PersistentVolumeClaim') continue;
    const claim = valueOf(state.referenced.get(keyOf(kind, name)), undefined);
    const volumeName = specOf<{ volumeName?: string }>(claim).volumeName ?? '';
    const volume = valueOf(state.referenced.get(keyOf('PersistentVolume', volumeName)), undefined);
    const terms = specOf<{ nodeAffinity?: { required?: { nodeSelectorTerms?: readonly NodeTerm[] } } }>(volume)
      .nodeAffinity?.required?.nodeSelectorTerms;
    if (able.some((node) => matchesTerms(node, terms))) continue;
    return failed('scheduling', {
      code: 'pvc_unbound',
      fault: 'release',
      object,
      message: `No node can take a pod of ${object}: volume node affinity conflict, the volume ${volumeName} of claim ${name} is tied to other nodes than those the pod may use`,
      mend: 'Let the pod run where its volume is (same zone), or use another volume',
    });
  }
  return undefined;
}

/** What a node says of a sandbox that could not be made: it will not be made for this release either. */
export const sandboxes = (_desired: DesiredState, state: ClusterState): readonly Check[] => {
  const recent = valueOf(state.events, []).filter(
    (event) => event['reason'] === 'FailedCreatePodSandBox' && state.now.getTime() - timeOf(event) < 10 * 60_000,
  );
  const last = recent.at(-1);
  const cut = valueOf(state.nodes, []).filter((node) =>
    (statusOf<{ conditions?: readonly { type: string; status: string }[] }>(node).conditions ?? []).some(
      ({ type, status }) => type === 'NetworkUnavailable' && status === 'True',
    ),
  );
  if (last === undefined && cut.length === 0) return [];
  const words = last === undefined ? `node ${cut[0]?.metadata.name ?? ''} has no network` : textOf(last);
  return [
    warned('scheduling', {
      code: 'sandbox_create_failed',
      fault: 'platform',
      object: last === undefined ? `Node ${cut[0]?.metadata.name ?? ''}` : 'Node',
      message: `Pods of this namespace could not get a network lately: ${words}`,
      mend: 'The cluster’s operators must see to its network (addresses that ran out, a plugin that does not answer)',
      evidence: recent.slice(-3).map((event) => textOf(event as EventObject)),
    }),
  ];
};
const timeOf = (event: Manifest): number => {
  const series = event['series'] as { lastObservedTime?: string } | undefined;
  const at =
    series?.lastObservedTime ?? event['lastTimestamp'] ?? event['eventTime'] ?? event.metadata.creationTimestamp;
  return Date.parse((at as string | null | undefined) ?? '');
};
