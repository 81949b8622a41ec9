/** Family B: the new ReplicaSet may not create its pods, or was not created itself. Known within milliseconds, from its condition or event. */
import { WEIGHT, type Finding } from './finding.js';
import { conditionOf, seenAt, textOf, type EventObject, type Pod } from './objects.js';
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import { classifyRefusal, quotaWords, statusInWords } from './refusal-causes.js';
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
const onlyTheSurge = (message: string, { oldPods, pods, podOwner, workload }: RolloutSnapshot): boolean => {
  const requested = amounts(message, 'requested');
  const used = amounts(message, 'used');
  const limited = amounts(message, 'limited');
  const wanted = (workload?.spec?.replicas ?? podOwner?.spec?.replicas ?? 1) - pods.length;
  return (
    oldPods.length > 0 &&
    requested.size > 0 &&
    [...requested].every(([resource, one]) => {
      const withoutOld = (used.get(resource) ?? 0) - oldPods.reduce((sum, pod) => sum + sizeOf(pod, resource), 0);
      return withoutOld + wanted * one <= (limited.get(resource) ?? 0);
    })
  );
};

/** `Error creating: …`, `create Pod web-0 in StatefulSet web failed error: …` → the server's own words. */
const serverWords = (text: string): string =>
  text
    .replace(/^\(combined from similar events\): /, '')
    .replace(/^Error creating: /, '')
    .replace(/^create (Pod|Claim) .*? failed error: /, '');

/** How many pods the owner still lacks; a DaemonSet and a Job count their own way. */
const lacksPods = ({ podOwner, pods }: RolloutSnapshot): boolean => {
  const { kind, spec, status } = podOwner ?? {};
  if (kind === 'DaemonSet') return pods.length < (status?.desiredNumberScheduled ?? 1);
  return pods.length < (kind === 'Job' ? 1 : (spec?.replicas ?? 1));
};

/** What the server said last about pods that could not be made; undefined when they could, or nobody tried. */
const lastRefusal = (snapshot: RolloutSnapshot): { text: string; event: EventObject | undefined } | undefined => {
  const { podOwner, workload } = snapshot;
  const failure =
    conditionOf(podOwner, 'ReplicaFailure') ?? (podOwner ? undefined : conditionOf(workload, 'ReplicaFailure'));
  const events = snapshot.eventsOf(podOwner);
  const event = events.filter(({ reason }) => reason === 'FailedCreate').at(-1);
  if (failure?.status === 'True') return { text: failure.message ?? '', event };
  // No other kind than a ReplicaSet has the condition; its absence there is an answer once it has looked.
  if (failure !== undefined || event === undefined || !lacksPods(snapshot)) return undefined;
  const madeSince = events.some(({ reason, ...made }) => reason === 'SuccessfulCreate' && seenAt(made) > seenAt(event));
  return madeSince ? undefined : { text: textOf(event), event };
};

const refusedPods = (snapshot: RolloutSnapshot): readonly Finding[] => {
  const { podOwner } = snapshot;
  const refusal = lastRefusal(snapshot);
  if (refusal === undefined || podOwner === undefined) return [];
  const message = serverWords(refusal.text);
  // The server's status is not kept in a condition; only its words are.
  const kind = classifyRefusal(
    { status: statusInWords(message), reason: '', message, causes: [] },
    `a pod of ${podOwner.kind} ${podOwner.metadata.name}`,
  );
  const lastEvent = refusal.event;
  const base = {
    weight: WEIGHT.creation,
    object: `${podOwner.kind} ${podOwner.metadata.name}`,
    ...(lastEvent ? { events: [lastEvent] } : {}),
  };
  if (kind.code === 'quota_exceeded' && onlyTheSurge(message, snapshot))
    return [
      {
        ...base,
        code: 'quota_blocks_surge',
        fault: 'platform',
        reason: `The new pods of ${podOwner.kind} ${podOwner.metadata.name} fit into the quota, but not beside the old ones (quota ${quotaWords(message)}).`,
        suggestion:
          'Have the namespace’s quota raised by one pod, or allow the rollout to stop an old pod first (maxUnavailable 1).',
        actAfterMs: undefined,
      },
    ];
  if (kind.fault === 'unknown')
    return [
      {
        ...base,
        code: 'pod_creation_failed',
        fault: 'unknown',
        reason: `${podOwner.kind} ${podOwner.metadata.name} cannot create its pods: ${message}.`,
        suggestion: 'Change what the message objects to; if it is about the cluster itself, tell its operators.',
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
        {
          status: statusInWords(progressing.message ?? ''),
          reason: '',
          message: progressing.message ?? '',
          causes: [],
        },
        `the new ReplicaSet of Deployment ${target.name}`,
      ),
      weight: WEIGHT.creation,
      object: `${target.kind} ${target.name}`,
      actAfterMs: 0,
    });
  const generation = workload?.metadata.generation ?? 0;
  // Jobs and pods do not say what was looked at.
  const says = target.kind !== 'Job' && target.kind !== 'Pod';
  if (workload !== undefined && says && (workload.status?.observedGeneration ?? 0) < generation)
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
