/** How much a pod asks for: requests and limits after the defaults of the namespace. Pure. */
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import type { Manifest } from '../ports/cluster.js';
import { specOf, type Container, type PodShape } from './pod-shape.js';

type Amounts = Readonly<Record<string, string>>;
export interface Limits {
  readonly type?: string;
  readonly max?: Amounts;
  readonly min?: Amounts;
  readonly default?: Amounts;
  readonly defaultRequest?: Amounts;
  readonly maxLimitRequestRatio?: Amounts;
}
export interface Asked {
  readonly requests: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
}

export const limitsOf = (ranges: readonly Manifest[]): readonly Limits[] =>
  ranges.flatMap((range) => specOf<{ limits?: readonly Limits[] }>(range).limits ?? []);

const numbers = (amounts: Amounts | undefined): Record<string, number> =>
  Object.fromEntries(
    Object.entries(amounts ?? {}).flatMap(([name, text]) => {
      const amount = quantityOf(text);
      return amount === undefined ? [] : [[name, amount] as const];
    }),
  );

/** A limit without a request is the request, too; what is still missing comes from the namespace's limit range. */
export const askedBy = (container: Container, limits: readonly Limits[]): Asked => {
  const ranges = limits.filter(({ type }) => type === 'Container');
  const defaults = Object.assign({}, ...ranges.map((range) => numbers(range.default))) as Record<string, number>;
  const defaultRequests = Object.assign({}, ...ranges.map((range) => numbers(range.defaultRequest))) as Record<
    string,
    number
  >;
  const own = numbers(container.resources?.limits);
  return {
    requests: { ...defaults, ...defaultRequests, ...own, ...numbers(container.resources?.requests) },
    limits: { ...defaults, ...own },
  };
};

const add = (sum: Record<string, number>, amounts: Readonly<Record<string, number>>): Record<string, number> => {
  const next = { ...sum };
  for (const [name, amount] of Object.entries(amounts)) next[name] = (next[name] ?? 0) + amount;
  return next;
};
const most = (a: Record<string, number>, b: Readonly<Record<string, number>>): Record<string, number> => {
  const next = { ...a };
  for (const [name, amount] of Object.entries(b)) next[name] = Math.max(next[name] ?? 0, amount);
  return next;
};

/** A whole pod: its containers and sidecars together, or the largest of the containers that come before them. */
export const askedByPod = (pod: PodShape, limits: readonly Limits[]): Asked => {
  const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === 'Always';
  const total = (of: 'requests' | 'limits'): Record<string, number> => {
    const amount = (container: Container) => askedBy(container, limits)[of];
    const init = pod.initContainers ?? [];
    const running = [...init.filter(isSidecar), ...(pod.containers ?? [])].map(amount).reduce(add, {});
    const first = init
      .filter((container) => !isSidecar(container))
      .map(amount)
      .reduce(most, {});
    return add(most(running, first), numbers(pod.overhead));
  };
  return { requests: total('requests'), limits: total('limits') };
};

/** `0.1` of cpu is `100m`, 67108864 of memory is `64Mi`. */
export const amountWords = (resource: string, amount: number): string => {
  if (/(^|\.)(memory|storage|ephemeral-storage)$/.test(resource)) {
    const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const;
    let at = 0;
    let left = amount;
    while (at < units.length - 1 && Math.abs(left) >= 1024 && (left % 1024 === 0 || Math.abs(left) >= 10_240)) {
      left /= 1024;
      at += 1;
    }
    return `${String(Math.round(left * 10) / 10)}${units[at] ?? ''}`;
  }
  if (/(^|\.)cpu$/.test(resource) && amount % 1 !== 0) return `${String(Math.round(amount * 1000))}m`;
  return String(Math.round(amount * 1000) / 1000);
};
