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
  readonly exec?: { readonly command?: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly timeoutSeconds?: number;
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
}
export interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  /** `Always` makes an init container a sidecar: it runs on beside the others. */
  readonly restartPolicy?: string;
  readonly ports?: readonly {
    readonly name?: string;
    readonly containerPort: number;
    readonly hostPort?: number;
  }[];
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
  readonly restartPolicy?: string;
  readonly schedulerName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly terminationGracePeriodSeconds?: number;
  readonly volumes?: readonly {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName?: string };
  }[];
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
/** A Deployment, ReplicaSet, StatefulSet, DaemonSet or Job: their fields overlap. */
export interface WorkloadObject extends Manifest {
  readonly spec?: {
    readonly replicas?: number;
    readonly paused?: boolean;
    /** Of Jobs. */
    readonly suspend?: boolean;
    readonly backoffLimit?: number;
    readonly progressDeadlineSeconds?: number;
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
    readonly template?: PodTemplate;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    /** Of StatefulSets: the name of the newest revision, which its pods carry as a label. */
    readonly updateRevision?: string;
    /** Of DaemonSets. */
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberAvailable?: number;
    /** Of Jobs. */
    readonly failed?: number;
    readonly conditions?: readonly Condition[];
  };
}
export interface Autoscaler extends Manifest {
  readonly spec?: { readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string } };
  readonly status?: { readonly conditions?: readonly Condition[] };
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
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly involvedObject?: EventSubject;
  readonly regarding?: EventSubject;
}
export interface ServiceObject extends Manifest {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly targetPort?: PortRef }[];
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
/** From the tenth repeat on the server puts a remark before the words. */
export const textOf = (event: EventObject): string =>
  (event.message ?? event.note ?? '').replace(/^\(combined from similar events\): /, '');
/** When it was last seen, in milliseconds; 0 when it does not say. */
export const seenAt = (event: EventObject): number =>
  Date.parse(
    event.series?.lastObservedTime ??
      event.lastTimestamp ??
      event.eventTime ??
      event.firstTimestamp ??
      event.metadata.creationTimestamp ??
      '',
  ) || 0;
export const timesOf = (event: EventObject): number => Math.max(event.count ?? 1, event.series?.count ?? 1);
export const specOf = (pod: Pod, container: string): ContainerSpec | undefined =>
  [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].find((spec) => spec.name === container);

/** `sha256:…` of what a container really runs, where its runtime says so. */
export const runningDigest = (status: ContainerStatus): string | undefined =>
  /@(sha256:[0-9a-f]{64})$/.exec(status.imageID ?? '')?.[1];

export interface ContainerView {
  readonly name: string;
  /** Must end before the others begin; a sidecar is none. */
  readonly init: boolean;
  readonly status: ContainerStatus;
}
const isSidecar = (pod: Pod, name: string): boolean =>
  pod.spec?.initContainers?.some((spec) => spec.name === name && spec.restartPolicy === 'Always') === true;
export const containersOf = (pod: Pod): readonly ContainerView[] => [
  ...(pod.status?.initContainerStatuses ?? []).map((status) => ({
    name: status.name,
    init: !isSidecar(pod, status.name),
    status,
  })),
  ...(pod.status?.containerStatuses ?? []).map((status) => ({ name: status.name, init: false, status })),
];
/** Never ran and never ended: it is still being brought up. */
export const neverStarted = ({ state, lastState }: ContainerStatus): boolean =>
  state?.running === undefined && state?.terminated === undefined && lastState?.terminated === undefined;
/** How often the process ended. The API counts restarts, which come after. */
export const endsOf = ({ state, lastState, restartCount = 0 }: ContainerStatus): number =>
  restartCount + (state?.running === undefined && (state?.terminated ?? lastState?.terminated) !== undefined ? 1 : 0);
export const lastEnd = ({ state, lastState }: ContainerStatus) => state?.terminated ?? lastState?.terminated;
