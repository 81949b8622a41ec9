import type { Container, PodSpec } from '../resources/types.js';
import { containersOf } from './pod-containers.js';

/**
 * The Pod Security Standards, `baseline` and `restricted`: what a pod's spec breaks, each as `reason (detail)`, in the
 * order and the words of Kubernetes. AppArmor, SELinux, procMount and Windows are not looked at. Pure.
 */
export type PodSecurityLevel = 'baseline' | 'restricted';

interface Subject {
  readonly spec: PodSpec;
  readonly containers: readonly Container[];
}
/** A reason with its detail, or undefined: the check holds. */
type Check = (subject: Subject) => string | undefined;

export const podSecurityViolations = (spec: PodSpec, level: PodSecurityLevel): string[] => {
  const subject: Subject = { spec, containers: containersOf(spec).map(({ container }) => container) };
  return (level === 'baseline' ? BASELINE : RESTRICTED).flatMap((check) => check(subject) ?? []);
};

const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');
const plural = (word: string, names: readonly string[]): string => `${word}${names.length === 1 ? '' : 's'}`;
/** `container "web"`, `containers "a", "b"`. */
const named = (names: readonly string[]): string => `${plural('container', names)} ${quoted(names)}`;
const namesOf = (containers: readonly Container[], breaks: (container: Container) => boolean): string[] =>
  containers.filter(breaks).map(({ name }) => name);

const BASELINE_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
const RESTRICTED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const SAFE_SYSCTLS = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

const addedBeyond = (containers: readonly Container[], allowed: ReadonlySet<string>): [string[], string[]] => {
  const added = (container: Container): string[] =>
    (container.securityContext?.capabilities?.add ?? []).filter((capability) => !allowed.has(capability));
  return [
    namesOf(containers, (container) => added(container).length > 0),
    [...new Set(containers.flatMap(added))].sort(),
  ];
};

const baselineCapabilities: Check = ({ containers }) => {
  const [names, added] = addedBeyond(containers, BASELINE_CAPABILITIES);
  return names.length === 0
    ? undefined
    : `non-default capabilities (${named(names)} must not include ${quoted(added)} in securityContext.capabilities.add)`;
};

const hostNamespaces: Check = ({ spec }) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter(
    (field) => (spec as Record<string, unknown>)[field] === true,
  );
  return used.length === 0 ? undefined : `host namespaces (${used.map((field) => `${field}=true`).join(', ')})`;
};

const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  return names.length === 0 ? undefined : `hostPath volumes (${plural('volume', names)} ${quoted(names)})`;
};

const hostPorts: Check = ({ containers }) => {
  const portsOf = (container: Container): number[] =>
    (container.ports ?? []).flatMap(({ hostPort }) => (hostPort === undefined || hostPort === 0 ? [] : [hostPort]));
  const names = namesOf(containers, (container) => portsOf(container).length > 0);
  const ports = [...new Set(containers.flatMap(portsOf))].sort((a, b) => a - b).map(String);
  return names.length === 0
    ? undefined
    : `hostPort (${named(names)} ${names.length === 1 ? 'uses' : 'use'} ${plural('hostPort', ports)} ${ports.join(', ')})`;
};

const privileged: Check = ({ containers }) => {
  const names = namesOf(containers, ({ securityContext }) => securityContext?.privileged === true);
  return names.length === 0 ? undefined : `privileged (${named(names)} must not set securityContext.privileged=true)`;
};

const profileType = (context: Container['securityContext'] | undefined): string | undefined =>
  (context?.['seccompProfile'] as { type?: string } | undefined)?.type;

const baselineSeccomp: Check = ({ spec, containers }) => {
  const names = namesOf(containers, ({ securityContext }) => profileType(securityContext) === 'Unconfined');
  const pod = profileType(spec.securityContext) === 'Unconfined' ? ['pod'] : [];
  const who = [...pod, ...(names.length === 0 ? [] : [named(names)])];
  return who.length === 0
    ? undefined
    : `seccompProfile (${who.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined")`;
};

