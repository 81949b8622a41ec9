/**
 * The environment of a container from its spec: `envFrom`, `env` with `valueFrom` and `$(NAME)`, Service addresses.
 * Later entries win, as in Kubernetes: Services, envFrom, env. What is missing is a ConfigError with the kubelet's words
 * (`configmap "web-config" not found`), which the pod then shows as CreateContainerConfigError.
 */
import type { ConfigMap, Container, EnvVar, Pod, Secret } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

export function containerEnvironment(
  client: ClusterClient,
  pod: Pod,
  container: Container,
  podIp: string,
  services: Readonly<Record<string, string>>,
): Record<string, string> {
  const env: Record<string, string> = { ...services };
  for (const source of container.envFrom ?? []) {
    for (const [key, value] of Object.entries(readSource(client, pod, source.configMapRef, source.secretRef)))
      if (ENV_NAME.test(`${source.prefix ?? ''}${key}`)) env[`${source.prefix ?? ''}${key}`] = value;
  }
  for (const entry of container.env ?? []) {
    const value = valueOf(client, pod, container, entry, podIp, env);
    if (value !== undefined) env[entry.name] = value;
  }
  return env;
}

/** `$(NAME)` is the value of an earlier variable, `$$(NAME)` stays `$(NAME)`; unknown names stay as they are. */
export const expandVariables = (text: string, env: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\$|\$\(([-._a-zA-Z0-9]+)\)/g, (match, name: string | undefined) =>
    name === undefined ? '$' : (env[name] ?? match),
  );

function readSource(
  client: ClusterClient,
  pod: Pod,
  configMap: { name: string; optional?: boolean } | undefined,
  secret: { name: string; optional?: boolean } | undefined,
): Record<string, string> {
  if (configMap !== undefined) return configMapData(client, pod, configMap.name, configMap.optional) ?? {};
  if (secret !== undefined) return secretData(client, pod, secret.name, secret.optional) ?? {};
  return {};
}

export function configMapData(
  client: ClusterClient,
  pod: Pod,
  name: string,
  optional: boolean | undefined,
): Record<string, string> | undefined {
  const object = client.get<ConfigMap>('core/configmaps', pod.metadata.namespace, name);
  if (object === undefined && optional !== true) throw new ConfigError(`configmap "${name}" not found`);
  return object === undefined ? undefined : (object.data ?? {});
}

export function secretData(
  client: ClusterClient,
  pod: Pod,
  name: string,
  optional: boolean | undefined,
): Record<string, string> | undefined {
  const object = client.get<Secret>('core/secrets', pod.metadata.namespace, name);
  if (object === undefined && optional !== true) throw new ConfigError(`secret "${name}" not found`);
  if (object === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

function valueOf(
  client: ClusterClient,
  pod: Pod,
  container: Container,
  entry: EnvVar,
  podIp: string,
  env: Readonly<Record<string, string>>,
): string | undefined {
  const from = entry.valueFrom;
  if (from === undefined) return expandVariables(entry.value ?? '', env);
  const where = `${pod.metadata.namespace ?? ''}/`;
  if (from.configMapKeyRef !== undefined) {
    const { name, key, optional } = from.configMapKeyRef;
    const value = configMapData(client, pod, name, optional)?.[key];
    if (value === undefined && optional !== true)
      throw new ConfigError(`couldn't find key ${key} in ConfigMap ${where}${name}`);
    return value;
  }
  if (from.secretKeyRef !== undefined) {
    const { name, key, optional } = from.secretKeyRef;
    const value = secretData(client, pod, name, optional)?.[key];
    if (value === undefined && optional !== true)
      throw new ConfigError(`couldn't find key ${key} in Secret ${where}${name}`);
    return value;
  }
  if (from.fieldRef !== undefined) return fieldOf(pod, from.fieldRef.fieldPath, podIp);
  if (from.resourceFieldRef !== undefined) {
    const [kind, resource] = from.resourceFieldRef.resource.split('.');
    const named = from.resourceFieldRef.containerName;
    const of = pod.spec?.containers.find(({ name }) => name === named) ?? container;
    const quantity = quantityOf((kind === 'limits' ? of.resources?.limits : of.resources?.requests)?.[resource ?? '']);
    const divisor = quantityOf(from.resourceFieldRef.divisor) ?? 1;
    return String(Math.ceil((quantity ?? 0) / (divisor === 0 ? 1 : divisor)));
  }
  return undefined;
}

function fieldOf(pod: Pod, path: string, podIp: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null)
    return (keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? 'default';
    case 'status.hostIP':
    case 'status.hostIPs':
      return '127.0.0.1';
    case 'status.podIP':
    case 'status.podIPs':
      return podIp;
    default:
      throw new ConfigError(`unsupported pod field "${path}"`);
  }
}
