/**
 * The volumes of a pod as folders of this machine: emptyDir, hostPath, claims, ConfigMap and Secret. The service account's
 * projected volume is left out: nothing here asks for it. Others are refused by name, and a missing source is a
 * MountError with the kubelet's words; the pod then waits as ContainerCreating.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Container, KeyToPath, PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { ConfigError, configMapData, secretData } from './container-environment.js';
import type { MountSpec } from './container-runtime.js';

export class MountError extends Error {
  override readonly name = 'MountError';
}

/** Volume name → folder; volumes that are left out are absent. */
export async function prepareVolumes(
  client: ClusterClient,
  pod: Pod,
  podDir: string,
): Promise<ReadonlyMap<string, string>> {
  const folders = new Map<string, string>();
  for (const volume of pod.spec?.volumes ?? []) {
    const folder = await prepare(client, pod, volume, join(podDir, 'volumes', volume.name));
    if (folder !== undefined) folders.set(volume.name, folder);
  }
  return folders;
}

async function prepare(client: ClusterClient, pod: Pod, volume: Volume, folder: string): Promise<string | undefined> {
  const { configMap, secret, hostPath, emptyDir, projected, downwardAPI } = volume;
  if (projected !== undefined || downwardAPI !== undefined) return undefined;
  if (hostPath !== undefined) {
    if (hostPath.type === 'DirectoryOrCreate') await mkdir(hostPath.path, { recursive: true });
    return hostPath.path;
  }
  if (configMap !== undefined || secret !== undefined) {
    await mkdir(folder, { recursive: true });
    const data = source(volume.name, () =>
      configMap !== undefined
        ? configMapData(client, pod, configMap.name, configMap.optional)
        : secretData(client, pod, secret?.secretName ?? '', secret?.optional),
    );
    await writeFiles(folder, data ?? {}, configMap?.items ?? secret?.items, volume.name);
    return folder;
  }
  if (volume.persistentVolumeClaim !== undefined)
    return claimedFolder(client, pod, volume.name, volume.persistentVolumeClaim.claimName);
  if (emptyDir !== undefined || Object.keys(volume).length === 1) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o777); // whoever the containers run as writes there
    return folder;
  }
  const kind = Object.keys(volume).find((field) => field !== 'name') ?? 'unknown';
  throw new MountError(
    `MountVolume.SetUp failed for volume "${volume.name}" : volumes of type ${kind} are not supported here`,
  );
}

async function claimedFolder(client: ClusterClient, pod: Pod, volume: string, claimName: string): Promise<string> {
  const claim = client.get<PersistentVolumeClaim>('core/persistentvolumeclaims', pod.metadata.namespace, claimName);
  const spec =
    claim?.spec?.volumeName === undefined
      ? undefined
      : client.get<PersistentVolume>('core/persistentvolumes', undefined, claim.spec.volumeName)?.spec;
  const path = spec?.hostPath?.path ?? spec?.local?.path;
  if (path === undefined)
    throw new MountError(
      `MountVolume.SetUp failed for volume "${volume}" : ${claim === undefined ? `persistentvolumeclaim "${claimName}" not found` : `PVC ${pod.metadata.namespace ?? ''}/${claimName} has no volume of a folder of this machine`}`,
    );
  if (spec?.hostPath?.type === 'DirectoryOrCreate') await mkdir(path, { recursive: true });
  return path;
}

function source(volume: string, read: () => Record<string, string> | undefined): Record<string, string> | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError)
      throw new MountError(`MountVolume.SetUp failed for volume "${volume}" : ${error.message}`, { cause: error });
    throw error;
  }
}

async function writeFiles(
  folder: string,
  data: Readonly<Record<string, string>>,
  items: readonly KeyToPath[] | undefined,
  volume: string,
): Promise<void> {
  const files = items ?? Object.keys(data).map((key): KeyToPath => ({ key, path: key }));
  for (const { key, path, mode } of files) {
    const content = data[key];
    if (content === undefined)
      throw new MountError(
        `MountVolume.SetUp failed for volume "${volume}" : references non-existent config key: ${key}`,
      );
    const target = resolve(folder, path);
    if (!target.startsWith(folder + sep))
      throw new MountError(`MountVolume.SetUp failed for volume "${volume}" : bad path ${path}`);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { mode: mode ?? 0o644 });
  }
}

export const mountsOf = (container: Container, folders: ReadonlyMap<string, string>): MountSpec[] =>
  (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath, readOnly }) => {
    const folder = folders.get(name);
    if (folder === undefined) return [];
    return [
      {
        source: subPath === undefined ? folder : join(folder, subPath),
        target: mountPath,
        readOnly: readOnly === true,
      },
    ];
  });
