/**
 * A pod's status from what its containers do: phase, conditions and container statuses as the kubelet of Kubernetes
 * computes them. Pure; times are RFC 3339 in whole seconds.
 */
import type {
  Condition,
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodStatus,
  Quantities,
} from '../resources/types.js';
import { QuantitySum } from '../resources/quantity-format.js';
import { findCondition, kubeTime } from '../controllers/conditions.js';

/** What the kubelet knows of one container. */
export interface ContainerView {
  readonly spec: Container;
  state: ContainerState;
  lastState: ContainerState;
  restartCount: number;
  imageId: string;
  containerId: string | undefined;
  started: boolean;
  ready: boolean;
}
export interface PodView {
  readonly pod: Pod;
  readonly init: readonly ContainerView[];
  readonly containers: readonly ContainerView[];
  /** The place where containers can run is there. */
  readonly sandboxReady: boolean;
  readonly startTime: string;
  readonly podIp: string | undefined;
  /** The pod is being deleted, or ended by the kubelet: nothing is restarted any more. */
  readonly ending: boolean;
}

export const newContainerView = (spec: Container, waitingFor: string): ContainerView => ({
  spec,
  state: { waiting: { reason: waitingFor } },
  lastState: {},
  restartCount: 0,
  imageId: '',
  containerId: undefined,
  started: false,
  ready: false,
});

const exitCode = (view: ContainerView): number | undefined => view.state.terminated?.exitCode;

export function phaseOf(view: PodView): NonNullable<PodStatus['phase']> {
  const policy = view.pod.spec?.restartPolicy ?? 'Always';
  const initFailed = view.init.some((init) => (exitCode(init) ?? 0) !== 0);
  if (initFailed && (policy === 'Never' || view.ending)) return 'Failed';
  if (view.init.some((init) => exitCode(init) !== 0)) return 'Pending';
  let running = 0;
  let waiting = 0;
  let failed = 0;
  for (const container of view.containers) {
    if (container.state.running !== undefined) running += 1;
    else if (container.state.terminated !== undefined) {
      if (container.state.terminated.exitCode !== 0) failed += 1;
    } else if (container.lastState.terminated === undefined) waiting += 1;
    else if (container.lastState.terminated.exitCode !== 0) failed += 1; // it waits to be started again
  }
  if (waiting > 0) return view.ending && running === 0 ? 'Failed' : 'Pending';
  if (running > 0) return 'Running';
  if (view.ending) return failed === 0 ? 'Succeeded' : 'Failed';
  if (policy === 'Always') return 'Running';
  const allEnded = view.containers.every((container) => container.state.terminated !== undefined);
  if (allEnded && failed === 0) return 'Succeeded';
  return policy === 'Never' && allEnded ? 'Failed' : 'Running';
}

const list = (views: readonly ContainerView[]): string => `[${views.map(({ spec }) => spec.name).join(' ')}]`;

function conditionsOf(view: PodView, phase: string, now: string): Condition[] {
  const generation = view.pod.metadata.generation;
  const ended = phase === 'Succeeded' || phase === 'Failed';
  const make = (type: string, ok: boolean, reason?: string, message?: string): Condition => {
    const status = ok ? 'True' : 'False';
    const before = findCondition(view.pod.status?.conditions, type);
    return {
      type,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      status,
      lastProbeTime: null,
      lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? now) : now,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
    };
  };
  const incomplete = view.init.filter((init) => exitCode(init) !== 0);
  const unready = view.containers.filter((container) => !container.ready);
  const readiness: [boolean, string?, string?] = ended
    ? [false, phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed']
    : unready.length > 0
      ? [false, 'ContainersNotReady', `containers with unready status: ${list(unready)}`]
      : [true];
  const own = [
    make('PodReadyToStartContainers', view.sandboxReady && !ended),
    incomplete.length > 0 && !ended
      ? make('Initialized', false, 'ContainersNotInitialized', `containers with incomplete status: ${list(incomplete)}`)
      : make('Initialized', true, ...(phase === 'Succeeded' ? ['PodCompleted'] : [])),
    make('Ready', ...readiness),
    make('ContainersReady', ...readiness),
    make('PodScheduled', true),
  ];
  // What others say of the pod (that it is to be evicted) stays.
  const others = (view.pod.status?.conditions ?? []).filter(({ type }) => !own.some((one) => one.type === type));
  return [...others, ...own];
}

const statusOf = (view: ContainerView): ContainerStatus => ({
  name: view.spec.name,
  state: view.state,
  lastState: view.lastState,
  ready: view.ready,
  restartCount: view.restartCount,
  image: view.spec.image ?? '',
  imageID: view.imageId,
  ...(view.containerId === undefined ? {} : { containerID: view.containerId }),
  started: view.started,
  ...(view.containerId === undefined ? {} : runsWith(view.spec.resources ?? {})),
});

/** What a started container has got of what it asked for. */
const runsWith = (resources: NonNullable<Container['resources']>): Partial<ContainerStatus> => ({
  ...(resources.requests === undefined ? {} : { allocatedResources: resources.requests }),
  resources: { ...resources },
});

/** What the containers of a pod ask for and may use, added up. */
const allTogether = (views: readonly ContainerView[]): Pick<PodStatus, 'resources' | 'allocatedResources'> => {
  const side = (name: 'requests' | 'limits'): Quantities | undefined => {
    const sums = new Map<string, QuantitySum>();
    for (const { spec } of views)
      for (const [resource, amount] of Object.entries(spec.resources?.[name] ?? {}))
        sums.set(resource, (sums.get(resource) ?? new QuantitySum()).add(amount));
    return sums.size === 0
      ? undefined
      : Object.fromEntries([...sums].map(([resource, sum]) => [resource, sum.toString()]));
  };
  const [requests, limits] = [side('requests'), side('limits')];
  return {
    ...(requests === undefined ? {} : { allocatedResources: requests }),
    resources: { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) },
  };
};

/** `reason` and `message` of the old status are kept: an eviction sets them once. */
export function podStatus(view: PodView, now: Date = new Date()): PodStatus {
  const phase = phaseOf(view);
  const { generation } = view.pod.metadata;
  const before = view.pod.status;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: conditionsOf(view, phase, kubeTime(now)),
    ...(before?.reason === undefined ? {} : { reason: before.reason }),
    ...(before?.message === undefined ? {} : { message: before.message }),
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    ...(view.podIp === undefined ? {} : { podIP: view.podIp, podIPs: [{ ip: view.podIp }] }),
    startTime: view.startTime,
    ...(view.init.length === 0 ? {} : { initContainerStatuses: view.init.map(statusOf) }),
    containerStatuses: view.containers.map(statusOf),
    ...allTogether(view.containers),
    ...(before?.qosClass === undefined ? {} : { qosClass: before.qosClass }),
  };
}
