/**
 * Reads what the checks look at, all at once, and changes nothing: every write is a dry run.
 *
 * Units    `signal` is the whole time there is; what has not answered by then is unknown, with that reason.
 * Throws   the caller's own abort only. A right that is missing, a kind that the cluster does not have and a cluster that does
 *          not answer are readings like others.
 */
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { newId } from '@aws-deployer/platform/database/ids';
import { applyOver } from '../deployments/apply-over.js';
import { refOf } from '../deployments/strategies/rolling.js';
import type { Cluster, Manifest, ObjectRef, Right } from '../ports/cluster.js';
import { asksOfPods } from './checks/pod-placement.js';
import { needsOf, type Need } from './checks/references.js';
import { rightsFor } from './checks/rights.js';
import { keyOf, known, valueOf, type ClusterState, type DryRun, type Reading } from './cluster-state.js';
import { nameOf, type DesiredState, type DesiredWorkload } from './desired-state.js';
import { specOf, type PodShape } from './pod-shape.js';

/** More pods than these are not counted: it would take longer than there is. */
const MOST_PODS = 3_000;
const STAND_IN_NAMESPACE = 'default';
const API_VERSIONS: Readonly<Record<string, string>> = {
  ResourceQuota: 'v1',
  LimitRange: 'v1',
  Node: 'v1',
  Pod: 'v1',
  Event: 'v1',
  ConfigMap: 'v1',
  Secret: 'v1',
  ServiceAccount: 'v1',
  PersistentVolume: 'v1',
  PersistentVolumeClaim: 'v1',
  PriorityClass: 'scheduling.k8s.io/v1',
  StorageClass: 'storage.k8s.io/v1',
  Ingress: 'networking.k8s.io/v1',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  PodDisruptionBudget: 'policy/v1',
  HorizontalPodAutoscaler: 'autoscaling/v2',
};
const CLUSTER_WIDE: readonly string[] = ['PriorityClass', 'PersistentVolume'];

export interface ReadClusterOptions {
  readonly cluster: Cluster;
  readonly desired: DesiredState;
  /** Made when it is missing. */
  readonly namespaceManifest: Manifest | undefined;
  /** The dry run takes over fields of others, as the rollout will. */
  readonly force: boolean;
  readonly now: Date;
}

export async function readCluster(options: ReadClusterOptions, signal: AbortSignal): Promise<ClusterState> {
  const { cluster, desired } = options;
  const reader = new Reader(cluster, signal);
  const { namespace: name } = desired;
  const namespace = await reader.get({ apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name });
  const found = valueOf(namespace, undefined);
  const missing = namespace.known && found === undefined;
  const ending = found?.metadata.deletionTimestamp !== undefined;
  const here = (kind: string): Promise<Reading<readonly Manifest[]>> =>
    missing ? Promise.resolve(known([])) : reader.list(kind, name);
  const routed = desired.manifests.some(({ kind }) => kind === 'Ingress' || kind === 'HTTPRoute');
  const runs = desired.workloads.some(({ replicas }) => replicas > 0);
  const none = Promise.resolve(known<readonly Manifest[]>([]));
  const needs = desired.workloads.flatMap(({ pod }) => needsOf(pod));
  const claims = needs.some(({ kind }) => kind === 'PersistentVolumeClaim');
  const [live, dryRuns, podDryRuns, referenced, missingRights, lists] = await Promise.all([
    reader.all(desired.manifests.map((manifest) => [nameOf(manifest), refOf(manifest)])),
    ending ? [] : dryRunsOf(options, missing, signal),
    ending || missing ? [] : podDryRunsOf(options, signal),
    reader.referenced(needs, desired, missing),
    reader.missingRights(rightsFor(desired.manifests), name),
    Promise.all([
      here('ResourceQuota'),
      here('LimitRange'),
      here('PodDisruptionBudget'),
      here('HorizontalPodAutoscaler'),
      here('Event'),
      runs ? reader.list('Node', undefined) : none,
      // Pods that ask for nothing, and nothing of others, find room wherever they may run.
      desired.workloads.some(({ pod }) => asksForRoom(pod)) ? reader.list('Pod', undefined, MOST_PODS) : none,
      routed ? reader.list('Ingress', undefined) : none,
      routed ? reader.list('HTTPRoute', undefined) : none,
      claims ? reader.list('StorageClass', undefined) : none,
    ]),
  ]);
  const [quotas, limitRanges, budgets, autoscalers, events, nodes, pods, ingresses, httpRoutes, storageClasses] = lists;
  return {
    embedded: cluster.embedded,
    now: options.now,
    namespace,
    live,
    dryRuns,
    podDryRuns,
    referenced,
    missingRights,
    quotas,
    limitRanges,
    budgets,
    autoscalers,
    events,
    nodes,
    pods,
    ingresses,
    httpRoutes,
    storageClasses,
  };
}

