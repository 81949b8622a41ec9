/**
 * What pods ask of each other (affinity, anti-affinity, topology spread), counted by placing them one after another: pure.
 *
 * Only what is required counts; preferences keep no pod from running. A term that chooses namespaces by their labels is taken to
 * be met, for those labels are not read here. All pods of one workload are alike, so that putting each where the fewest
 * are finds room for as many as there is room for.
 */
import type { Manifest } from '../../ports/cluster.js';
import type { DesiredWorkload } from '../desired-state.js';
import { specOf, statusOf, type LabelSelector, type PodShape, type PodTerm } from '../pod-shape.js';
import { fitsNodeRules, freeOn, meets, roomFor, tolerates, type Node, type Refusal } from './node-fit.js';

export interface Placement {
  /** How many of the pods found a place, at most as many as were asked for. */
  readonly placed: number;
  /** Why the next one found none, one for each node that refused it. */
  readonly refusals: readonly Refusal[];
}
export interface PlacementQuestion {
  readonly workload: DesiredWorkload;
  readonly namespace: string;
  /** Those that take such a pod when they are empty. */
  readonly able: readonly Node[];
  readonly nodes: readonly Node[];
  /** Of all namespaces. */
  readonly pods: readonly Manifest[];
}
type Labels = Readonly<Record<string, string>>;
interface Standing {
  readonly namespace: string;
  readonly labels: Labels;
  readonly node: Node;
  readonly pod: PodShape;
}
/** One thing that pods ask of each other; `placed` counts a pod in. */
interface Rule {
  refuses(node: Node): Refusal | undefined;
  placed(node: Node): void;
  /** The node with the least goes first. */
  weight(node: Node): number;
}

/** Whether the workload asks anything of where other pods are. */
export const asksOfPods = (pod: PodShape): boolean =>
  required(pod.affinity?.podAffinity).length > 0 ||
  required(pod.affinity?.podAntiAffinity).length > 0 ||
  spreads(pod).length > 0;

/** Places up to `most` pods beside those that stay. `without`: others that go away first. */
export function place(
  { workload, namespace, able, nodes, pods }: PlacementQuestion,
  without: (pod: Manifest) => boolean,
  most: number,
): Placement {
  const { pod, labels } = workload;
  const rooms = new Map(able.map((node) => [node, { ...roomFor(pod, freeOn(node, pods, without), most), used: 0 }]));
  const standing = standingOn(nodes, pods, without);
  const left = (node: Node): number => (rooms.get(node)?.room ?? 0) - (rooms.get(node)?.used ?? 0);
  const rules = [
    ...spreadRules(pod, labels, namespace, nodes, standing),
    ...keptAway(labels, namespace, standing),
    ...antiAffinityRules(pod, labels, namespace, standing),
    ...affinityRules(pod, labels, namespace, standing, able, left),
  ];
  for (let placed = 0; placed < most; placed += 1) {
    const refused = able.map((node) => ({
      node,
      refusal: left(node) > 0 ? rules.map((rule) => rule.refuses(node)).find((one) => one !== undefined) : null,
    }));
    const open = refused.flatMap(({ node, refusal }) => (refusal === undefined ? [node] : []));
    const [first] = open
      .map((node) => ({ node, weight: rules.reduce((sum, rule) => sum + rule.weight(node), 0) }))
      .sort((a, b) => a.weight - b.weight || left(b.node) - left(a.node));
    if (first === undefined)
      return { placed, refusals: refused.flatMap(({ node, refusal }) => refusal ?? rooms.get(node)?.refusal ?? []) };
    const room = rooms.get(first.node);
    if (room !== undefined) room.used += 1;
    for (const rule of rules) rule.placed(first.node);
  }
  return { placed: most, refusals: [] };
}

const required = (
  affinity: { readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodTerm[] } | undefined,
): readonly PodTerm[] => affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
const spreads = (pod: PodShape) =>
  (pod.topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable = 'DoNotSchedule' }) => whenUnsatisfiable === 'DoNotSchedule',
  );

