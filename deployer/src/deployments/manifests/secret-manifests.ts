/**
 * The Secrets of one release: pure. They are made when a release is applied, from the sealed values of the versions that it
 * names, and are never part of its stored manifest set: that one is shown, hashed and kept for ever.
 */
import type { Manifest } from '../../ports/cluster.js';
import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';
import { metadataOf, type ReleaseIdentity } from './identity.js';
import { pullSecretName, secretName } from './workload-manifest.js';

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** Values by the name of the environment variable. A Secret of its own per release, so older pods keep theirs. */
export const secretManifest = (of: ReleaseIdentity, values: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'Opaque',
  metadata: metadataOf(of, secretName(of)),
  data: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, base64(value)])),
});

/** What the kubelet logs in to the registry with. */
export const pullSecretManifest = (of: ReleaseIdentity, account: RegistryAccount): Manifest => {
  const username = account.username ?? '';
  const password = account.password ?? '';
  // Docker Hub's credentials are looked up under its first address by every kubelet.
  const host = account.host === 'docker.io' ? 'https://index.docker.io/v1/' : account.host;
  const auths = { [host]: { username, password, auth: base64(`${username}:${password}`) } };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    metadata: metadataOf(of, pullSecretName(of)),
    data: { '.dockerconfigjson': base64(JSON.stringify({ auths })) },
  };
};
