/** Limit ranges of the namespace against each container and pod: pure. */
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import { failed, orPassed, untold, type Check } from '../check.js';
import type { ClusterState } from '../cluster-state.js';
import type { DesiredState } from '../desired-state.js';
import { allContainers } from '../pod-shape.js';
import { amountWords, askedBy, askedByPod, limitsOf, type Asked, type Limits } from '../resources.js';

export const limitRange = (desired: DesiredState, state: ClusterState): readonly Check[] => {
  if (!state.limitRanges.known)
    return [untold('limit_range', `The limit ranges could not be read: ${state.limitRanges.why}`)];
  const limits = limitsOf(state.limitRanges.value);
  const checks = desired.workloads.flatMap(({ object, pod }): Check[] => {
    const violations = limits.flatMap((range) => {
      if (range.type === 'Pod') return violationsOf(range, askedByPod(pod, limits), 'Pod', object);
      if (range.type !== 'Container') return [];
      return allContainers(pod).flatMap((container) =>
        violationsOf(range, askedBy(container, limits), 'Container', `container ${container.name}`),
      );
    });
    const [first] = violations;
    return first === undefined
      ? []
      : [
          failed('limit_range', {
            code: 'limit_range_violation',
            fault: 'release',
            object,
            message: `The namespace’s limit range does not allow these pods: ${first}`,
            mend: 'Set workload.resources within the limits that the message names',
            evidence: violations,
          }),
        ];
  });
  return orPassed(
    'limit_range',
    checks,
    limits.length === 0 ? 'The namespace has no limit range.' : 'Within the limit range.',
  );
};

/** In the words of the server: `maximum memory usage per Container is 128Mi, but limit is 256Mi`. */
function violationsOf(range: Limits, { requests, limits }: Asked, per: string, whose: string): readonly string[] {
  const found: string[] = [];
  for (const [resource, text] of Object.entries(range.max ?? {})) {
    const most = quantityOf(text) ?? Infinity;
    const limit = limits[resource];
    if (limit === undefined) found.push(`${resource} of ${whose} has no limit, and the maximum per ${per} is ${text}`);
    else if (limit > most)
      found.push(
        `maximum ${resource} usage per ${per} is ${text}, but the limit of ${whose} is ${amountWords(resource, limit)}`,
      );
  }
  for (const [resource, text] of Object.entries(range.min ?? {})) {
    const least = quantityOf(text) ?? 0;
    const request = requests[resource];
    if (request === undefined)
      found.push(`${resource} of ${whose} has no request, and the minimum per ${per} is ${text}`);
    else if (request < least)
      found.push(
        `minimum ${resource} usage per ${per} is ${text}, but the request of ${whose} is ${amountWords(resource, request)}`,
      );
  }
  for (const [resource, text] of Object.entries(range.maxLimitRequestRatio ?? {})) {
    const [limit, request] = [limits[resource], requests[resource]];
    if (limit !== undefined && request !== undefined && limit / request > (quantityOf(text) ?? Infinity))
      found.push(
        `${resource} of ${whose}: the limit may be at most ${text} times the request, and is ${String(Math.round((limit / request) * 10) / 10)} times`,
      );
  }
  return found;
}