/** No selector chooses nothing, an empty one everything. */
const chooses = (selector: LabelSelector | undefined, labels: Labels): boolean =>
  selector !== undefined &&
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every((one) => meets(labels, one));

/** Pods that run or will, on nodes that are known. */
function standingOn(
  nodes: readonly Node[],
  pods: readonly Manifest[],
  without: (pod: Manifest) => boolean,
): readonly Standing[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return pods.flatMap((one): Standing[] => {
    const pod = specOf<PodShape>(one);
    const node = byName.get(pod.nodeName ?? '');
    const { phase } = statusOf<{ phase?: string }>(one);
    const ends = phase === 'Succeeded' || phase === 'Failed' || one.metadata.deletionTimestamp !== undefined;
    if (node === undefined || ends || without(one)) return [];
    return [{ namespace: one.metadata.namespace ?? '', labels: one.metadata.labels ?? {}, node, pod }];
  });
}

/** Whether a term of a pod of `home` speaks of a pod with these labels; undefined: that depends on what is not read. */
function speaksOf(
  term: PodTerm,
  owner: Labels,
  home: string,
  of: { readonly namespace: string; readonly labels: Labels },
): boolean | undefined {
  const { namespaces = [], namespaceSelector } = term;
  const everywhere = namespaceSelector !== undefined && isEmpty(namespaceSelector);
  const named = namespaces.includes(of.namespace) || everywhere;
  const here = namespaces.length === 0 && namespaceSelector === undefined && of.namespace === home;
  if (!named && !here) return namespaceSelector === undefined ? false : undefined;
  return (
    chooses(term.labelSelector, of.labels) &&
    (term.matchLabelKeys ?? []).every((key) => owner[key] !== undefined && of.labels[key] === owner[key]) &&
    (term.mismatchLabelKeys ?? []).every((key) => owner[key] === undefined || of.labels[key] !== owner[key])
  );
}
const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean =>
  Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;

/** Pods by the value of a label of their node. */
class Counts {
  private readonly counts = new Map<string, number>();
  constructor(
    private readonly key: string,
    nodes: readonly Node[] = [],
  ) {
    for (const node of nodes) this.add(node, 0);
  }
  add(node: Node, count = 1): void {
    const domain = node.labels[this.key];
    if (domain !== undefined) this.counts.set(domain, (this.counts.get(domain) ?? 0) + count);
  }
  at(node: Node): number {
    return this.counts.get(node.labels[this.key] ?? '') ?? 0;
  }
  get least(): number {
    return this.counts.size === 0 ? 0 : Math.min(...this.counts.values());
  }
  get domains(): number {
    return this.counts.size;
  }
  get total(): number {
    return [...this.counts.values()].reduce((sum, one) => sum + one, 0);
  }
}

const refusal = (words: string, cause: Refusal['cause'] = 'pods'): Refusal => ({ cause, words });

function spreadRules(
  pod: PodShape,
  labels: Labels,
  namespace: string,
  nodes: readonly Node[],
  standing: readonly Standing[],
): readonly Rule[] {
  const constraints = spreads(pod);
  return constraints.map(({ topologyKey, maxSkew = 1, minDomains = 1, ...of }): Rule => {
    const counted = nodes.filter(
      (node) =>
        constraints.every((one) => node.labels[one.topologyKey] !== undefined) &&
        (of.nodeAffinityPolicy === 'Ignore' || fitsNodeRules(node, pod)) &&
        (of.nodeTaintsPolicy !== 'Honor' ||
          node.taints.every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(pod.tolerations ?? [], taint))),
    );
    const keys = of.matchLabelKeys ?? [];
    const counts = new Counts(topologyKey, counted);
    for (const one of standing)
      if (
        one.namespace === namespace &&
        counted.includes(one.node) &&
        chooses(of.labelSelector, one.labels) &&
        // A key that the pods get only later (their template's hash) tells the new ones from all others.
        keys.every((key) => labels[key] !== undefined && one.labels[key] === labels[key])
      )
        counts.add(one.node);
    const self = chooses(of.labelSelector, labels) ? 1 : 0;
    return {
      refuses: (node) => {
        if (node.labels[topologyKey] === undefined)
          return refusal(`lacks the label ${topologyKey} that the topology spread goes by`, 'spread');
        const least = counts.domains < minDomains ? 0 : counts.least;
        return counts.at(node) + self - least > maxSkew
          ? refusal(
              `would make the pods too uneven (topology spread over ${topologyKey}, maxSkew ${String(maxSkew)})`,
              'spread',
            )
          : undefined;
      },
      placed: (node) => {
        if (self === 1 && counted.includes(node)) counts.add(node);
      },
      weight: (node) => counts.at(node),
    };
  });
}

