/** The volume claims of the pods: there, bound or bindable, and on a node that can have them. Pure. */
import { aboutOf, textOf, type EventObject } from '../../deployments/verdict/objects.js';
import type { Manifest } from '../../ports/cluster.js';
import { failed, orPassed, untold, warned, type Check } from '../check.js';
import { keyOf, valueOf, type ClusterState } from '../cluster-state.js';
import type { DesiredState, DesiredWorkload } from '../desired-state.js';
import { specOf, statusOf } from '../pod-shape.js';
import { needsOf } from './references.js';

interface ClaimSpec {
  readonly storageClassName?: string;
  readonly accessModes?: readonly string[];
  readonly volumeName?: string;
}
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

export const storage = (desired: DesiredState, state: ClusterState): readonly Check[] =>
  orPassed(
    'storage',
    desired.workloads.flatMap((workload) =>
      needsOf(workload.pod)
        .filter(({ kind }) => kind === 'PersistentVolumeClaim')
        .flatMap(({ name }) => judge(name, workload, desired, state)),
    ),
    'No volume claim is in the way.',
  );

function judge(name: string, workload: DesiredWorkload, desired: DesiredState, state: ClusterState): readonly Check[] {
  const ours = desired.manifests.find(
    (manifest) => manifest.kind === 'PersistentVolumeClaim' && manifest.metadata.name === name,
  );
  const reading = state.referenced.get(keyOf('PersistentVolumeClaim', name));
  const live = valueOf(reading, undefined);
  const { object } = workload;
  const unbound = (message: string, mend: string, evidence: readonly string[] = []): readonly Check[] => [
    failed('storage', { code: 'pvc_unbound', fault: 'release', object, message, mend, evidence }),
  ];
  if (live === undefined && ours === undefined) {
    if (reading?.known !== true)
      return [untold('storage', `The volume claim ${name} could not be read: ${reading?.why ?? 'not asked'}`)];
    return unbound(
      `No node can take a pod of ${object}: the volume claim ${name} does not exist in ${desired.namespace}`,
      `Create the claim ${name}, or do not mount it`,
    );
  }
  const claim = live ?? ours;
  const spec = specOf<ClaimSpec>(claim);
  if (statusOf<{ phase?: string }>(live).phase === 'Bound') return attachable(name, spec, workload, state);
  if (!state.storageClasses.known)
    return [untold('storage', `The storage classes could not be read: ${state.storageClasses.why}`)];
  const classes = state.storageClasses.value;
  const wanted = spec.storageClassName;
  const storageClass =
    wanted === undefined
      ? classes.find(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true')
      : classes.find(({ metadata }) => metadata.name === wanted);
  const refused = valueOf(state.events, [])
    .filter((event) => isAbout(event, name) && event['reason'] === 'ProvisioningFailed')
    .map((event) => textOf(event as EventObject));
  if (storageClass === undefined && (wanted !== '' || live !== undefined))
    return unbound(
      wanted === undefined
        ? `The volume claim ${name} names no storage class and the cluster has no default one, so it stays unbound`
        : wanted === ''
          ? `The volume claim ${name} waits for a volume that is made by hand, and none is bound to it`
          : `The volume claim ${name} names the storage class ${wanted}, which does not exist`,
      'Name a storage class that exists, or have the volume provided',
      [`storage classes: ${classes.map(({ metadata }) => metadata.name).join(', ') || 'none'}`],
    );
  if (refused.length > 0)
    return unbound(
      `The volume claim ${name} cannot be provided: ${refused.at(-1) ?? ''}`,
      'Look at what the provisioner says',
      refused,
    );
  if (live !== undefined && storageClass?.['volumeBindingMode'] !== 'WaitForFirstConsumer')
    return [
      warned('storage', {
        code: 'pvc_unbound',
        fault: 'platform',
        object,
        message: `The volume claim ${name} is not bound yet; pods wait for it`,
        mend: 'See whether its provisioner runs',
      }),
    ];
  return [];
}

/** A volume for one node at a time, and pods of two versions at a time. */
function attachable(
  name: string,
  { accessModes = [] }: ClaimSpec,
  workload: DesiredWorkload,
  state: ClusterState,
): readonly Check[] {
  const oneNode = accessModes.every((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod');
  const several = workload.overlap === 'rolling' && workload.surge > 0;
  if (!oneNode || !(several || workload.replicas > 1) || valueOf(state.nodes, []).length < 2) return [];
  return [
    warned('storage', {
      code: 'volume_attach_failed',
      fault: 'release',
      object: workload.object,
      message: `The volume of claim ${name} can be on one node at a time, but ${workload.replicas > 1 ? `${workload.replicas} pods` : 'the old and the new pod'} of ${workload.object} may be on several`,
      mend: 'Use a volume that many nodes can mount (ReadWriteMany), or one replica that is stopped before it is replaced',
    }),
  ];
}

const isAbout = (event: Manifest, claim: string): boolean => {
  const about = aboutOf(event);
  return about.kind === 'PersistentVolumeClaim' && about.name === claim;
};
