/**
 * Where a Service's connections can go now, and what is under way to each pod.
 *
 * Ready endpoints of the EndpointSlices, a pod that is draining left out; where there is none, the ones that still serve
 * while they end, as kube-proxy does. Ports are translated by the pod's annotation `local-cluster/ports`; pods without a
 * network of their own answer on 127.0.0.1.
 */
import { SERVICE_NAME_LABEL } from '../controllers/endpointslice-controller.js';
import { PORTS_ANNOTATION, readPorts } from '../kubelet/pod-annotations.js';
import type { EndpointSlice, Pod } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';

const SLICES = 'discovery.k8s.io/endpointslices';

export interface Endpoint {
  readonly podUid: string;
  readonly podName: string;
  readonly host: string;
  readonly port: number;
  readonly ready: boolean;
  readonly serving: boolean;
}

/** The real address of a pod's port. */
export function podAddress(pod: Pod, port: number): { host: string; port: number } | undefined {
  const ip = pod.status?.podIP;
  const mapped = readPorts(pod.metadata.annotations?.[PORTS_ANNOTATION])[String(port)];
  if (mapped !== undefined) return { host: '127.0.0.1', port: mapped };
  if (ip === undefined) return undefined;
  return { host: ip.startsWith('127.') ? '127.0.0.1' : ip, port };
}

export class Endpoints {
  private readonly cache = new Map<string, readonly Endpoint[]>();
  private readonly underWay = new Map<string, number>();
  private readonly draining = new Set<string>();
  private readonly waiting = new Map<string, Set<() => void>>();
  private turn = 0;
  private readonly unsubscribe: () => void;

  constructor(private readonly client: ClusterClient) {
    this.unsubscribe = client.watch([SLICES, 'core/pods'], ({ type, resource, object }) => {
      const prefix = `${object.metadata.namespace ?? ''}/`;
      for (const key of this.cache.keys()) if (key.startsWith(prefix)) this.cache.delete(key);
      if (resource === 'core/pods' && type === 'DELETED') this.draining.delete(object.metadata.uid ?? '');
    });
  }

  stop(): void {
    this.unsubscribe();
  }

  /** All endpoints behind a Service's port, ready or not; `portName` is the slice's (empty for an unnamed one). */
  of(namespace: string, service: string, portName: string): readonly Endpoint[] {
    const key = `${namespace}/${service}/${portName}`;
    const cached = this.cache.get(key);
    if (cached !== undefined) return cached;
    const endpoints = this.client
      .list<EndpointSlice>(SLICES, namespace)
      .filter((slice) => slice.metadata.labels?.[SERVICE_NAME_LABEL] === service)
      .flatMap((slice) => this.fromSlice(slice, portName));
    this.cache.set(key, endpoints);
    return endpoints;
  }

  /** The next endpoint to try: the ready one with the least under way, in turn among equals. */
  pick(namespace: string, service: string, portName: string, tried: ReadonlySet<Endpoint>): Endpoint | undefined {
    const all = this.of(namespace, service, portName).filter((endpoint) => !tried.has(endpoint));
    const ready = all.filter(({ ready: isReady, podUid }) => isReady && !this.draining.has(podUid));
    const usable = ready.length > 0 ? ready : all.filter(({ serving }) => serving);
    if (usable.length === 0) return undefined;
    this.turn = (this.turn + 1) % 1_000_000_007;
    const rotated = usable.map((_, index) => usable[(index + this.turn) % usable.length]);
    return rotated.reduce((best, next) =>
      best !== undefined && next !== undefined && this.load(next) < this.load(best) ? next : best,
    );
  }

  /** A request or connection goes to a pod; call the answer once when it is over. */
  begin(podUid: string): () => void {
    this.underWay.set(podUid, (this.underWay.get(podUid) ?? 0) + 1);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const left = (this.underWay.get(podUid) ?? 1) - 1;
      if (left > 0) this.underWay.set(podUid, left);
      else {
        this.underWay.delete(podUid);
        for (const wake of this.waiting.get(podUid) ?? []) wake();
      }
    };
  }

  /** The pod gets nothing new; resolves when nothing is under way to it, or after `timeoutMs`. */
  async drain(podUid: string, timeoutMs: number): Promise<void> {
    this.draining.add(podUid);
    if (timeoutMs <= 0 || !this.underWay.has(podUid)) return;
    await new Promise<void>((resolve) => {
      const wakes = this.waiting.get(podUid) ?? new Set();
      const wake = (): void => {
        clearTimeout(timer);
        wakes.delete(wake);
        if (wakes.size === 0) this.waiting.delete(podUid);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      wakes.add(wake);
      this.waiting.set(podUid, wakes);
    });
  }

  private load(endpoint: Endpoint): number {
    return this.underWay.get(endpoint.podUid) ?? 0;
  }

  private fromSlice(slice: EndpointSlice, portName: string): Endpoint[] {
    const port = (slice.ports as EndpointSlice['ports'] | null)?.find(({ name }) => (name ?? '') === portName)?.port;
    if (port === undefined) return [];
    return ((slice.endpoints as EndpointSlice['endpoints'] | null) ?? []).flatMap((endpoint) => {
      const [address] = endpoint.addresses;
      if (address === undefined) return [];
      const podName = endpoint.targetRef?.name ?? '';
      const pod = this.client.get<Pod>('core/pods', slice.metadata.namespace, podName);
      const real = pod === undefined ? { host: address, port } : (podAddress(pod, port) ?? { host: address, port });
      return [
        {
          podUid: endpoint.targetRef?.uid ?? address,
          podName,
          ...real,
          ready: endpoint.conditions?.ready !== false,
          serving: endpoint.conditions?.serving !== false,
        },
      ];
    });
  }
}
