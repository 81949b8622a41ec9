/** The few fields of Kubernetes objects that verdicts are made of. Everything is optional: a server may be older or newer. */
import type { Manifest } from '../../ports/cluster.js';

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
  };
}
export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly image?: string;
  readonly imageID?: string;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}
type PortRef = number | string;
export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port?: PortRef };
  readonly tcpSocket?: { readonly port?: PortRef };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}
export interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
}
export interface PodSpec {
  readonly nodeName?: string;
  readonly containers?: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
}
export interface Pod extends Manifest {
  readonly spec?: PodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly startTime?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}
interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: PodSpec;
}
/** A Deployment or a ReplicaSet: their fields overlap. */
export interface WorkloadObject extends Manifest {
  readonly spec?: {
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly template?: PodTemplate;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly Condition[];
  };
}
interface EventSubject {
  readonly kind?: string;
  readonly name?: string;
  readonly uid?: string;
  /** `spec.containers{web}` */
  readonly fieldPath?: string;
}
export interface EventObject extends Manifest {
  readonly reason?: string;
  readonly message?: string;
  /** The newer API's words for the same. */
  readonly note?: string;
  readonly type?: string;
  readonly count?: number;
  readonly series?: { readonly count?: number };
  readonly involvedObject?: EventSubject;
  readonly regarding?: EventSubject;
}
export interface ServiceObject extends Manifest {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly port: number; readonly targetPort?: PortRef }[];
  };
}
export interface EndpointSlice extends Manifest {
  readonly ports?: readonly { readonly port?: number }[] | null;
  readonly endpoints?:
    | readonly {
        readonly addresses?: readonly string[];
        readonly conditions?: { readonly ready?: boolean | null; readonly serving?: boolean | null };
        readonly targetRef?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
      }[]
    | null;
}

export const conditionOf = (
  object: { readonly status?: { readonly conditions?: readonly Condition[] } } | undefined,
  type: string,
): Condition | undefined => object?.status?.conditions?.find((condition) => condition.type === type);
export const isReady = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp === undefined && conditionOf(pod, 'Ready')?.status === 'True';
export const aboutOf = (event: EventObject): EventSubject => event.involvedObject ?? event.regarding ?? {};
/** The container that an event about a pod is about; undefined when it is about the whole pod. */
export const containerOf = (event: EventObject): string | undefined =>
  /\{([^}]+)\}/.exec(aboutOf(event).fieldPath ?? '')?.[1];
export const textOf = (event: EventObject): string => event.message ?? event.note ?? '';
export const timesOf = (event: EventObject): number => Math.max(event.count ?? 1, event.series?.count ?? 1);
export const specOf = (pod: Pod, container: string): ContainerSpec | undefined =>
  [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find((spec) => spec.name === container);

/** `sha256:…` of what a container really runs, where its runtime says so. */
export const runningDigest = (status: ContainerStatus): string | undefined =>
  /@(sha256:[0-9a-f]{64})$/.exec(status.imageID ?? '')?.[1];

export interface ContainerView {
  readonly name: string;
  readonly init: boolean;
  readonly status: ContainerStatus;
}
export const containersOf = (pod: Pod): readonly ContainerView[] => [
  ...(pod.status?.initContainerStatuses ?? []).map((status) => ({ name: status.name, init: true, status })),
  ...(pod.status?.containerStatuses ?? []).map((status) => ({ name: status.name, init: false, status })),
];
/** Never ran and never ended: it is still being brought up. */
export const neverStarted = ({ state, lastState }: ContainerStatus): boolean =>
  state?.running === undefined && state?.terminated === undefined && lastState?.terminated === undefined;
/** How often the process ended. The API counts restarts, which come after. */
export const endsOf = ({ state, lastState, restartCount = 0 }: ContainerStatus): number =>
  restartCount + (state?.running === undefined && (state?.terminated ?? lastState?.terminated) !== undefined ? 1 : 0);
export const lastEnd = ({ state, lastState }: ContainerStatus) => state?.terminated ?? lastState?.terminated;
