/**
 * The pod security level that a namespace enforces, against the pods: pure. Deployments are admitted whatever their pods are;
 * the server refuses the pods, one by one. The rules are those of https://kubernetes.io/docs/concepts/security/pod-security-standards/.
 */
import { userNumber } from '@aws-deployer/platform/oci/image-manifest';
import { failed, orPassed, passed, untold, warned, type Check } from '../check.js';
import type { ClusterState } from '../cluster-state.js';
import type { DesiredState } from '../desired-state.js';
import { allContainers, type Container, type PodShape } from '../pod-shape.js';
import { sameImage, type ImageAnswer } from './images.js';

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

/** `answers`: what the registries said of the images, whose users decide a part of what is asked for. */
export const podSecurity =
  (answers: readonly ImageAnswer[]) =>
  (desired: DesiredState, state: Pick<ClusterState, 'namespace'>): readonly Check[] => {
    if (!state.namespace.known)
      return [untold('pod_security', `The namespace could not be read: ${state.namespace.why}`)];
    const level = state.namespace.value?.metadata.labels?.[LABEL] ?? 'privileged';
    if (level === 'privileged') return [passed('pod_security', 'The namespace enforces no pod security level.')];
    const checks = desired.workloads.flatMap(({ object, pod }): Check[] => {
      const certain = [...baseline(pod), ...(level === 'restricted' ? restricted(pod) : [])];
      const byImage = level === 'restricted' ? decidedByImage(pod) : [];
      const violations = [...certain, ...byImage];
      if (violations.length === 0) return [];
      const of = {
        code: 'pod_security_violation',
        fault: 'release' as const,
        object,
        evidence: [`${LABEL}=${level}`, ...violations],
      };
      const mine = answers.filter(({ image }) => allContainers(pod).some((one) => sameImage(one.image, image)));
      if (certain.length === 0 && mine.some(({ outcome }) => outcome === 'to_be_built'))
        return [
          warned('pod_security', {
            ...of,
            message: `The namespace’s pod security level ${level} takes these pods only if their image names its user by a number other than 0; that is known when it is built`,
            mend: DOCKERFILE_MEND,
          }),
        ];
      const users = mine.flatMap((one) => (one.outcome === 'found' ? (one.facts.user ?? []) : []));
      const why = byImage.length > 0 && users.length > 0 ? ` (the image ${wordsOf(users[0] ?? '')})` : '';
      return [
        failed('pod_security', {
          ...of,
          message: `The namespace’s pod security level ${level} does not allow these pods${why}: ${violations.join('; ')}`,
          mend:
            certain.length === 0 && users.length > 0
              ? DOCKERFILE_MEND
              : 'Make the pod meet the level (the message names each field), or deploy to a namespace with a lower level',
        }),
      ];
    });
    return orPassed('pod_security', checks, `The pods meet the level ${level}.`);
  };

const DOCKERFILE_MEND =
  'End the Dockerfile with the line USER 1000 (a number: of a name the cluster cannot tell whose it is), let the program listen on a port above 1023, and build again; or deploy to a namespace with a lower level';
const wordsOf = (user: string): string =>
  user === '' || userNumber(user) === 0
    ? 'runs as root'
    : `names its user ${user}, which may be root for all that is known`;

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

/** What the platform asks for itself where the image can do with it. */
const decidedByImage = (pod: PodShape): readonly string[] => [
  ...each(
    pod,
    ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes('ALL'),
    'securityContext.capabilities.drop must have ALL',
  ),
  ...each(
    pod,
    ({ securityContext }) => (securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) !== true,
    'securityContext.runAsNonRoot must be true',
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
      ({ securityContext }) => (securityContext?.capabilities?.add ?? []).some((one) => one !== 'NET_BIND_SERVICE'),
      'no capability but NET_BIND_SERVICE may be added',
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