const sysctls: Check = ({ spec }) => {
  const set = (spec.securityContext?.['sysctls'] ?? []) as readonly { name: string }[];
  const forbidden = set.map(({ name }) => name).filter((name) => !SAFE_SYSCTLS.has(name));
  return forbidden.length === 0 ? undefined : `forbidden sysctls (${forbidden.join(', ')})`;
};

const allowPrivilegeEscalation: Check = ({ containers }) => {
  const names = namesOf(containers, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  return names.length === 0
    ? undefined
    : `allowPrivilegeEscalation != false (${named(names)} must set securityContext.allowPrivilegeEscalation=false)`;
};

const restrictedCapabilities: Check = ({ containers }) => {
  const keeping = namesOf(
    containers,
    ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes('ALL'),
  );
  const [adding, added] = addedBeyond(containers, new Set(['NET_BIND_SERVICE']));
  const details = [
    ...(keeping.length === 0 ? [] : [`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(adding.length === 0
      ? []
      : [`${named(adding)} must not include ${quoted(added)} in securityContext.capabilities.add`]),
  ];
  return details.length === 0 ? undefined : `unrestricted capabilities (${details.join('; ')})`;
};

const restrictedVolumes: Check = ({ spec }) => {
  const source = (volume: NonNullable<PodSpec['volumes']>[number]): string =>
    Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
  const bad = (spec.volumes ?? []).filter((volume) => !RESTRICTED_VOLUMES.has(source(volume)));
  if (bad.length === 0) return undefined;
  const types = [...new Set(bad.map(source))].sort();
  const names = bad.map(({ name }) => name);
  return `restricted volume types (${plural('volume', names)} ${quoted(names)} ${names.length === 1 ? 'uses' : 'use'} ${plural('restricted volume type', types)} ${quoted(types)})`;
};

const runAsNonRoot: Check = ({ spec, containers }) => {
  const explicit = namesOf(containers, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  if (explicit.length > 0)
    return `runAsNonRoot != true (${named(explicit)} must not set securityContext.runAsNonRoot=false)`;
  if (spec.securityContext?.runAsNonRoot === true) return undefined;
  const implicit = namesOf(containers, ({ securityContext }) => securityContext?.runAsNonRoot !== true);
  if (spec.securityContext?.runAsNonRoot === false && implicit.length > 0)
    return 'runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)';
  return implicit.length === 0
    ? undefined
    : `runAsNonRoot != true (pod or ${named(implicit)} must set securityContext.runAsNonRoot=true)`;
};

const runAsUser: Check = ({ spec, containers }) => {
  const names = namesOf(containers, ({ securityContext }) => securityContext?.runAsUser === 0);
  const who = [
    ...(spec.securityContext?.runAsUser === 0 ? ['pod'] : []),
    ...(names.length === 0 ? [] : [named(names)]),
  ];
  return who.length === 0 ? undefined : `runAsUser=0 (${who.join(' and ')} must not set runAsUser=0)`;
};

const isConfined = (type: string | undefined): boolean => type === 'RuntimeDefault' || type === 'Localhost';

const restrictedSeccomp: Check = ({ spec, containers }) => {
  const explicit = namesOf(
    containers,
    ({ securityContext }) => profileType(securityContext) !== undefined && !isConfined(profileType(securityContext)),
  );
  const allowed = 'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  if (explicit.length > 0)
    return `seccompProfile (${named(explicit)} must not set ${allowed.replace(/ to .*/, '')} to "Unconfined")`;
  if (isConfined(profileType(spec.securityContext))) return undefined;
  const implicit = namesOf(containers, ({ securityContext }) => !isConfined(profileType(securityContext)));
  return implicit.length === 0 ? undefined : `seccompProfile (pod or ${named(implicit)} must set ${allowed})`;
};

const BASELINE: readonly Check[] = [
  baselineCapabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  privileged,
  baselineSeccomp,
  sysctls,
];
/** The stricter check of a thing stands in the place of baseline's. */
const RESTRICTED: readonly Check[] = [
  hostNamespaces,
  hostPorts,
  privileged,
  sysctls,
  allowPrivilegeEscalation,
  restrictedCapabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  restrictedSeccomp,
];
