import { isObject, type JsonObject } from '../store/json-tree.js';

/**
 * A pod's spec as Kubernetes prints its own internal form in errors: every field by its Go name in the order of the struct,
 * those that are not set as nothing. Deeper structs than containers and the security context are printed as far as they are
 * set. Pure.
 */
type Fields = Readonly<Record<string, unknown>>;

const SECURITY: Fields = {
  HostNetwork: false,
  HostPID: false,
  HostIPC: false,
  ShareProcessNamespace: null,
  HostUsers: null,
  SELinuxOptions: null,
  WindowsOptions: null,
  RunAsUser: null,
  RunAsGroup: null,
  RunAsNonRoot: null,
  SupplementalGroups: null,
  SupplementalGroupsPolicy: null,
  FSGroup: null,
  FSGroupChangePolicy: null,
  Sysctls: null,
  SeccompProfile: null,
  AppArmorProfile: null,
  SELinuxChangePolicy: null,
};
const CONTAINER: Fields = {
  Name: '',
  Image: '',
  Command: null,
  Args: null,
  WorkingDir: '',
  Ports: null,
  EnvFrom: null,
  Env: null,
  Resources: { Limits: null, Requests: null, Claims: null },
  ResizePolicy: null,
  RestartPolicy: null,
  RestartPolicyRules: null,
  VolumeMounts: null,
  VolumeDevices: null,
  LivenessProbe: null,
  ReadinessProbe: null,
  StartupProbe: null,
  Lifecycle: null,
  TerminationMessagePath: '',
  TerminationMessagePolicy: '',
  ImagePullPolicy: '',
  SecurityContext: null,
  Stdin: false,
  StdinOnce: false,
  TTY: false,
};
const POD: Fields = {
  Volumes: null,
  InitContainers: null,
  Containers: null,
  EphemeralContainers: null,
  RestartPolicy: '',
  TerminationGracePeriodSeconds: null,
  ActiveDeadlineSeconds: null,
  DNSPolicy: '',
  NodeSelector: null,
  ServiceAccountName: '',
  AutomountServiceAccountToken: null,
  NodeName: '',
  SecurityContext: null,
  ImagePullSecrets: null,
  Hostname: '',
  Subdomain: '',
  SetHostnameAsFQDN: null,
  Affinity: null,
  SchedulerName: '',
  Tolerations: null,
  HostAliases: null,
  PriorityClassName: '',
  Priority: null,
  PreemptionPolicy: null,
  DNSConfig: null,
  ReadinessGates: null,
  RuntimeClassName: null,
  Overhead: null,
  EnableServiceLinks: null,
  TopologySpreadConstraints: null,
  OS: null,
  SchedulingGates: null,
  ResourceClaims: null,
  Resources: null,
  HostnameOverride: null,
  SchedulingGroup: null,
};

/** Of `dnsPolicy`: what it is called in the struct. */
const goName = (struct: Fields, name: string): string =>
  Object.keys(struct).find((field) => field.toLowerCase() === name.toLowerCase()) ??
  `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  return isObject(value) ? filled({}, value) : value;
};

const filled = (struct: Fields, set: JsonObject): Fields => {
  const fields: Record<string, unknown> = { ...struct };
  for (const [name, value] of Object.entries(set)) {
    const field = goName(struct, name);
    const empty = struct[field];
    fields[field] = isObject(empty) && isObject(value) ? filled(empty, value) : plain(value);
  }
  return fields;
};

const containers = (list: unknown): unknown =>
  Array.isArray(list) ? list.filter(isObject).map((container) => filled(CONTAINER, container)) : null;

export const goPodSpec = (spec: JsonObject): Fields => {
  const { securityContext, serviceAccount: _old, ...rest } = spec;
  return {
    ...filled(POD, rest),
    InitContainers: containers(spec['initContainers']),
    Containers: containers(spec['containers']),
    ...(isObject(securityContext) ? { SecurityContext: filled(SECURITY, securityContext) } : {}),
  };
};