/** Pods that run already may keep others away from themselves. */
function keptAway(labels: Labels, namespace: string, standing: readonly Standing[]): readonly Rule[] {
  const away = standing.flatMap(({ pod, labels: theirs, namespace: home, node }) =>
    required(pod.affinity?.podAntiAffinity).flatMap((term) => {
      const domain = node.labels[term.topologyKey];
      return domain !== undefined && speaksOf(term, theirs, home, { namespace, labels }) === true
        ? [{ key: term.topologyKey, domain }]
        : [];
    }),
  );
  if (away.length === 0) return [];
  return [
    {
      refuses: (node) => {
        const by = away.find(({ key, domain }) => node.labels[key] === domain);
        return by && refusal(`runs a pod that keeps this one away (anti-affinity over ${by.key})`);
      },
      placed: () => undefined,
      weight: () => 0,
    },
  ];
}

function antiAffinityRules(
  pod: PodShape,
  labels: Labels,
  namespace: string,
  standing: readonly Standing[],
): readonly Rule[] {
  return required(pod.affinity?.podAntiAffinity).map((term): Rule => {
    const counts = new Counts(term.topologyKey);
    for (const one of standing) if (speaksOf(term, labels, namespace, one) === true) counts.add(one.node);
    const self = speaksOf(term, labels, namespace, { namespace, labels }) === true;
    return {
      refuses: (node) =>
        counts.at(node) > 0
          ? refusal(`runs a pod that this one must not stand beside (anti-affinity over ${term.topologyKey})`)
          : undefined,
      placed: (node) => {
        if (self) counts.add(node);
      },
      weight: (node) => counts.at(node),
    };
  });
}

function affinityRules(
  pod: PodShape,
  labels: Labels,
  namespace: string,
  standing: readonly Standing[],
  able: readonly Node[],
  left: (node: Node) => number,
): readonly Rule[] {
  const terms = required(pod.affinity?.podAffinity).filter(
    ({ namespaceSelector }) => namespaceSelector === undefined || isEmpty(namespaceSelector),
  );
  const self = terms.every((term) => speaksOf(term, labels, namespace, { namespace, labels }) === true);
  const all = terms.map((term) => ({ term, counts: new Counts(term.topologyKey) }));
  // One pod that is meant by all terms counts for each of them.
  for (const one of standing)
    if (terms.every((term) => speaksOf(term, labels, namespace, one) === true))
      for (const { counts } of all) counts.add(one.node);
  return all.map(({ term: { topologyKey }, counts }): Rule => ({
    refuses: (node) => {
      // The first of a group that stands by itself may stand anywhere.
      const begins = self && counts.total === 0 && node.labels[topologyKey] !== undefined;
      return counts.at(node) > 0 || begins
        ? undefined
        : refusal(`runs no pod that this one must stand beside (affinity over ${topologyKey})`);
    },
    placed: (node) => {
      if (self) counts.add(node);
    },
    // Begun where there is most room.
    weight: (node) =>
      counts.total > 0
        ? 0
        : -able
            .filter((one) => one.labels[topologyKey] === node.labels[topologyKey])
            .reduce((sum, one) => sum + left(one), 0),
  }));
}
