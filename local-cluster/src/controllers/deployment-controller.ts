/**
 * Rolls Deployments out through ReplicaSets, as the deployment controller of Kubernetes does: RollingUpdate with surge
 * and unavailability, Recreate, pause, proportional scaling, revisions reused on rollback, history limit, progress
 * deadline; the Events and conditions carry Kubernetes' texts. In one file, because these are one decision on one snapshot.
 * Level-triggered: it looks only at what is there now.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { Deployment, Pod, ReplicaSet } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { isStatusError } from '../store/status-error.js';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { createController, keyOf, splitKey, type Controller } from './controller.js';
import { findCondition, withCondition } from './conditions.js';
import {
  beyondHistory,
  byAge,
  createdAt,
  currentReplicaSet,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  replicaSetOf,
  REVISION,
  revisionAnnotations,
  revisionOf,
  scaleAnnotations,
} from './deployment-revisions.js';
import {
  deploymentCounts,
  hasProgressDeadline,
  isComplete,
  msUntilDeadline,
  progressing,
  rolloutStatus,
} from './deployment-status.js';
import { claim, controllerOf, selectorMatches } from './ownership.js';
import { isPodFinished } from './pod-state.js';
import { newReplicaSetSize, oldReplicaSetSizes, proportionalSizes, type ScalableSet } from './rolling-update.js';
import { sameTemplate } from './template-hash.js';

const DEPLOYMENTS = 'apps/deployments';
const REPLICA_SETS = 'apps/replicasets';
const COMPONENT = 'deployment-controller';

export function createDeploymentController(
  client: ClusterClient,
  log: Logger,
  now: () => Date = () => new Date(),
): Controller {
  const rollout = new DeploymentRollout(client, now);
  return createController({
    name: COMPONENT,
    client,
    log,
    watches: {
      [DEPLOYMENTS]: ({ object }) => [keyOf(object)],
      [REPLICA_SETS]: ({ object }) => deploymentKeys(client, object as ReplicaSet),
      // Recreate waits for the last old pod to be gone; nothing else needs single pods.
      'core/pods': ({ type, object }) => {
        const owner = controllerOf(object);
        if (owner?.kind !== 'ReplicaSet' || (type !== 'DELETED' && !isPodFinished(object as Pod))) return [];
        const set = client.get<ReplicaSet>(REPLICA_SETS, object.metadata.namespace, owner.name);
        return set === undefined ? [] : deploymentKeys(client, set);
      },
    },
    reconcile: (key) => rollout.reconcile(key),
  });
}

function deploymentKeys(client: ClusterClient, set: ReplicaSet): string[] {
  const { namespace = '' } = set.metadata;
  const owner = controllerOf(set);
  if (owner !== undefined) return owner.kind === 'Deployment' ? [`${namespace}/${owner.name}`] : [];
  return client
    .list<Deployment>(DEPLOYMENTS, namespace)
    .filter((deployment) => selectorMatches(deployment.spec?.selector, set.metadata.labels))
    .map(keyOf);
}

class DeploymentRollout {
  constructor(
    private readonly client: ClusterClient,
    private readonly now: () => Date,
  ) {}

  /** Answers the milliseconds until the progress deadline, when one runs. */
  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    let deployment = this.client.get<Deployment>(DEPLOYMENTS, namespace, name);
    if (deployment?.spec === undefined) return undefined;
    const sets = claim<ReplicaSet>(this.client, REPLICA_SETS, deployment, deployment.spec.selector);
    if (deployment.metadata.deletionTimestamp !== undefined) {
      this.writeStatus(deployment, (d) => deploymentCounts(d, sets, currentReplicaSet(d, sets), this.now()));
      return undefined;
    }
    deployment = this.notePause(deployment);
    if (deployment.spec?.paused === true || isScaled(deployment, sets)) return this.scaleOnly(deployment, sets);
    return deployment.spec?.strategy?.type === 'Recreate'
      ? this.recreate(deployment, sets)
      : this.rollingUpdate(deployment, sets);
  }

  private rollingUpdate(before: Deployment, sets: readonly ReplicaSet[]): number | undefined {
    const { deployment, newSet, olds } = this.withNewReplicaSet(before, sets);
    const spec = deployment.spec;
    if (spec === undefined || newSet === undefined) return undefined;
    const replicas = spec.replicas ?? 1;
    const current = newSet.spec?.replicas ?? 0;
    const wanted = current >= replicas ? replicas : newReplicaSetSize(spec, current, olds.map(counts));
    if (wanted !== current) {
      this.scale(deployment, newSet, wanted);
      return this.finish(deployment, newSet, olds);
    }
    const sizes = oldReplicaSetSizes(spec, counts(newSet), olds.map(counts));
    for (const old of [...olds].sort(byAge)) {
      const size = sizes.get(old.metadata.name);
      if (size !== undefined) this.scale(deployment, old, size);
    }
    if (sizes.size === 0 && isComplete(deployment, deployment.status)) this.trimHistory(deployment, olds);
    return this.finish(deployment, newSet, olds);
  }

  private recreate(deployment: Deployment, sets: readonly ReplicaSet[]): number | undefined {
    const present = currentReplicaSet(deployment, sets);
    const olds = sets.filter((set) => set.metadata.uid !== present?.metadata.uid);
    const active = olds.filter((set) => (set.spec?.replicas ?? 0) > 0);
    for (const set of active) this.scale(deployment, set, 0);
    if (active.length > 0 || this.oldPodsRun(olds)) return this.finish(deployment, present, olds);
    const made = this.withNewReplicaSet(deployment, sets);
    if (made.newSet !== undefined) this.scale(made.deployment, made.newSet, made.deployment.spec?.replicas ?? 1);
    if (isComplete(made.deployment, made.deployment.status)) this.trimHistory(made.deployment, made.olds);
    return this.finish(made.deployment, made.newSet, made.olds);
  }

  private oldPodsRun(olds: readonly ReplicaSet[]): boolean {
    if (olds.some((set) => (set.status?.replicas ?? 0) > 0)) return true;
    const uids = new Set(olds.map((set) => set.metadata.uid));
    const namespace = olds[0]?.metadata.namespace;
    if (namespace === undefined) return false;
    return this.client
      .list<Pod>('core/pods', namespace)
      .some((pod) => uids.has(controllerOf(pod)?.uid) && !isPodFinished(pod));
  }

  /** Paused, or scaled in the middle of a rollout: sizes follow `spec.replicas`, the template is not rolled out. */
  private scaleOnly(deployment: Deployment, sets: readonly ReplicaSet[]): number | undefined {
    const newSet = currentReplicaSet(deployment, sets);
    const olds = sets.filter((set) => set.metadata.uid !== newSet?.metadata.uid);
    this.followReplicas(deployment, newSet, olds);
    if (deployment.spec?.paused === true) this.trimHistory(deployment, olds);
    const fresh = this.fresh([...olds, ...(newSet === undefined ? [] : [newSet])]);
    this.writeStatus(deployment, (d) =>
      deploymentCounts(
        d,
        fresh,
        fresh.find((set) => set.metadata.uid === newSet?.metadata.uid),
        this.now(),
      ),
    );
    return undefined;
  }

  private followReplicas(deployment: Deployment, newSet: ReplicaSet | undefined, olds: readonly ReplicaSet[]): void {
    const spec = deployment.spec;
    if (spec === undefined) return;
    const replicas = spec.replicas ?? 1;
    const all = newSet === undefined ? olds : [...olds, newSet];
    const active = all.filter((set) => (set.spec?.replicas ?? 0) > 0);
    const latest = newSet ?? [...olds].sort(byAge).at(-1);
    const only = active.length === 0 ? latest : active.length === 1 ? active[0] : undefined;
    if (only !== undefined) {
      this.scale(deployment, only, replicas);
      return;
    }
    if (newSet !== undefined && isSaturated(newSet, replicas)) {
      for (const old of olds) if ((old.spec?.replicas ?? 0) > 0) this.scale(deployment, old, 0);
      return;
    }
    if (spec.strategy?.type === 'Recreate') return;
    const sizes = proportionalSizes(spec, deployment.status?.replicas ?? 0, active.map(scalable));
    for (const set of active) this.scale(deployment, set, sizes.get(set.metadata.name) ?? 0);
  }

  /** The ReplicaSet of the present template, made when there is none, annotated as the newest revision. */
  private withNewReplicaSet(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
  ): { deployment: Deployment; newSet: ReplicaSet | undefined; olds: readonly ReplicaSet[] } {
    const present = currentReplicaSet(deployment, sets);
    const olds = sets.filter((set) => set.metadata.uid !== present?.metadata.uid);
    const maxOldRevision = Math.max(0, ...olds.map(revisionOf));
    if (present === undefined) return { ...this.createReplicaSet(deployment, olds, maxOldRevision), olds };

    const annotations = revisionAnnotations(deployment, present.metadata.annotations, maxOldRevision);
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    const newSet =
      this.client.update<ReplicaSet>(REPLICA_SETS, present.metadata.namespace, present.metadata.name, (set) => {
        if (set.spec === undefined) return undefined;
        const sameReadiness = (set.spec.minReadySeconds ?? 0) === minReadySeconds;
        if (sameReadiness && sameEntries(set.metadata.annotations ?? {}, annotations)) return undefined;
        set.metadata.annotations = annotations;
        if (minReadySeconds > 0) set.spec.minReadySeconds = minReadySeconds;
        else delete set.spec.minReadySeconds;
        return set;
      }) ?? present;
    const marked = this.markRevision(
      deployment,
      newSet,
      'FoundNewReplicaSet',
      `Found new replica set "${newSet.metadata.name}"`,
      true,
    );
    return { deployment: marked, newSet, olds };
  }

  private createReplicaSet(
    deployment: Deployment,
    olds: readonly ReplicaSet[],
    maxOldRevision: number,
  ): { deployment: Deployment; newSet: ReplicaSet | undefined } {
    const spec = deployment.spec;
    if (spec === undefined) return { deployment, newSet: undefined };
    const replicas = newReplicaSetSize(spec, 0, olds.map(counts));
    const wanted = replicaSetOf(deployment, spec, replicas, maxOldRevision);
    let newSet: ReplicaSet;
    try {
      newSet = this.client.create<ReplicaSet>(REPLICA_SETS, wanted);
    } catch (error) {
      this.replicaSetRefused(deployment, wanted, error);
      throw error; // the queue comes back to it
    }
    if (replicas > 0)
      this.event(
        deployment,
        'Normal',
        'ScalingReplicaSet',
        `Scaled up replica set ${newSet.metadata.name} from 0 to ${String(replicas)}`,
      );
    const marked = this.markRevision(
      deployment,
      newSet,
      'NewReplicaSetCreated',
      `Created new replica set "${newSet.metadata.name}"`,
      false,
    );
    return { deployment: marked, newSet };
  }

  /** A name that another object has is a hash collision: count it, so that the next try hashes differently. */
  private replicaSetRefused(deployment: Deployment, wanted: ReplicaSet, error: unknown): void {
    if (isStatusError(error, 'AlreadyExists')) {
      const there = this.client.get<ReplicaSet>(REPLICA_SETS, wanted.metadata.namespace, wanted.metadata.name);
      const template = there?.spec?.template;
      const ours = there !== undefined && controllerOf(there)?.uid === deployment.metadata.uid;
      if (
        ours &&
        template !== undefined &&
        deployment.spec !== undefined &&
        sameTemplate(template, deployment.spec.template)
      )
        return;
      this.writeStatus(deployment, (d) => ({ ...d.status, collisionCount: (d.status?.collisionCount ?? 0) + 1 }));
      return;
    }
    const message = `Failed to create new replica set "${wanted.metadata.name}": ${messageOf(error)}`;
    if (hasProgressDeadline(deployment))
      this.writeStatus(deployment, (d) => ({
        ...d.status,
        conditions: withCondition(
          d.status?.conditions ?? [],
          progressing('False', 'ReplicaSetCreateError', message, this.now()),
        ),
      }));
    this.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
  }

  /** The Deployment carries the revision of its new ReplicaSet, and says in Progressing where that came from. */
  private markRevision(
    deployment: Deployment,
    newSet: ReplicaSet,
    reason: string,
    message: string,
    onlyIfSilent: boolean,
  ): Deployment {
    const revision = newSet.metadata.annotations?.[REVISION] ?? '1';
    const { namespace, name } = deployment.metadata;
    const say = hasProgressDeadline(deployment);
    return (
      this.client.updateStatus<Deployment>(DEPLOYMENTS, namespace, name, (d) => {
        const conditions = d.status?.conditions ?? [];
        const saidAlready = onlyIfSilent && findCondition(conditions, 'Progressing') !== undefined;
        const next =
          say && !saidAlready
            ? withCondition(conditions, progressing('True', reason, message, this.now()))
            : conditions;
        if (d.metadata.annotations?.[REVISION] === revision && JSON.stringify(next) === JSON.stringify(conditions))
          return undefined;
        d.metadata.annotations = { ...d.metadata.annotations, [REVISION]: revision };
        d.status = { ...d.status, conditions: next };
        return d;
      }) ?? deployment
    );
  }

  private notePause(deployment: Deployment): Deployment {
    const condition = findCondition(deployment.status?.conditions, 'Progressing');
    if (!hasProgressDeadline(deployment) || condition?.reason === 'ProgressDeadlineExceeded') return deployment;
    const paused = deployment.spec?.paused === true;
    if (paused === (condition?.reason === 'DeploymentPaused')) return deployment;
    const next = paused
      ? progressing('Unknown', 'DeploymentPaused', 'Deployment is paused', this.now())
      : progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed', this.now());
    return this.writeStatus(deployment, (d) => ({
      ...d.status,
      conditions: withCondition(d.status?.conditions ?? [], next),
    }));
  }

  private trimHistory(deployment: Deployment, olds: readonly ReplicaSet[]): void {
    for (const set of beyondHistory(deployment, this.fresh(olds)))
      this.client.delete(REPLICA_SETS, set.metadata.namespace, set.metadata.name, { propagationPolicy: 'Background' });
  }

  private scale(deployment: Deployment, set: ReplicaSet, replicas: number): void {
    const annotations = scaleAnnotations(deployment);
    let before: number | undefined;
    const changed = this.client.update<ReplicaSet>(REPLICA_SETS, set.metadata.namespace, set.metadata.name, (fresh) => {
      if (fresh.spec === undefined) return undefined;
      const current = fresh.spec.replicas ?? 0;
      const said = fresh.metadata.annotations ?? {};
      if (
        current === replicas &&
        said[DESIRED_REPLICAS] === annotations[DESIRED_REPLICAS] &&
        said[MAX_REPLICAS] === annotations[MAX_REPLICAS]
      )
        return undefined;
      before = current;
      fresh.spec.replicas = replicas;
      fresh.metadata.annotations = { ...said, ...annotations };
      return fresh;
    });
    if (changed === undefined || before === undefined || before === replicas) return;
    const direction = replicas > before ? 'up' : 'down';
    this.event(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${direction} replica set ${set.metadata.name} from ${String(before)} to ${String(replicas)}`,
    );
  }

  private finish(
    deployment: Deployment,
    newSet: ReplicaSet | undefined,
    olds: readonly ReplicaSet[],
  ): number | undefined {
    const sets = this.fresh(newSet === undefined ? olds : [...olds, newSet]);
    const current = sets.find((set) => set.metadata.uid === newSet?.metadata.uid);
    const written = this.writeStatus(deployment, (d) => rolloutStatus(d, sets, current, this.now()));
    return written.status === undefined ? undefined : msUntilDeadline(written, written.status, this.now());
  }

  private writeStatus(deployment: Deployment, next: (d: Deployment) => Deployment['status']): Deployment {
    const { namespace, name } = deployment.metadata;
    const written = this.client.updateStatus<Deployment>(DEPLOYMENTS, namespace, name, (d) => {
      const status = next({ ...d, metadata: { ...d.metadata, ...generationOf(deployment) } });
      if (status === undefined || JSON.stringify(status) === JSON.stringify(d.status)) return undefined;
      return { ...d, status };
    });
    return written ?? this.client.get<Deployment>(DEPLOYMENTS, namespace, name) ?? deployment;
  }

  private fresh(sets: readonly ReplicaSet[]): ReplicaSet[] {
    return sets.flatMap(
      (set) => this.client.get<ReplicaSet>(REPLICA_SETS, set.metadata.namespace, set.metadata.name) ?? [],
    );
  }

  private event(deployment: Deployment, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.client.event(deployment, type, reason, message, COMPONENT);
  }
}

/** A status speaks of the generation that this round looked at, also when a newer one was written meanwhile. */
const generationOf = ({ metadata }: Deployment): { generation?: number } =>
  metadata.generation === undefined ? {} : { generation: metadata.generation };

const counts = (set: ReplicaSet) => ({
  name: set.metadata.name,
  desired: set.spec?.replicas ?? 0,
  available: set.status?.availableReplicas ?? 0,
  createdAtMs: createdAt(set),
});
const scalable = (set: ReplicaSet): ScalableSet => {
  const max = Number(set.metadata.annotations?.[MAX_REPLICAS]);
  return { ...counts(set), maxReplicas: Number.isInteger(max) ? max : undefined };
};
const isSaturated = (set: ReplicaSet, replicas: number): boolean =>
  set.metadata.annotations?.[DESIRED_REPLICAS] === String(replicas) &&
  set.spec?.replicas === replicas &&
  (set.status?.availableReplicas ?? 0) === replicas;
/** Scaled since the last round: a ReplicaSet with pods still remembers another number. */
const isScaled = (deployment: Deployment, sets: readonly ReplicaSet[]): boolean =>
  sets.some((set) => {
    const desired = set.metadata.annotations?.[DESIRED_REPLICAS];
    return (
      (set.spec?.replicas ?? 0) > 0 && desired !== undefined && Number(desired) !== (deployment.spec?.replicas ?? 1)
    );
  });
const sameEntries = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean => {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
};
