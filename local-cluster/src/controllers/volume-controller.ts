/**
 * Gives claims their volumes: a volume made by hand that fits, else a folder of this machine for the storage class
 * `local-path` (the default). A claim that a pod uses is not deleted before the pod; the folder of a claim that is gone
 * goes too, unless its volume's policy is to retain. Sizes are promised, not enforced.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { isStatusError } from '../store/status-error.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';
import { selectorMatches } from './ownership.js';
import { isPodFinished } from './pod-state.js';

const CLAIMS = 'core/persistentvolumeclaims';
const VOLUMES = 'core/persistentvolumes';
const CLASSES = 'storage.k8s.io/storageclasses';
const PODS = 'core/pods';
const COMPONENT = 'persistentvolume-controller';
const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
export const DEFAULT_CLASS = 'local-path';
const PROVISIONER = 'local-cluster/folder';
/** A claim that cannot be bound is looked at again this often, as Kubernetes resyncs. */
const RETRY_MS = 15_000;
/** Keys of volumes and claims share one queue. */
const VOLUME = 'volume:';

export function createVolumeController(client: ClusterClient, dataDir: string, log: Logger): Controller {
  const waiting = (): string[] =>
    client
      .list<PersistentVolumeClaim>(CLAIMS)
      .filter(({ status }) => status?.phase !== 'Bound')
      .map(keyOf);
  const controller = createController({
    name: COMPONENT,
    client,
    log,
    watches: {
      [CLAIMS]: ({ object }) => [
        keyOf(object),
        ...((object as PersistentVolumeClaim).spec?.volumeName === undefined
          ? []
          : [`${VOLUME}${(object as PersistentVolumeClaim).spec?.volumeName ?? ''}`]),
      ],
      [VOLUMES]: ({ object }) => [`${VOLUME}${object.metadata.name}`, ...waiting()],
      [CLASSES]: waiting,
      // The last pod of a claim may have gone.
      [PODS]: ({ object }) => claimsOf(object as Pod).map((name) => `${object.metadata.namespace ?? ''}/${name}`),
    },
    reconcile: (key) =>
      key.startsWith(VOLUME)
        ? reconcileVolume(client, dataDir, key.slice(VOLUME.length))
        : reconcileClaim(client, dataDir, key),
  });
  return {
    start() {
      makeDefaultClass(client);
      controller.start();
    },
    stop: () => controller.stop(),
  };
}

const claimsOf = (pod: Pod): string[] =>
  (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);

function makeDefaultClass(client: ClusterClient): void {
  if (client.get(CLASSES, undefined, DEFAULT_CLASS) !== undefined) return;
  client.create<StorageClass>(CLASSES, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: DEFAULT_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: PROVISIONER,
  });
}

async function reconcileClaim(client: ClusterClient, dataDir: string, key: string): Promise<number | undefined> {
  const { namespace, name } = splitKey(key);
  const claim = client.get<PersistentVolumeClaim>(CLAIMS, namespace, name);
  if (claim === undefined) return undefined;
  if (claim.metadata.deletionTimestamp !== undefined) {
    releaseClaim(client, claim);
    return undefined;
  }
  if (claim.status?.phase === 'Bound') return undefined;
  const volume = matching(client, claim) ?? (await provision(client, dataDir, claim));
  if (volume === undefined) return RETRY_MS;
  bind(client, claim, volume);
  return undefined;
}

function releaseClaim(client: ClusterClient, claim: PersistentVolumeClaim): void {
  const { namespace, name } = claim.metadata;
  const used = client
    .list<Pod>(PODS, namespace)
    .some((pod) => !isPodFinished(pod) && (pod.spec?.nodeName ?? '') !== '' && claimsOf(pod).includes(name));
  if (used || !(claim.metadata.finalizers ?? []).includes(CLAIM_PROTECTION)) return;
  client.update(CLAIMS, namespace, name, (fresh) => {
    fresh.metadata.finalizers = (fresh.metadata.finalizers ?? []).filter((one) => one !== CLAIM_PROTECTION);
    return fresh;
  });
}

/** A free volume that holds enough, of the same class and modes; the smallest. */
function matching(client: ClusterClient, claim: PersistentVolumeClaim): PersistentVolume | undefined {
  const { spec, metadata } = claim;
  const size = (volume: PersistentVolume): number => quantityOf(volume.spec?.capacity?.['storage']) ?? 0;
  return client
    .list<PersistentVolume>(VOLUMES)
    .filter((volume) => {
      const reference = volume.spec?.claimRef;
      if (reference !== undefined && (reference.namespace !== metadata.namespace || reference.name !== metadata.name))
        return false;
      if (reference?.uid !== undefined && reference.uid !== metadata.uid) return false;
      if (spec?.volumeName !== undefined && spec.volumeName !== volume.metadata.name) return false;
      return (
        (volume.spec?.storageClassName ?? '') === (spec?.storageClassName ?? '') &&
        (spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode)) &&
        (spec?.selector === undefined || selectorMatches(spec.selector, volume.metadata.labels)) &&
        size(volume) >= (quantityOf(spec?.resources?.requests?.['storage']) ?? 0)
      );
    })
    .sort((a, b) => size(a) - size(b))[0];
}

