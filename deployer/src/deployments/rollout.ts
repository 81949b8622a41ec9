/**
 * Brings a manifest set to the cluster by the rolling plan and waits until it serves; also the way back, with a stored set. Every
 * step may be repeated: a process that dies is followed by one that runs the same call again.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, ClusterRefusal, Manifest } from '../ports/cluster.js';
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { cannotChange, copyOf, foreignObjects, removeAndWait, takeOver } from './adoption.js';
import { applyOver } from './apply-over.js';
import { LABEL, applicationLabels, foreignOwner } from './manifests/identity.js';
import { othersChange, othersChangeSince, templateHash, type OwnTemplate } from './own-template.js';
import { ensureNamespace, namespaceStands } from './rollout-namespace.js';
import { watchRollout, type RolloutOutcome, type RolloutWatchOptions } from './rollout-watch.js';
import { planRolling, refOf, type RollingPlan } from './strategies/rolling.js';
import type { WorkloadObject } from './verdict/objects.js';
import { templateOf } from './verdict/workload-pods.js';
import { nameCollision, newerRelease } from './verdict/own-verdicts.js';
import { verdictOfRefusal } from './verdict/rejected.js';

export interface RolloutRequest extends Pick<
  RolloutWatchOptions,
  'cluster' | 'deadlineMs' | 'onPods' | 'onVerdict' | 'onProgress' | 'renewPull' | 'endsBefore'
> {
  /** A manifest set: just built, or read back for a rollback. */
  readonly manifests: readonly Manifest[];
  /** The release's Secrets, made from sealed values for this call. */
  readonly secrets: readonly Manifest[];
  /** `sha256:…` that every pod behind the Service must run. */
  readonly imageDigest: string;
  /** Takes fields back that others changed: for a restore that a person asked for. A changed number of replicas always is. */
  readonly force?: boolean;
  /** A person agreed that what cannot be changed in place is deleted and made anew. */
  readonly recreate?: boolean;
  /** A person agreed that objects of others are taken over; told what they were before the first is touched. */
  readonly adopt?: (objects: readonly Manifest[]) => Promise<void>;
  /** What an earlier try or stage of the same rollout kept; null: there was none yet. */
  readonly own?: OwnTemplate | null;
  /** Keeps it: before the workload is changed where the outcome is known before, and when it became something else. */
  readonly keepOwn?: (own: OwnTemplate) => Promise<void>;
}

/** Kinds whose leftovers of other releases are cleared away, once this one serves. */
const LEFTOVER_KINDS = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
  { apiVersion: 'v1', kind: 'Secret' },
] as const;

const selectorOf = (service: Manifest): string =>
  JSON.stringify(Object.entries((service['spec'] as { selector?: object } | undefined)?.selector ?? {}).sort());
/** The release that a workload's pods carry. */
const releaseOf = (workload: Manifest): string | undefined =>
  (workload as WorkloadObject).spec?.template?.metadata?.labels?.[LABEL.release];
const isOwned = (object: Manifest): boolean =>
  object.metadata.ownerReferences?.some(({ controller }) => controller === true) === true;
const generationOf = (object: Manifest): { generation: number } | object =>
  object.metadata.generation === undefined ? {} : { generation: object.metadata.generation };

/**
 * What an object was refused for, as an outcome. What says nothing about the release (an unreachable cluster, a cancel) is thrown
 * on: it is not a verdict.
 */
const refused = (error: unknown, object: Manifest): RolloutOutcome => {
  if (!(error instanceof AppError) || error.cause === undefined || error.code === 'cluster_unreachable') throw error;
  return { kind: 'doomed', verdict: verdictOfRefusal(object, error.cause as ClusterRefusal) };
};

