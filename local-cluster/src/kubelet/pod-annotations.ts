/** What the kubelet notes on a pod for the network, the console and people: how it runs and where its ports really are. */
export const RUNTIME_ANNOTATION = 'local-cluster/runtime';
/** What a pod asks for and host processes do not get: nobody shall take a simulation for the thing. */
export const SECURITY_ANNOTATION = 'local-cluster/security';
export const NOT_ENFORCED = 'simulated: host processes run as the user of local-cluster and with its rights';
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