/** What decides whether the pods of an image that was just built may run. */
export async function readForImage(
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<Pick<ClusterState, 'namespace' | 'nodes'>> {
  const reader = new Reader(cluster, signal);
  const [namespace, nodes] = await Promise.all([
    reader.get({ apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name }),
    reader.list('Node', undefined),
  ]);
  return { namespace, nodes };
}

const asksForRoom = (pod: PodShape): boolean =>
  asksOfPods(pod) ||
  (pod.containers ?? []).some(
    ({ resources, ports = [] }) =>
      Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0 ||
      ports.some(({ hostPort = 0 }) => hostPort > 0),
  );

class Reader {
  constructor(
    private readonly cluster: Cluster,
    private readonly signal: AbortSignal,
  ) {}

  get(ref: ObjectRef): Promise<Reading<Manifest | undefined>> {
    return this.#read(async () => this.cluster.get(ref, this.signal), undefined);
  }

  list(kind: string, namespace: string | undefined, most?: number): Promise<Reading<readonly Manifest[]>> {
    const of = { apiVersion: API_VERSIONS[kind] ?? 'v1', kind };
    return this.#read(async () => {
      const found = await this.cluster.list(of, namespace, {}, this.signal, most);
      if (most !== undefined && found.length >= most)
        throw new AppError('too_large', 'too_many', `there are more than ${String(most)} ${kind.toLowerCase()}s`);
      return found;
    }, []);
  }

  missingRights(rights: readonly Right[], namespace: string): Promise<Reading<readonly Right[]>> {
    return this.#read(() => this.cluster.missingRights(rights, namespace, this.signal), []);
  }

  async all(refs: readonly (readonly [string, ObjectRef])[]): Promise<Map<string, Reading<Manifest | undefined>>> {
    return new Map(await Promise.all(refs.map(async ([name, ref]) => [name, await this.get(ref)] as const)));
  }

  /** What the pods need and the release does not bring itself; a claim with its volume. */
  async referenced(
    needs: readonly Need[],
    { manifests, namespace }: DesiredState,
    missing: boolean,
  ): Promise<Map<string, Reading<Manifest | undefined>>> {
    const wanted = new Map(
      needs
        .filter(({ kind, name }) => !manifests.some((one) => one.kind === kind && one.metadata.name === name))
        .map(({ kind, name }) => [keyOf(kind, name), this.#refOf(kind, name, namespace)] as const),
    );
    // Nothing is in a namespace that is not there.
    if (missing)
      return new Map(
        await Promise.all(
          [...wanted].map(
            async ([key, ref]) =>
              [
                key,
                CLUSTER_WIDE.includes(ref.kind) ? await this.get(ref) : known<Manifest | undefined>(undefined),
              ] as const,
          ),
        ),
      );
    const found = await this.all([...wanted]);
    for (const [key, reading] of found)
      if (key.startsWith('Secret ') && reading.known && reading.value !== undefined)
        found.set(key, known(withoutValues(reading.value)));
    const volumes = [...found.values()].flatMap((reading) => {
      const claim = valueOf(reading, undefined);
      const volume = claim?.kind === 'PersistentVolumeClaim' && specOf<{ volumeName?: string }>(claim).volumeName;
      return volume === undefined || volume === false || volume === ''
        ? []
        : [[keyOf('PersistentVolume', volume), this.#refOf('PersistentVolume', volume, namespace)] as const];
    });
    return new Map([...found, ...(await this.all(volumes))]);
  }

  #refOf(kind: string, name: string, namespace: string): ObjectRef {
    const apiVersion = API_VERSIONS[kind] ?? 'v1';
    return { apiVersion, kind, name, namespace: CLUSTER_WIDE.includes(kind) ? undefined : namespace };
  }

  /** `absent`: what it is when the cluster does not have the kind at all. */
  async #read<T>(work: () => Promise<T>, absent: T): Promise<Reading<T>> {
    const late = { known: false, why: 'no answer in time', code: 'cluster_unreachable' } as const;
    if (this.signal.aborted) return late;
    try {
      return known(await work());
    } catch (error) {
      if (this.signal.aborted) return late;
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'manifest_rejected') return known(absent);
      return { known: false, why: messageOf(error), code: error.code };
    }
  }
}

const withoutValues = (secret: Manifest): Manifest => ({
  ...secret,
  data: Object.fromEntries(Object.keys(secret['data'] ?? {}).map((key) => [key, ''])),
});

const dryRunsOf = (options: ReadClusterOptions, missing: boolean, signal: AbortSignal): Promise<readonly DryRun[]> => {
  const { desired, namespaceManifest } = options;
  const objects = desired.manifests.map((object) => tryOut(options, object, missing, signal));
  const made = missing && namespaceManifest ? [tryOut(options, namespaceManifest, false, signal)] : [];
  return Promise.all([...made, ...objects]);
};

const podDryRunsOf = (options: ReadClusterOptions, signal: AbortSignal): Promise<ClusterState['podDryRuns']> =>
  Promise.all(
    options.desired.workloads
      .filter(({ replicas }) => replicas > 0)
      .map(async (workload) => ({
        ...(await tryOut(options, podOf(workload, options.desired.namespace), false, signal)),
        workload,
      })),
  );

/** One pod as the workload's controller would make it. */
const podOf = ({ manifest, labels, annotations, pod }: DesiredWorkload, namespace: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: standInName(manifest.metadata.name), namespace, labels, annotations },
  spec: pod,
});
const standInName = (name: string): string => `${name.slice(0, 40).replace(/-+$/, '')}-preflight-${newId().slice(-8)}`;

async function tryOut(
  { cluster, force }: ReadClusterOptions,
  object: Manifest,
  elsewhere: boolean,
  signal: AbortSignal,
): Promise<DryRun> {
  const name = elsewhere ? standInName(object.metadata.name) : object.metadata.name;
  const tried: Manifest = elsewhere
    ? { ...object, metadata: { ...object.metadata, name, namespace: STAND_IN_NAMESPACE } }
    : object;
  if (signal.aborted) return { object, elsewhere, outcome: 'untold', why: 'no answer in time' };
  try {
    const result = await applyOver(cluster, tried, { dryRun: true, force, once: true }, signal);
    return { object, elsewhere, outcome: 'taken', result };
  } catch (error) {
    if (signal.aborted) return { object, elsewhere, outcome: 'untold', why: 'no answer in time' };
    if (!(error instanceof AppError)) throw error;
    return { object, elsewhere, outcome: 'refused', error };
  }
}
