/** What a manifest set asks of a cluster, in the terms of the checks: pure. */
import type { Manifest } from '../ports/cluster.js';
import { specOf, type PodShape } from './pod-shape.js';

export interface DesiredWorkload {
  readonly manifest: Manifest;
  /** `Deployment shop` */
  readonly object: string;
  readonly replicas: number;
  /**
   * `rolling`: replaced bit by bit; `beside`: all new pods stand beside all old ones; `replaced`: the old ones go first.
   */
  readonly overlap: 'rolling' | 'beside' | 'replaced';
  /** Pods above and below `replicas` while it rolls. */
  readonly surge: number;
  readonly unavailable: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly pod: PodShape;
}
export interface DesiredState {
  readonly namespace: string;
  /** Whose objects: labels that mark what belongs to the same application and environment. */
  readonly owner: Readonly<Record<string, string>>;
  readonly manifests: readonly Manifest[];
  readonly workloads: readonly DesiredWorkload[];
}

const WORKLOAD_KINDS: readonly string[] = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'];

interface WorkloadSpec {
  readonly replicas?: number;
  readonly parallelism?: number;
  readonly template?: {
    readonly metadata?: {
      readonly labels?: Record<string, string>;
      readonly annotations?: Record<string, string>;
    };
    readonly spec?: PodShape;
  };
  readonly jobTemplate?: { readonly spec?: WorkloadSpec };
  readonly strategy?: {
    readonly type?: string;
    readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
  };
}

const share = (
  value: number | string | undefined,
  of: number,
  fallback: string,
  round: (n: number) => number,
): number => {
  const text = String(value ?? fallback);
  return text.endsWith('%') ? round((Number(text.slice(0, -1)) * of) / 100) : Number(text);
};

export const workloadOf = (manifest: Manifest): DesiredWorkload => {
  const outer = specOf<WorkloadSpec>(manifest);
  const spec = outer.jobTemplate?.spec ?? outer;
  const { kind, metadata } = manifest;
  const job = kind === 'Job' || kind === 'CronJob';
  const replicas = (job ? spec.parallelism : spec.replicas) ?? 1;
  const rolling = spec.strategy?.rollingUpdate;
  const unavailable = share(rolling?.maxUnavailable, replicas, '25%', Math.floor);
  const surge = share(rolling?.maxSurge, replicas, '25%', Math.ceil);
  const common = {
    manifest,
    object: `${kind} ${metadata.name}`,
    replicas,
    labels: spec.template?.metadata?.labels ?? {},
    annotations: spec.template?.metadata?.annotations ?? {},
    pod: spec.template?.spec ?? {},
  };
  if (kind === 'Deployment' && spec.strategy?.type !== 'Recreate')
    // Both zero would never move; the server takes one away at a time then.
    return { ...common, overlap: 'rolling', surge, unavailable: surge === 0 ? Math.max(1, unavailable) : unavailable };
  if (kind === 'StatefulSet') return { ...common, overlap: 'rolling', surge: 0, unavailable: 1 };
  return { ...common, overlap: kind === 'ReplicaSet' ? 'beside' : 'replaced', surge: 0, unavailable: replicas };
};

export const desiredState = (
  manifests: readonly Manifest[],
  namespace: string,
  owner: Readonly<Record<string, string>>,
): DesiredState => ({
  namespace,
  owner,
  manifests: manifests.filter(({ kind }) => kind !== 'Namespace'),
  workloads: manifests.filter(({ kind }) => WORKLOAD_KINDS.includes(kind)).map(workloadOf),
});

export const nameOf = ({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string => `${kind} ${metadata.name}`;