/** Throws AppError unavailable when the cluster does not answer, and the signal's reason when it aborts. */
export const rollOut = async (request: RolloutRequest, signal: AbortSignal): Promise<RolloutOutcome> => {
  const { cluster, manifests, secrets, onProgress } = request;
  const plan = planRolling(manifests);
  const { namespace, workload, service, ingress } = plan;
  const objects = [service, workload, ...(ingress ? [ingress] : [])];

  const made = await attempt(() => ensureNamespace(cluster, namespace, signal));
  if (made.failed) return refused(made.failed.error, namespace);
  // Nothing is changed before everything is known to be ours and acceptable.
  const live = await Promise.all(objects.map((object) => cluster.get(refOf(object), signal)));
  const liveWorkload = live[objects.indexOf(workload)];
  const others = request.own && othersChange(request.own, liveWorkload);
  if (others) return supersededBy(plan, others);
  const foreign = foreignObjects(objects, live);
  const [theirs] = foreign;
  if (theirs !== undefined && request.adopt === undefined)
    return { kind: 'doomed', verdict: collisionWith(theirs, objects) };
  // What is taken over is written over as a whole: a dry run of ours beside theirs would say nothing.
  const ours = objects.filter((object) => !foreign.some((one) => isSame(one, object)));
  const checks = await Promise.all(
    ours.map(async (object) => ({ object, ...(await attempt(() => applyFor(request, object, signal, true))) })),
  );
  const anew: Manifest[] = [];
  for (const { object, failed } of checks)
    if (failed && request.recreate === true && cannotChange(failed.error, object)) anew.push(object);
    else if (failed) return refused(failed.error, object);
  let own = request.own ?? undefined;
  const keepOwn = async (answer: Manifest | undefined): Promise<void> => {
    const brought = answer && templateHash(answer);
    if (brought === undefined || brought === own?.brought) return;
    own = { found: own?.found ?? (liveWorkload ? templateHash(liveWorkload) : null), brought };
    await request.keepOwn?.(own);
  };
  await keepOwn(checks.find(({ object }) => object === workload)?.answer);

  for (const secret of secrets) {
    const { failed } = await attempt(() => cluster.apply(secret, {}, signal));
    if (failed) return refused(failed.error, secret);
  }
  if (foreign.length > 0) await request.adopt?.(foreign.map(copyOf));
  const place = async (object: Manifest): Promise<Manifest> => {
    if (anew.includes(object)) {
      onProgress(`${object.kind} ${object.metadata.name} cannot be changed in place: it is deleted and made anew.`);
      await removeAndWait(cluster, object, signal);
    } else if (foreign.some((one) => isSame(one, object))) await overwriteTheirs(request, object, signal);
    return applyFor(request, object, signal);
  };
  const [before] = live;
  const leadsHere = before === undefined || selectorOf(before) === selectorOf(service);
  let applied: Manifest | undefined;
  for (const object of leadsHere ? objects : objects.filter((candidate) => candidate !== service)) {
    const { answer, failed } = await attempt(() => place(object));
    if (failed) return refused(failed.error, object);
    if (object === workload) applied = answer;
  }
  await keepOwn(applied);

  const watch = (proof: boolean): Promise<RolloutOutcome> =>
    watchRollout({ ...watchOptions(request, plan, applied ?? workload), proof }, signal);
  let outcome = await watch(leadsHere);
  if (outcome.kind !== 'complete') return outcome;
  if (!leadsHere) {
    const { failed } = await attempt(() => place(service));
    if (failed) return refused(failed.error, service);
    outcome = await watch(true);
    if (outcome.kind !== 'complete') return outcome;
  }
  await retireOthers(cluster, plan, secrets, signal);
  return outcome;
};

/**
 * Watches a release that was rolled out for `holdMs`: the monitoring window. Complete when it is as it should be at the end of it;
 * it then has `deadlineMs` more to come right.
 */
export const holdRollout = async (
  request: Omit<RolloutRequest, 'secrets'> & { readonly holdMs: number },
  signal: AbortSignal,
): Promise<RolloutOutcome> => {
  const plan = planRolling(request.manifests);
  const { cluster, own } = request;
  const live = await cluster.get(refOf(plan.workload), signal);
  // Whatever runs now, it is not what this deployment brought.
  const others = live && releaseOf(live) !== plan.releaseId ? 'changed' : own && othersChangeSince(own, live);
  // A workload also goes with its namespace: that is another story, and the watch tells it.
  if (others === 'changed' || (others === 'deleted' && (await namespaceStands(cluster, plan.namespace, signal))))
    return supersededBy(plan, others);
  const options = watchOptions(request, plan, live ?? plan.workload);
  return watchRollout({ ...options, proof: true, holdMs: request.holdMs }, signal);
};

const supersededBy = ({ workload }: RollingPlan, others: 'changed' | 'deleted'): RolloutOutcome => ({
  kind: 'superseded',
  verdict: newerRelease({
    target: { kind: kindOf(workload), name: workload.metadata.name },
    deleted: others === 'deleted',
  }),
});
const kindOf = ({ kind }: Manifest): 'ReplicaSet' | 'Deployment' => (kind === 'ReplicaSet' ? kind : 'Deployment');

