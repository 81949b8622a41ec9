import type { Container, PodSpec } from '../resources/types.js';

/**
 * The quality-of-service class of a pod: Guaranteed when every container's cpu and memory limits equal its requests,
 * BestEffort when no container asks for or limits either, else Burstable.
 */
const COUNTED = ['cpu', 'memory'] as const;

export const qosClassOf = (spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' => {
  const containers: Container[] = [
    ...(Array.isArray(spec.containers) ? spec.containers : []),
    ...(Array.isArray(spec.initContainers) ? spec.initContainers : []),
  ];
  let asked = false;
  let guaranteed = containers.length > 0;
  for (const { resources } of containers)
    for (const name of COUNTED) {
      const request = resources?.requests?.[name];
      const limit = resources?.limits?.[name];
      if (request !== undefined || limit !== undefined) asked = true;
      if (limit === undefined || (request ?? limit) !== limit) guaranteed = false;
    }
  if (!asked) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
};
