/** Family G, rows 47 and 48: an autoscaler that does not work. The rollout itself may well complete. */
import { WEIGHT, type Finding } from './finding.js';
import { conditionOf } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

/** New pods have no metrics yet; the next two readings have. */
const WARM_UP_MS = 60_000;

type Cause = Pick<Finding, 'code' | 'fault' | 'reason' | 'suggestion' | 'sayAfterMs'>;

const blind = (reason: string, message: string, who: string): Cause => {
  const unasked = /missing request for (\S+)/.exec(message);
  if (unasked)
    return {
      code: 'hpa_requests_missing',
      fault: 'release',
      reason: `${who} cannot work: the pods do not say how much ${unasked[1] ?? ''} they request.`,
      suggestion: `Set workload.resources.requests.${unasked[1] ?? 'cpu'}: a share of nothing cannot be computed.`,
    };
  if (reason === 'AmbiguousSelector')
    return {
      code: 'hpa_conflict',
      fault: 'release',
      reason: `${who} cannot work: another autoscaler scales the same pods (${message}).`,
      suggestion: 'Keep one HorizontalPodAutoscaler for a workload and remove the other.',
    };
  const absent =
    /could not find the requested resource|no metrics (server|API)|currently unable to handle|no custom metrics API/i.test(
      message,
    );
  return {
    code: 'hpa_metrics_unavailable',
    fault: 'platform',
    reason: `${who} is blind: ${message.replace(/^the HPA was unable to compute the replica count: /, '')}.`,
    suggestion: absent
      ? 'Nothing is wrong with the release: the cluster has no metrics API (metrics-server); its operators must install it.'
      : 'Look at the metrics that the autoscaler asks for: nobody delivers them.',
    ...(absent ? {} : { sayAfterMs: WARM_UP_MS }),
  };
};

export const autoscaling = (snapshot: RolloutSnapshot): readonly Finding[] =>
  snapshot.autoscalers.flatMap((autoscaler): Finding[] => {
    const { name } = autoscaler.metadata;
    const who = `The autoscaler ${name}`;
    const base = { weight: WEIGHT.outcome, object: `HorizontalPodAutoscaler ${name}`, actAfterMs: undefined };
    const events = snapshot.eventsOf(autoscaler).filter(({ type }) => type === 'Warning');
    const able = conditionOf(autoscaler, 'AbleToScale');
    if (able?.status === 'False' && able.reason === 'FailedGetScale')
      return [
        {
          ...base,
          code: 'hpa_target_missing',
          fault: 'release',
          reason: `${who} does not find what it should scale: ${able.message ?? ''}.`,
          suggestion: 'Correct its scaleTargetRef: kind, name and apiVersion of the workload.',
          events: events.slice(-1),
        },
      ];
    const active = conditionOf(autoscaler, 'ScalingActive');
    if (active?.status !== 'False' || active.reason === 'ScalingDisabled') return [];
    return [{ ...base, ...blind(active.reason ?? '', active.message ?? '', who), events: events.slice(-1) }];
  });
