/** Family B: the new ReplicaSet may not create its pods, or was not created itself. Known within milliseconds, from its condition or event. */
import { WEIGHT, type Finding } from './finding.js';
import { conditionOf, textOf, type Pod } from './objects.js';
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import { classifyRefusal } from './rejected.js';
import type { RolloutSnapshot } from './snapshot.js';

/** A quota may become free; anything else that forbids pods stays as it is. */
const QUOTA_MS = 5_000;
const UNOBSERVED_MS = 30_000;

const amounts = (text: string, word: string): Map<string, number> => {
  const list = new RegExp(`${word}: ((?:[\\w./-]+=[^,\\s]+,?)+)`).exec(text)?.[1] ?? '';
  return new Map(
    list
      .split(',')
      .filter((item) => item.includes('='))
      .map((item): [string, number] => {
        const [name = '', amount = ''] = item.split('=');
        return [name, quantityOf(amount) ?? Number.NaN]; // compares with nothing
      }),
  );
};

const sizeOf = (pod: Pod, resource: string): number => {
  if (resource === 'pods' || resource === 'count/pods') return 1;
  const [group, name = ''] = resource.includes('.') ? resource.split('.') : ['requests', resource];
  return (pod.spec?.containers ?? []).reduce((sum, container) => {
    const amount = (group === 'limits' ? container.resources?.limits : container.resources?.requests)?.[name];
    return sum + (quantityOf(amount) ?? 0);
  }, 0);
};

/** Whether all new pods would fit if no old one were there: then only the overlap is too much, which the release cannot help. */
const onlyTheSurge = (message: string, { oldPods, pods, replicaSet, workload }: RolloutSnapshot): boolean => {
  const requested = amounts(message, 'requested');
  const used = amounts(message, 'used');
  const limited = amounts(message, 'limited');
  const wanted = (workload?.spec?.replicas ?? replicaSet?.spec?.replicas ?? 1) - pods.length;
  return (
    oldPods.length > 0 &&
    requested.size > 0 &&
    [...requested].every(([resource, one]) => {
      const withoutOld = (used.get(resource) ?? 0) - oldPods.reduce((sum, pod) => sum + sizeOf(pod, resource), 0);
      return withoutOld + wanted * one <= (limited.get(resource) ?? 0);
    })
  );
};

const refusedPods = (snapshot: RolloutSnapshot): readonly Finding[] => {
  const { replicaSet, workload } = snapshot;
  const failure =
    conditionOf(replicaSet, 'ReplicaFailure') ?? (replicaSet ? undefined : conditionOf(workload, 'ReplicaFailure'));
  const events = snapshot.eventsOf(replicaSet).filter((event) => event.reason === 'FailedCreate');
  const lastEvent = events.at(-1);
  const stands =
    failure?.status === 'True' || (failure === undefined && lastEvent !== undefined && snapshot.pods.length === 0);
  if (!stands || replicaSet === undefined) return [];
  const text = failure?.message ?? (lastEvent ? textOf(lastEvent) : '');
  const message = text.replace(/^\(combined from similar events\): /, '').replace(/^Error creating: /, '');
  // The server's status is not kept in a condition; only its words are.
  const kind = classifyRefusal({ status: 403, reason: '', message, causes: [] }, 'The pod');
  const base = {
    weight: WEIGHT.creation,
    object: `ReplicaSet ${replicaSet.metadata.name}`,
    ...(lastEvent ? { events: [lastEvent] } : {}),
  };
  if (kind.code === 'quota_exceeded' && onlyTheSurge(message, snapshot))
    return [
      {
        ...base,
        code: 'quota_blocks_surge',
        fault: 'platform',
        reason: `The new pods fit into the quota, but not beside the old ones: ${message.replace(/^.*exceeded quota: /s, '')}.`,
        suggestion:
          'Have the quota raised by one pod, or allow the rollout to stop an old pod first (maxUnavailable 1).',
        actAfterMs: undefined,
      },
    ];
  if (kind.code === 'cluster_forbidden' || kind.code === 'namespace_missing')
    return [
      {
        ...base,
        code: 'pod_creation_failed',
        fault: 'unknown',
        reason: `The cluster refuses to create the pods: ${message}`,
        suggestion: 'Change what the message objects to.',
        actAfterMs: undefined,
      },
    ];
  return [{ ...base, ...kind, actAfterMs: kind.code === 'quota_exceeded' ? QUOTA_MS : 0 }];
};

export const creation = (snapshot: RolloutSnapshot): readonly Finding[] => {
  const { workload, target } = snapshot;
  const found = [...refusedPods(snapshot)];
  const progressing = conditionOf(workload, 'Progressing');
  if (progressing?.reason === 'ReplicaSetCreateError')
    found.push({
      ...classifyRefusal(
        { status: 422, reason: '', message: progressing.message ?? '', causes: [] },
        'The new ReplicaSet',
      ),
      weight: WEIGHT.creation,
      object: `${target.kind} ${target.name}`,
      actAfterMs: 0,
    });
  const generation = workload?.metadata.generation ?? 0;
  if (workload !== undefined && (workload.status?.observedGeneration ?? 0) < generation)
    found.push({
      code: 'controller_not_observing',
      fault: 'platform',
      weight: WEIGHT.deadline,
      object: `${target.kind} ${target.name}`,
      reason: `The cluster’s controllers have not looked at ${target.kind} ${target.name} for ${String(UNOBSERVED_MS / 1000)} s.`,
      suggestion: 'Nothing is wrong with the release: the cluster’s controller manager does not work.',
      sayAfterMs: UNOBSERVED_MS,
      actAfterMs: undefined,
    });
  return found;
};
