/**
 * Would this manifest set roll out? Everything that can be told before a pod starts, in one report: what the API server says of
 * a dry run, and what only the cluster's objects together tell (quotas, room on nodes, references, levels of security).
 *
 * Nothing is changed and nothing started. The same function serves the console's question and the pipeline itself.
 */
import type { ObjectDiff } from '@aws-deployer/platform/contracts/preflight';
import { foreignOwner } from '../deployments/manifests/identity.js';
import { diffObject } from '../diff/object-diff.js';
import type { Cluster, Manifest } from '../ports/cluster.js';
import { untold, type Check } from './check.js';
import { dryRun, isImmutable, namespaceCheck, ownership, podAdmission, type Consent } from './checks/admission.js';
import { images, type ImageAnswer, type ImagePlace } from './checks/images.js';
import { limitRange } from './checks/limit-range.js';
import { routes, services } from './checks/network.js';
import { podSecurity } from './checks/pod-security.js';
import { quota } from './checks/quota.js';
import { references } from './checks/references.js';
import { rights } from './checks/rights.js';
import { autoscaling, disruptionBudgets, liveVersion } from './checks/running.js';
import { sandboxes, scheduling } from './checks/scheduling.js';
import { storage } from './checks/storage.js';
import { valueOf, type ClusterState } from './cluster-state.js';
import { desiredState, nameOf, type DesiredState } from './desired-state.js';
import { readCluster } from './read-cluster.js';

export interface PreflightQuestion {
  readonly cluster: Cluster;
  /** With the Namespace, and with the Secrets that the release will make (their values are not looked at). */
  readonly manifests: readonly Manifest[];
  readonly namespace: string;
  /** Labels that mark what belongs to the same application and environment. */
  readonly owner: Readonly<Record<string, string>>;
  readonly consent: Consent;
  readonly place: ImagePlace;
  /** What the registries say; they are asked while the cluster is read. */
  readonly images: Promise<readonly ImageAnswer[]>;
  readonly now: Date;
}
export interface PreflightAnswer {
  readonly checks: readonly Check[];
  /** Null where the cluster does not answer. */
  readonly objects: readonly ObjectDiff[] | null;
}

/** What has not answered when `limit` aborts is unknown. Throws the reason of `signal` when that one aborts. */
export async function runPreflight(
  question: PreflightQuestion,
  limit: AbortSignal,
  signal: AbortSignal,
): Promise<PreflightAnswer> {
  const { cluster, manifests, namespace, owner, consent, now } = question;
  const desired = desiredState(manifests, namespace, owner);
  const namespaceManifest = manifests.find(({ kind }) => kind === 'Namespace');
  const [state, answers] = await Promise.all([
    readCluster({ cluster, desired, namespaceManifest, force: consent.adopt, now }, limit),
    question.images,
  ]);
  signal.throwIfAborted();
  const checks = judge(desired, state, answers, question);
  return { checks, objects: isSilent(state) ? null : diffsOf(desired, state, checks) };
}

/** All checks over what was read: pure. */
export function judge(
  desired: DesiredState,
  state: ClusterState,
  answers: readonly ImageAnswer[],
  { consent, place }: Pick<PreflightQuestion, 'consent' | 'place'>,
): readonly Check[] {
  const imageChecks = images(answers, place)(desired, state);
  if (isSilent(state)) {
    const why = state.namespace.known ? '' : state.namespace.why;
    return [
      untold(
        'cluster',
        `The cluster does not answer, so nothing about it could be checked: ${why}`,
        'cluster_unreachable',
      ),
      ...imageChecks,
    ];
  }
  const namespace = namespaceCheck(desired, state);
  // In a namespace that ends everything else fails for that reason alone.
  if (namespace.some(({ state: told }) => told === 'fail')) return [...namespace, ...imageChecks];
  const found = [
    ...namespace,
    ...rights(desired, state),
    ...ownership(consent)(desired, state),
    ...dryRun(consent)(desired, state),
    ...quota(desired, state),
    ...limitRange(desired, state),
    ...podSecurity(answers)(desired, state),
    ...references(desired, state),
    ...storage(desired, state),
    ...scheduling(desired, state),
    ...sandboxes(desired, state),
    ...imageChecks,
    ...routes(desired, state),
    ...services(desired),
    ...disruptionBudgets(desired, state),
    ...autoscaling(desired, state),
    ...liveVersion(desired, state),
    ...podAdmission(consent)(desired, state),
  ];
  return withoutRepeats(found);
}

const isSilent = ({ namespace }: ClusterState): boolean =>
  !namespace.known && (namespace.code === 'cluster_unreachable' || namespace.code === 'kubeconfig_unusable');

/** Which check tells in numbers and names what the dry run of a pod tells in the server's words. */
const TOLD_BY: Readonly<Record<string, Check['name']>> = {
  quota_exceeded: 'quota',
  limit_range_violation: 'limit_range',
  pod_security_violation: 'pod_security',
  missing_service_account: 'references',
  missing_priority_class: 'references',
};

function withoutRepeats(checks: readonly Check[]): readonly Check[] {
  const failedIn = new Set(checks.filter(({ state }) => state === 'fail').map(({ name }) => name));
  // Also where it is only a warning: of an image that is not built yet the server knows no more.
  if (checks.some(({ name, state }) => name === 'pod_security' && state === 'warn')) failedIn.add('pod_security');
  const adopted = new Set(checks.filter(({ code }) => code === 'name_collision').map(({ object }) => object));
  return checks.filter(
    ({ name, code, object }) =>
      // The rights are told all at once, not object by object.
      !(name === 'dry_run' && code === 'cluster_forbidden' && failedIn.has('rights')) &&
      !(name === 'admission' && failedIn.has(TOLD_BY[code] ?? '')) &&
      // Whose fields they are is the lesser part of whose object it is.
      !(name === 'dry_run' && code === 'foreign_owner' && adopted.has(object)),
  );
}

function diffsOf(desired: DesiredState, state: ClusterState, checks: readonly Check[]): readonly ObjectDiff[] {
  const anew = new Set(
    checks.filter(({ code, state: told }) => isImmutable(code) && told === 'warn').map((one) => one.object),
  );
  return [...state.dryRuns]
    .sort((a, b) => order(a.object, desired) - order(b.object, desired))
    .map((run) => {
      const object = nameOf(run.object);
      const live = valueOf(state.live.get(object), undefined);
      // What is taken over is written over as a whole, not merged as a dry run would.
      const merged = run.outcome === 'taken' && !run.elsewhere && !(live && foreignOwner(live, run.object));
      return diffObject({
        desired: run.object,
        live,
        result: merged ? run.result : undefined,
        recreated: anew.has(object),
      });
    });
}
const order = (object: Manifest, { manifests }: DesiredState): number => manifests.indexOf(object);