/** A new folder, where the claim's class is ours; otherwise says why there is none. */
async function provision(
  client: ClusterClient,
  dataDir: string,
  claim: PersistentVolumeClaim,
): Promise<PersistentVolume | undefined> {
  const className = claim.spec?.storageClassName ?? '';
  if (className === '') {
    const why = 'no persistent volumes available for this claim and no storage class is set';
    client.event(claim, 'Normal', 'FailedBinding', why, COMPONENT);
    return undefined;
  }
  const found = client.get<StorageClass>(CLASSES, undefined, className);
  if (found === undefined) {
    const why = `storageclass.storage.k8s.io "${className}" not found`;
    client.event(claim, 'Warning', 'ProvisioningFailed', why, COMPONENT);
    return undefined;
  }
  if (found.provisioner !== PROVISIONER) {
    const why = `Waiting for a volume to be created either by the external provisioner '${found.provisioner ?? ''}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
    client.event(claim, 'Normal', 'ExternalProvisioning', why, COMPONENT);
    return undefined;
  }
  const { uid = '', name, namespace } = claim.metadata;
  const path = folderOf(dataDir, `pvc-${uid}`);
  await mkdir(path, { recursive: true });
  await chmod(path, 0o777); // whoever the containers run as writes there
  const volume = client.create<PersistentVolume>(VOLUMES, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `pvc-${uid}`, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
    spec: {
      capacity: { storage: claim.spec?.resources?.requests?.['storage'] ?? '1Gi' },
      accessModes: claim.spec?.accessModes ?? ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: found.reclaimPolicy ?? 'Delete',
      storageClassName: className,
      volumeMode: 'Filesystem',
      hostPath: { path, type: 'DirectoryOrCreate' },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        name,
        ...(namespace === undefined ? {} : { namespace }),
        uid,
      },
    },
  });
  client.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume pvc-${uid}`, COMPONENT);
  return volume;
}

function bind(client: ClusterClient, claim: PersistentVolumeClaim, volume: PersistentVolume): void {
  const { namespace, name, uid } = claim.metadata;
  client.update<PersistentVolume>(VOLUMES, undefined, volume.metadata.name, (fresh) => {
    fresh.spec = {
      ...fresh.spec,
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        ...(namespace === undefined ? {} : { namespace }),
        name,
        ...(uid === undefined ? {} : { uid }),
      },
    };
    return fresh;
  });
  client.updateStatus<PersistentVolume>(VOLUMES, undefined, volume.metadata.name, (fresh) => ({
    ...fresh,
    status: { phase: 'Bound' },
  }));
  client.update<PersistentVolumeClaim>(CLAIMS, namespace, name, (fresh) => {
    fresh.spec = { ...fresh.spec, volumeName: volume.metadata.name };
    fresh.metadata.annotations = { ...fresh.metadata.annotations, 'pv.kubernetes.io/bind-completed': 'yes' };
    return fresh;
  });
  client.updateStatus<PersistentVolumeClaim>(CLAIMS, namespace, name, (fresh) => ({
    ...fresh,
    status: {
      phase: 'Bound',
      ...(volume.spec?.accessModes === undefined ? {} : { accessModes: volume.spec.accessModes }),
      ...(volume.spec?.capacity === undefined ? {} : { capacity: volume.spec.capacity }),
    },
  }));
}

async function reconcileVolume(client: ClusterClient, dataDir: string, name: string): Promise<void> {
  const volume = client.get<PersistentVolume>(VOLUMES, undefined, name);
  if (volume === undefined) return;
  const reference = volume.spec?.claimRef;
  const claim =
    reference?.name === undefined
      ? undefined
      : client.get<PersistentVolumeClaim>(CLAIMS, reference.namespace, reference.name);
  const orphaned = reference?.uid !== undefined && claim?.metadata.uid !== reference.uid;
  if (!orphaned) {
    if (volume.status?.phase === 'Pending') setPhase(client, volume, 'Available');
    return;
  }
  if (volume.spec?.persistentVolumeReclaimPolicy !== 'Delete') {
    setPhase(client, volume, 'Released');
    return;
  }
  try {
    client.delete(VOLUMES, undefined, name);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
  // Only a folder that was made here is taken away again.
  if (volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === PROVISIONER)
    await rm(folderOf(dataDir, name), { recursive: true, force: true });
}

function setPhase(client: ClusterClient, volume: PersistentVolume, phase: 'Available' | 'Released'): void {
  if (volume.status?.phase === phase) return;
  client.updateStatus<PersistentVolume>(VOLUMES, undefined, volume.metadata.name, (fresh) => ({
    ...fresh,
    status: { phase },
  }));
}

const folderOf = (dataDir: string, volume: string): string => join(dataDir, 'volumes', volume);
