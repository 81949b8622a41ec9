/** Whether one node takes one pod, in the order and the words of the scheduler: pure. */
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import type { Manifest } from '../../ports/cluster.js';
import { specOf, statusOf, type NodeTerm, type PodShape, type Requirement, type Toleration } from '../pod-shape.js';
import { askedByPod } from '../resources.js';

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}
export interface Node {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly allocatable: Readonly<Record<string, number>>;
  readonly architecture: string | undefined;
  readonly images: readonly string[];
}
/** Why a node does not take a pod. */
export interface Refusal {
  readonly cause: 'taint' | 'affinity' | 'host_port' | 'resources' | 'spread' | 'pods';
  readonly words: string;
}

export const nodeOf = (object: Manifest): Node => {
  const { taints = [], unschedulable } = specOf<{ taints?: readonly Taint[]; unschedulable?: boolean }>(object);
  const status = statusOf<{
    allocatable?: Record<string, string>;
    nodeInfo?: { architecture?: string };
    images?: readonly { names?: readonly string[] }[];
    conditions?: readonly { type: string; status: string }[];
  }>(object);
  const labels = object.metadata.labels ?? {};
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
  const cordon: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  const away: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  const has = (taint: Taint): boolean => taints.some(({ key }) => key === taint.key);
  return {
    name: object.metadata.name,
    labels: { 'kubernetes.io/hostname': object.metadata.name, ...labels },
    taints: [
      ...taints,
      ...(unschedulable === true && !has(cordon) ? [cordon] : []),
      ...(ready !== undefined && ready !== 'True' && !has(away) ? [away] : []),
    ],
    allocatable: Object.fromEntries(
      Object.entries(status.allocatable ?? {}).map(([name, text]) => [name, quantityOf(text) ?? Infinity]),
    ),
    architecture: status.nodeInfo?.architecture ?? labels['kubernetes.io/arch'],
    images: (status.images ?? []).flatMap(({ names = [] }) => names),
  };
};

export const tolerates = (tolerations: readonly Toleration[], taint: Taint): boolean =>
  tolerations.some(
    ({ key = '', operator = 'Equal', value = '', effect = '' }) =>
      (effect === '' || effect === taint.effect) &&
      (key === '' ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || value === (taint.value ?? '')),
  );

export const meets = (
  values: Readonly<Record<string, string>>,
  { key, operator, values: wanted = [] }: Requirement,
) => {
  const value = values[key];
  switch (operator) {
    case 'In':
      return value !== undefined && wanted.includes(value);
    case 'NotIn':
      return value === undefined || !wanted.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return Number(value) > Number(wanted[0]);
    case 'Lt':
      return Number(value) < Number(wanted[0]);
    default:
      return true;
  }
};
/** Terms are alternatives; within one, everything must hold. */
export const matchesTerms = (node: Node, terms: readonly NodeTerm[] | undefined): boolean =>
  terms === undefined ||
  terms.some(
    ({ matchExpressions = [], matchFields = [] }) =>
      matchExpressions.every((one) => meets(node.labels, one)) &&
      matchFields.every((one) => meets({ 'metadata.name': node.name }, one)),
  );

/** Whether node selector and required node affinity let the pod onto the node. */
export const fitsNodeRules = (node: Node, pod: PodShape): boolean =>
  Object.entries(pod.nodeSelector ?? {}).every(([key, value]) => node.labels[key] === value) &&
  matchesTerms(node, pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms);

const portsOf = (pod: PodShape): readonly string[] =>
  (pod.containers ?? []).flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, protocol = 'TCP' }) => (hostPort === 0 ? [] : [`${protocol}:${String(hostPort)}`])),
  );

/** Why the node could never take the pod, however empty it is. */
export const refusalEver = (node: Node, pod: PodShape): Refusal | undefined => {
  const taint = node.taints.find((one) => one.effect !== 'PreferNoSchedule' && !tolerates(pod.tolerations ?? [], one));
  if (taint !== undefined)
    return {
      cause: 'taint',
      words: `has the untolerated taint ${taint.key}${taint.value === undefined ? '' : `=${taint.value}`}:${taint.effect}`,
    };
  const selector = Object.entries(pod.nodeSelector ?? {});
  const wrong = selector.find(([key, value]) => node.labels[key] !== value);
  if (wrong !== undefined)
    return { cause: 'affinity', words: `does not match the node selector ${wrong[0]}=${wrong[1]}` };
  const terms = pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (!matchesTerms(node, terms)) return { cause: 'affinity', words: 'does not match the required node affinity' };
  return shortOf(askedByPod(pod, []).requests, node.allocatable);
};

/** The first resource of which there is less than is asked for. */
export const shortOf = (
  asked: Readonly<Record<string, number>>,
  there: Readonly<Record<string, number>>,
): Refusal | undefined => {
  const missing = Object.entries(asked).find(([name, amount]) => {
    // Nodes do not list what they have none of; they do list cpu and memory, unless nothing is known about them.
    const has = there[name] ?? (name.includes('/') ? 0 : Infinity);
    return amount > has;
  });
  return missing && { cause: 'resources', words: `has insufficient ${missing[0]}` };
};

/** What a node has left beside the pods that stay on it. `without`: others that go away. */
export const freeOn = (node: Node, pods: readonly Manifest[], without: (pod: Manifest) => boolean) => {
  const free: Record<string, number> = { ...node.allocatable };
  const ports = new Set<string>();
  let count = 0;
  for (const pod of pods) {
    const spec = specOf<PodShape>(pod);
    const { phase } = statusOf<{ phase?: string }>(pod);
    const ends = phase === 'Succeeded' || phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined;
    if (spec.nodeName !== node.name || ends || without(pod)) continue;
    count += 1;
    for (const port of portsOf(spec)) ports.add(port);
    for (const [name, amount] of Object.entries(askedByPod(spec, []).requests))
      if (free[name] !== undefined) free[name] -= amount;
  }
  if (free['pods'] !== undefined) free['pods'] -= count;
  return { free, ports };
};

/** How many more of these pods the node takes now. */
export const roomFor = (
  pod: PodShape,
  { free, ports }: ReturnType<typeof freeOn>,
  most: number,
): { readonly room: number; readonly refusal: Refusal | undefined } => {
  const wanted = portsOf(pod);
  const clash = wanted.find((port) => ports.has(port));
  if (clash !== undefined)
    return { room: 0, refusal: { cause: 'host_port', words: `has the host port ${clash.split(':')[1] ?? ''} in use` } };
  const asked: Record<string, number> = { ...askedByPod(pod, []).requests, pods: 1 };
  let room = 0;
  const left = { ...free };
  for (; room < (wanted.length > 0 ? 1 : most); room += 1) {
    const refusal = shortOf(asked, left);
    if (refusal !== undefined) return { room, refusal };
    for (const [name, amount] of Object.entries(asked)) if (left[name] !== undefined) left[name] -= amount;
  }
  return { room, refusal: undefined };
};
