/** The registry credential of an image: the entry for its registry in the pull secrets of the pod. */
import { parseImageReference } from '@aws-deployer/platform/oci/image-reference';
import type { Pod, Secret } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { RegistryCredential } from './container-runtime.js';

export function pullCredential(client: ClusterClient, pod: Pod, image: string): RegistryCredential | undefined {
  const { registry } = parseImageReference(image);
  for (const { name } of pod.spec?.imagePullSecrets ?? []) {
    const secret = client.get<Secret>('core/secrets', pod.metadata.namespace, name);
    const entry = dockerAuth(secret, registry);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function dockerAuth(secret: Secret | undefined, registry: string): RegistryCredential | undefined {
  const text = secret?.data?.['.dockerconfigjson'];
  if (text === undefined) return undefined;
  try {
    const config = JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as {
      auths?: Record<string, { username?: string; password?: string; auth?: string }>;
    };
    for (const [host, entry] of Object.entries(config.auths ?? {})) {
      const named = host.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
      const same = named === registry || (registry === 'docker.io' && /(^|\.)docker\.io$/.test(named));
      if (!same) continue;
      if (entry.username !== undefined && entry.password !== undefined)
        return { username: entry.username, password: entry.password };
      const [username, ...rest] = Buffer.from(entry.auth ?? '', 'base64')
        .toString('utf8')
        .split(':');
      if (username !== undefined && rest.length > 0) return { username, password: rest.join(':') };
    }
  } catch {
    return undefined; // not a docker configuration: as if it were not there, as the kubelet treats it
  }
  return undefined;
}
