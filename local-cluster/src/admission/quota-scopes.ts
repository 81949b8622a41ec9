import type { Pod, ResourceQuota } from '../resources/types.js';
import { qosClassOf } from './pod-quality.js';

/** Which pods a quota with scopes counts: all of its scopes must hold. Pure. */
interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

export const podInScopes = ({ spec }: ResourceQuota, pod: Pod): boolean => {
  const selected = (spec?.scopeSelector as { matchExpressions?: readonly ScopeRequirement[] } | undefined)
    ?.matchExpressions;
  const requirements = [
    ...(spec?.scopes ?? []).map((scopeName): ScopeRequirement => ({ scopeName })),
    ...(selected ?? []),
  ];
  return requirements.every((requirement) => holds(requirement, pod));
};

const holds = ({ scopeName, operator = 'Exists', values = [] }: ScopeRequirement, pod: Pod): boolean => {
  const bestEffort = pod.spec === undefined || qosClassOf(pod.spec) === 'BestEffort';
  switch (scopeName) {
    case 'Terminating':
      return pod.spec?.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return pod.spec?.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return bestEffort;
    case 'NotBestEffort':
      return !bestEffort;
    case 'PriorityClass': {
      const priority = pod.spec?.priorityClassName ?? '';
      if (operator === 'In') return values.includes(priority);
      if (operator === 'NotIn') return !values.includes(priority);
      return (priority !== '') === (operator === 'Exists');
    }
    default:
      return false;
  }
};
