/**
 * Why the one node cannot take a pod, in the order and the words of kube-scheduler's filters; the first filter that says
 * no is the one that is heard. Requests are held against the whole machine and not added up over the pods: on a
 * developer's machine they are wishes, and what really runs is seen by everyone. Pure.
 */
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import { isPodActive } from '../controllers/pod-state.js';
import type { Node, Pod, Toleration } from '../resources/types.js';

interface NodeTerm {
  readonly matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
  readonly matchFields?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** What each filter says of the node (`Insufficient cpu`); empty: the pod fits. `others` are the pods of all namespaces. */
export function refusals(pod: Pod, node: Node, others: readonly Pod[]): string[] {
  for (const filter of FILTERS) {
    const said = filter(pod, node, others);
    if (said.length > 0) return said;
  }
  return [];
}

type Filter = (pod: Pod, node: Node, others: readonly Pod[]) => string[];

const unschedulable: Filter = (pod, { spec }) =>
  spec?.unschedulable === true &&
  !(pod.spec?.tolerations ?? []).some((toleration) =>
    tolerates(toleration, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }),
  )
    ? ['node(s) were unschedulable']
    : [];

const taints: Filter = (pod, { spec }) =>
  (spec?.taints ?? []).some(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' &&
      !(pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
  )
    ? ['node(s) had untolerated taint(s)']
    : [];

const tolerates = (toleration: Toleration, taint: { key: string; value?: string; effect: string }): boolean =>
  ((toleration.effect ?? '') === '' || toleration.effect === taint.effect) &&
  ((toleration.key ?? '') === '' ? toleration.operator === 'Exists' : toleration.key === taint.key) &&
  (toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? ''));

const affinity: Filter = (pod, node) => {
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(pod.spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const required = (
    pod.spec?.affinity?.['nodeAffinity'] as
      { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: readonly NodeTerm[] } } | undefined
  )?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const matches =
    required === undefined ||
    required.some(
      ({ matchExpressions = [], matchFields = [] }) =>
        matchExpressions.every((one) => expressionHolds(one, labels)) &&
        matchFields.every((one) => expressionHolds(one, { 'metadata.name': node.metadata.name })),
    );
  return selected && matches ? [] : ["node(s) didn't match Pod's node affinity/selector"];
};

const expressionHolds = (
  { key, operator, values = [] }: { key: string; operator: string; values?: readonly string[] },
  labels: Record<string, string>,
): boolean => {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return Number(value) > Number(values[0]);
    case 'Lt':
      return Number(value) < Number(values[0]);
    default:
      return false;
  }
};

const hostPortsOf = (pod: Pod): string[] =>
  (pod.spec?.containers ?? []).flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ hostPort, protocol = 'TCP' }) =>
      hostPort === undefined || hostPort === 0 ? [] : [`${protocol}:${String(hostPort)}`],
    ),
  );
const freePorts: Filter = (pod, node, others) => {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return [];
  const taken = others
    .filter((other) => other.spec?.nodeName === node.metadata.name && isPodActive(other))
    .flatMap(hostPortsOf);
  return wanted.some((port) => taken.includes(port))
    ? ["node(s) didn't have free ports for the requested pod ports"]
    : [];
};

const fit: Filter = (pod, { status }) => {
  const names = new Set(
    (pod.spec?.containers ?? []).flatMap(({ resources }) => Object.keys(resources?.requests ?? {})),
  );
  return [...names].sort().flatMap((name) => {
    const wanted = (pod.spec?.containers ?? []).reduce(
      (sum, { resources }) => sum + (quantityOf(resources?.requests?.[name]) ?? 0),
      0,
    );
    const there = quantityOf(status?.allocatable?.[name]);
    // Of storage the node keeps no count; what else it has not, it has none of.
    if (there === undefined) return name === 'ephemeral-storage' || wanted === 0 ? [] : [`Insufficient ${name}`];
    return wanted > there ? [`Insufficient ${name}`] : [];
  });
};

const FILTERS: readonly Filter[] = [unschedulable, taints, affinity, freePorts, fit];
