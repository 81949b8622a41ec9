/** What the kubelet notes on a pod for the network, the console and people: how it runs and where its ports really are. */
import type { Pod } from '../resources/types.js';
import type { RunningContainer } from './container-runtime.js';
import { asksForLess } from './container-security.js';

export const RUNTIME_ANNOTATION = 'local-cluster/runtime';
/** What a pod asks for and host processes do not get: nobody shall take a simulation for the thing. */
export const SECURITY_ANNOTATION = 'local-cluster/security';
const NOT_ENFORCED = 'simulated: host processes run as the user of local-cluster and with its rights';
export const PORTS_ANNOTATION = 'local-cluster/ports';

/** Container port → loopback port, from the annotation. */
export function readPorts(annotation: string | undefined): Record<string, number> {
  if (annotation === undefined) return {};
  try {
    const ports: unknown = JSON.parse(annotation);
    if (typeof ports !== 'object' || ports === null) return {};
    return Object.fromEntries(
      Object.entries(ports).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
    );
  } catch {
    return {}; // written by somebody else: it names no port of ours
  }
}

/** All annotations of the pod once this container of it runs; undefined: they are so already. */
export function notesOf(pod: Pod, container: RunningContainer): Record<string, string> | undefined {
  const present = pod.metadata.annotations ?? {};
  const ports = JSON.stringify({ ...readPorts(present[PORTS_ANNOTATION]), ...container.ports });
  if (present[RUNTIME_ANNOTATION] === container.runtime && present[PORTS_ANNOTATION] === ports) return undefined;
  const simulated =
    container.runtime === 'process' && pod.spec?.containers.some((one) => asksForLess(pod, one)) === true;
  return {
    ...present,
    [RUNTIME_ANNOTATION]: container.runtime,
    [PORTS_ANNOTATION]: ports,
    ...(simulated ? { [SECURITY_ANNOTATION]: NOT_ENFORCED } : {}),
  };
}
