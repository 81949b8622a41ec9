/**
 * The pod security level that a namespace enforces, against the pods: pure. Deployments are admitted whatever their pods are;
 * the server refuses the pods, one by one. The rules are those of https://kubernetes.io/docs/concepts/security/pod-security-standards/.
 */
import { failed, orPassed, passed, untold, type Check } from '../check.js';
import type { ClusterState } from '../cluster-state.js';
import type { DesiredState } from '../desired-state.js';
import { allContainers, type Container, type PodShape } from '../pod-shape.js';

const LABEL = 'pod-security.kubernetes.io/enforce';
const BASELINE_CAPABILITIES: readonly string[] = [
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
];
const SAFE_SYSCTLS: readonly string[] = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const RESTRICTED_VOLUMES: readonly string[] = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

export const podSecurity = (desired: DesiredState, state: ClusterState): readonly Check[] => {
  if (!state.namespace.known)
    return [untold('pod_security', `The namespace could not be read: ${state.namespace.why}`)];
  const level = state.namespace.value?.metadata.labels?.[LABEL] ?? 'privileged';
  if (level === 'privileged') return [passed('pod_security', 'The namespace enforces no pod security level.')];
  const checks = desired.workloads.flatMap(({ object, pod }): Check[] => {
    const violations = [...baseline(pod), ...(level === 'restricted' ? restricted(pod) : [])];
    return violations.length === 0
      ? []
      : [
          failed('pod_security', {
            code: 'pod_security_violation',
            fault: 'release',
            object,
            message: `The namespace’s pod security level ${level} does not allow these pods: ${violations.join('; ')}`,
            mend: 'Make the pod meet the level (the message names each field), or deploy to a namespace with a lower level',
            evidence: [`${LABEL}=${level}`],
          }),
        ];
  });
  return orPassed('pod_security', checks, `The pods meet the level ${level}.`);
};

const each = (pod: PodShape, is: (container: Container) => boolean, words: string): readonly string[] => {
  const names = allContainers(pod)
    .filter(is)
    .map(({ name }) => name);
  return names.length === 0 ? [] : [`${words} (${names.join(', ')})`];
};
const when = (is: boolean, words: string): readonly string[] => (is ? [words] : []);

const baseline = (pod: PodShape): readonly string[] => [
  ...when(pod.hostNetwork === true, 'hostNetwork must not be used'),
  ...when(pod.hostPID === true, 'hostPID must not be used'),
  ...when(pod.hostIPC === true, 'hostIPC must not be used'),
  ...when(
    (pod.volumes ?? []).some(({ hostPath }) => hostPath !== undefined),
    'hostPath volumes must not be used',
  ),
  ...each(pod, ({ securityContext }) => securityContext?.privileged === true, 'privileged must not be set'),
  ...each(
    pod,
    ({ securityContext }) =>
      (securityContext?.capabilities?.add ?? []).some((one) => !BASELINE_CAPABILITIES.includes(one)),
    'capabilities beyond the default set must not be added',
  ),
  ...each(pod, ({ ports = [] }) => ports.some(({ hostPort = 0 }) => hostPort !== 0), 'hostPort must not be used'),
  ...each(
    pod,
    ({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default',
    'procMount must be Default',
  ),
  ...when(
    pod.securityContext?.seccompProfile?.type === 'Unconfined',
    'the pod’s seccompProfile must not be Unconfined',
  ),
  ...each(
    pod,
    ({ securityContext }) => securityContext?.seccompProfile?.type === 'Unconfined',
    'seccompProfile must not be Unconfined',
  ),
  ...when(
    (pod.securityContext?.sysctls ?? []).some(({ name }) => !SAFE_SYSCTLS.includes(name)),
    'only safe sysctls may be set',
  ),
  ...each(
    pod,
    ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true,
    'hostProcess must not be set',
  ),
];

const restricted = (pod: PodShape): readonly string[] => {
  const podContext = pod.securityContext ?? {};
  const badVolumes = (pod.volumes ?? []).filter((volume) =>
    Object.keys(volume).some((key) => key !== 'name' && !RESTRICTED_VOLUMES.includes(key)),
  );
  return [
    ...when(
      badVolumes.length > 0,
      `volumes of other kinds must not be used (${badVolumes.map(({ name }) => name).join(', ')})`,
    ),
    ...each(
      pod,
      ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
      'securityContext.allowPrivilegeEscalation must be false',
    ),
    ...each(
      pod,
      ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes('ALL'),
      'securityContext.capabilities.drop must have ALL',
    ),
    ...each(
      pod,
      ({ securityContext }) => (securityContext?.capabilities?.add ?? []).some((one) => one !== 'NET_BIND_SERVICE'),
      'no capability but NET_BIND_SERVICE may be added',
    ),
    ...each(
      pod,
      ({ securityContext }) => (securityContext?.runAsNonRoot ?? podContext.runAsNonRoot) !== true,
      'securityContext.runAsNonRoot must be true',
    ),
    ...each(
      pod,
      ({ securityContext }) => (securityContext?.runAsUser ?? podContext.runAsUser) === 0,
      'runAsUser must not be 0',
    ),
    ...each(
      pod,
      ({ securityContext }) =>
        !['RuntimeDefault', 'Localhost'].includes(
          securityContext?.seccompProfile?.type ?? podContext.seccompProfile?.type ?? '',
        ),
      'seccompProfile.type must be RuntimeDefault or Localhost',
    ),
  ];
};