/** Removes what a release made that has no earlier one to go back to. The namespace stays: others may live in it. */
export const removeRelease = async (
  cluster: Cluster,
  of: { readonly application: string; readonly environment: string; readonly namespace: string },
  signal: AbortSignal,
): Promise<void> => {
  for (const kind of [...LEFTOVER_KINDS, { apiVersion: 'v1', kind: 'Service' }])
    for (const object of await cluster.list(kind, of.namespace, applicationLabels(of), signal))
      if (!isOwned(object)) await cluster.remove(refOf(object), signal);
};

const watchOptions = (
  request: Omit<RolloutRequest, 'secrets'>,
  plan: RollingPlan,
  applied: Manifest,
): Omit<RolloutWatchOptions, 'proof'> => ({
  cluster: request.cluster,
  target: {
    namespace: plan.namespace.metadata.name,
    kind: kindOf(plan.workload),
    name: plan.workload.metadata.name,
    ...generationOf(applied),
    template: templateOf(applied),
    services: [plan.service.metadata.name],
    imageDigest: request.imageDigest,
    namePrefix: plan.application,
  },
  application: plan.application,
  environment: plan.environment,
  releaseId: plan.releaseId,
  deadlineMs: request.deadlineMs,
  onPods: request.onPods,
  onVerdict: request.onVerdict,
  onProgress: request.onProgress,
  renewPull: request.renewPull,
  endsBefore: request.endsBefore,
});

interface Attempt<T> {
  readonly answer?: T;
  readonly failed?: { readonly error: unknown };
}
const attempt = async <T>(work: () => Promise<T>): Promise<Attempt<T>> => {
  try {
    return { answer: await work() };
  } catch (error) {
    return { failed: { error } };
  }
};

const isSame = (a: Manifest, b: Manifest): boolean => a.kind === b.kind && a.metadata.name === b.metadata.name;

const collisionWith = (theirs: Manifest, objects: readonly Manifest[]): VerdictView => {
  const wanted = objects.find((object) => isSame(object, theirs)) ?? theirs;
  return nameCollision(`${wanted.kind} ${wanted.metadata.name}`, foreignOwner(theirs, wanted) ?? '');
};

/** Their object becomes ours; where it cannot be changed into ours, it is made anew if that was agreed to as well. */
const overwriteTheirs = async (
  { cluster, recreate, onProgress }: RolloutRequest,
  object: Manifest,
  signal: AbortSignal,
): Promise<void> => {
  onProgress(`${object.kind} ${object.metadata.name} is taken over from its owner, as agreed.`);
  const { failed } = await attempt(() => takeOver(cluster, object, signal));
  if (failed === undefined) return;
  if (recreate !== true || !cannotChange(failed.error, object)) throw failed.error;
  await removeAndWait(cluster, object, signal);
};

const applyFor = (
  { cluster, force = false, adopt, onProgress }: RolloutRequest,
  object: Manifest,
  signal: AbortSignal,
  dryRun = false,
): Promise<Manifest> =>
  applyOver(
    cluster,
    object,
    {
      dryRun,
      force: force || adopt !== undefined,
      onScaledBack: () => {
        if (!dryRun) onProgress(`The number of replicas was changed outside of the platform; it is set back.`);
      },
    },
    signal,
  );

/** Traffic is here: the other releases stop. ReplicaSets stay at zero, so that going back starts at once; the rest goes. */
const retireOthers = async (
  cluster: Cluster,
  plan: RollingPlan,
  secrets: readonly Manifest[],
  signal: AbortSignal,
): Promise<void> => {
  const namespace = plan.namespace.metadata.name;
  const keep = new Set(
    [plan.workload, plan.service, ...(plan.ingress ? [plan.ingress] : []), ...secrets].map(
      ({ kind, metadata }) => `${kind}/${metadata.name}`,
    ),
  );
  let drained = false;
  const drain = async (): Promise<void> => {
    if (!drained) await sleep(plan.drainSeconds * 1000, undefined, { signal });
    drained = true;
  };
  for (const kind of LEFTOVER_KINDS) {
    const found = await cluster.list(kind, namespace, applicationLabels(plan), signal);
    for (const object of found) {
      if (isOwned(object) || keep.has(`${kind.kind}/${object.metadata.name}`)) continue;
      if (kind.kind === 'ReplicaSet') {
        if ((object['spec'] as { replicas?: number } | undefined)?.replicas === 0) continue;
        await drain();
        await cluster.patch(refOf(object), { spec: { replicas: 0 } }, signal);
      } else if (kind.kind === 'Secret' && object.metadata.labels?.[LABEL.release] === plan.releaseId) continue;
      else {
        if (kind.kind === 'Deployment') await drain();
        await cluster.remove(refOf(object), signal);
      }
    }
  }
};
