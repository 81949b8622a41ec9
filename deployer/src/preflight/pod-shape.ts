/** The fields of pods that the preflight reads. Everything is optional: manifests are other people's. */
import type { ContainerSpec } from '../deployments/verdict/objects.js';
import type { Manifest } from '../ports/cluster.js';

type Amounts = Readonly<Record<string, string>>;
export interface KeyReference {
  readonly name?: string;
  readonly key?: string;
  readonly optional?: boolean;
}
export interface SecurityContext {
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly procMount?: string;
  readonly seccompProfile?: { readonly type?: string };
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string };
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly sysctls?: readonly { readonly name: string }[];
  readonly windowsOptions?: { readonly hostProcess?: boolean };
}
export interface Container extends ContainerSpec {
  readonly imagePullPolicy?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly restartPolicy?: string;
  readonly ports?: readonly {
    readonly name?: string;
    readonly containerPort: number;
    readonly hostPort?: number;
    readonly protocol?: string;
  }[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly configMapKeyRef?: KeyReference; readonly secretKeyRef?: KeyReference };
  }[];
  readonly envFrom?: readonly { readonly configMapRef?: KeyReference; readonly secretRef?: KeyReference }[];
  readonly securityContext?: SecurityContext;
}
interface KeyedSource {
  readonly items?: readonly { readonly key: string }[];
  readonly optional?: boolean;
}
export interface Volume {
  readonly name: string;
  readonly configMap?: KeyedSource & { readonly name?: string };
  readonly secret?: KeyedSource & { readonly secretName?: string };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly projected?: {
    readonly sources?: readonly {
      readonly configMap?: KeyedSource & { readonly name?: string };
      readonly secret?: KeyedSource & { readonly name?: string };
    }[];
  };
  readonly hostPath?: unknown;
  readonly [source: string]: unknown;
}
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}
export interface NodeTerm {
  readonly matchExpressions?: readonly Requirement[];
  readonly matchFields?: readonly Requirement[];
}
export interface LabelSelector {
  readonly matchLabels?: Amounts;
  readonly matchExpressions?: readonly Requirement[];
}
/** Which pods, and over what (the label of a node) they are beside each other. */
export interface PodTerm {
  readonly topologyKey: string;
  readonly labelSelector?: LabelSelector;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: LabelSelector;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}
interface PodTerms {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodTerm[];
}
export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly maxSkew?: number;
  readonly minDomains?: number;
  readonly whenUnsatisfiable?: string;
  readonly labelSelector?: LabelSelector;
  readonly matchLabelKeys?: readonly string[];
  readonly nodeAffinityPolicy?: string;
  readonly nodeTaintsPolicy?: string;
}
export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}
export interface PodShape {
  readonly nodeName?: string;
  readonly nodeSelector?: Amounts;
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: readonly NodeTerm[] };
    };
    readonly podAffinity?: PodTerms;
    readonly podAntiAffinity?: PodTerms;
  };
  readonly topologySpreadConstraints?: readonly SpreadConstraint[];
  readonly tolerations?: readonly Toleration[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly serviceAccountName?: string;
  readonly priorityClassName?: string;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly overhead?: Amounts;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly securityContext?: SecurityContext;
}
export const allContainers = (pod: PodShape): readonly Container[] => [
  ...(pod.initContainers ?? []),
  ...(pod.containers ?? []),
];

/** `spec` of an object as a shape that the caller knows. */
export const specOf = <T>(object: Manifest | undefined): T => (object?.['spec'] ?? {}) as T;
export const statusOf = <T>(object: Manifest | undefined): T => (object?.['status'] ?? {}) as T;
