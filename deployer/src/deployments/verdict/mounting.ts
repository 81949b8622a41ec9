/** Family C, between node and image: a volume that is not there, or a sandbox that cannot be made. Only events tell: the pod itself stays at ContainerCreating. */
import { KIND_NAMES, WEIGHT, podName, type Finding } from './finding.js';
import { containersOf, neverStarted, textOf, type EventObject, type Pod } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

const MOUNT_MS = 90_000;
/** A node's cache that is behind, not an object that is missing. */
const PASSING = /failed to sync .* cache|not registered|object is being deleted/;

type Cause = Pick<Finding, 'code' | 'fault' | 'reason' | 'suggestion' | 'actAfterMs'>;

const ofMount = (text: string, who: string): Cause => {
  const missing = /(secret|configmap) "([^"]+)" not found/i.exec(text);
  const key = /references non-existent (secret|config) key: (\S+)/.exec(text);
  if (missing) {
    const [, word = '', name = ''] = missing;
    const kind = word.toLowerCase();
    return {
      code: `missing_${kind}_volume`,
      fault: 'release',
      reason: `${who} waits for a volume from the ${KIND_NAMES[kind] ?? kind} ${name}, which does not exist.`,
      suggestion: `Create the ${KIND_NAMES[kind] ?? kind} ${name} in the namespace, or remove the volume.`,
      actAfterMs: 0,
    };
  }
  if (key) {
    const kind = key[1] === 'secret' ? 'secret' : 'configmap';
    return {
      code: `missing_${kind}_key`,
      fault: 'release',
      reason: `${who} waits for a volume from a ${KIND_NAMES[kind] ?? kind} that has no key ${key[2] ?? ''}.`,
      suggestion: `Add the key ${key[2] ?? ''} to the ${KIND_NAMES[kind] ?? kind}, or correct its name in the volume’s items.`,
      actAfterMs: 0,
    };
  }
  const own = /hostPath type check failed|is not a directory|subPath|not a (file|directory)/.test(text);
  return {
    code: 'volume_mount_failed',
    fault: own ? 'release' : 'platform',
    reason: `A volume of ${who} cannot be mounted: ${text}`,
    suggestion: own
      ? 'Correct the volume that the message names: its path or its type.'
      : 'The cluster’s operators must mend the storage that the message names.',
    actAfterMs: own ? MOUNT_MS : undefined,
  };
};

const ofEvent = (event: EventObject, who: string): Cause | undefined => {
  const text = textOf(event);
  if (event.reason === 'FailedMount') return PASSING.test(text) ? undefined : ofMount(text, who);
  if (event.reason === 'FailedAttachVolume')
    return {
      code: 'volume_attach_failed',
      fault: 'platform',
      reason: `A volume of ${who} cannot be attached to its node: ${text}`,
      suggestion: /Multi-Attach/.test(text)
        ? 'Another node still holds the volume: stop the pod there first (strategy Recreate), or use a volume that many nodes may use.'
        : 'The cluster’s operators must mend the storage that the message names.',
      actAfterMs: undefined,
    };
  if (event.reason !== 'FailedCreatePodSandBox') return undefined;
  return {
    code: 'sandbox_create_failed',
    fault: 'platform',
    reason: `The node cannot set up the network or runtime of ${who}: ${text.replace(/^Failed to create pod sandbox: /, '')}`,
    suggestion: 'Nothing is wrong with the release: the cluster’s operators must mend the node’s network or runtime.',
    actAfterMs: undefined,
  };
};

const ofPod = (pod: Pod, snapshot: RolloutSnapshot): readonly Finding[] => {
  if (pod.status?.phase === 'Failed' || containersOf(pod).some(({ status }) => !neverStarted(status))) return [];
  const events = snapshot.eventsOf(pod);
  // An image that is being fetched shows that volumes and sandbox came at last.
  const begun = events.some(({ reason }) => reason === 'Pulling' || reason === 'Pulled' || reason === 'Created');
  if (begun) return [];
  return events.flatMap((event) => {
    const cause = ofEvent(event, podName(pod));
    return cause
      ? [{ ...cause, weight: WEIGHT.start, pod: pod.metadata.name, object: podName(pod), events: [event] }]
      : [];
  });
};

export const mounting = (snapshot: RolloutSnapshot): readonly Finding[] =>
  snapshot.pods.flatMap((pod) => ofPod(pod, snapshot));
