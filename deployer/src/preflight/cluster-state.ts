/** Everything that the checks look at in a cluster, read once: the line between asking and judging. */
import type { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Manifest, Right } from '../ports/cluster.js';
import type { DesiredWorkload } from './desired-state.js';

/** What was read, or why it was not: forbidden, or no answer in time. */
export type Reading<T> =
  { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string; readonly code: string };

export const known = <T>(value: T): Reading<T> => ({ known: true, value });
export const valueOf = <T>(reading: Reading<T> | undefined, otherwise: T): T =>
  reading?.known === true ? reading.value : otherwise;

/** One object as the server would take it now: what it would become, or why it is refused. */
export type DryRun = {
  readonly object: Manifest;
  /** Tried in another namespace, because its own is not there yet: only its form was judged. */
  readonly elsewhere: boolean;
} & (
  | { readonly outcome: 'taken'; readonly result: Manifest }
  | { readonly outcome: 'refused'; readonly error: AppError }
  | { readonly outcome: 'untold'; readonly why: string }
);

type List = Reading<readonly Manifest[]>;
export interface ClusterState {
  /** True for the one-machine cluster that comes with the platform. */
  readonly embedded: boolean;
  readonly now: Date;
  readonly namespace: Reading<Manifest | undefined>;
  /** By `Kind name`: what has the name of a wanted object now. */
  readonly live: ReadonlyMap<string, Reading<Manifest | undefined>>;
  readonly dryRuns: readonly DryRun[];
  /** One pod of each workload, tried alone: what admits Deployments does not look at their pods. */
  readonly podDryRuns: readonly (DryRun & { readonly workload: DesiredWorkload })[];
  /** By `Kind name`: ConfigMaps, Secrets (without values), ServiceAccounts, claims and volumes that the pods need. */
  readonly referenced: ReadonlyMap<string, Reading<Manifest | undefined>>;
  /** Of what a rollout takes. */
  readonly missingRights: Reading<readonly Right[]>;
  readonly quotas: List;
  readonly limitRanges: List;
  readonly nodes: List;
  /** Of all namespaces. */
  readonly pods: List;
  readonly ingresses: List;
  readonly httpRoutes: List;
  readonly budgets: List;
  readonly autoscalers: List;
  readonly storageClasses: List;
  /** Of the namespace. */
  readonly events: List;
}

export const keyOf = (kind: string, name: string): string => `${kind} ${name}`;
