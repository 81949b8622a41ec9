import { randomInt } from 'node:crypto';
import type { KubeObject, ObjectStore, WatchEvent } from '../store/object-store.js';
import type { FieldProblem } from '../store/status-error.js';
import type { Service, ServicePort, ServiceSpec } from '../resources/types.js';

/**
 * Cluster IPs (10.96.0.0/16) and node ports (30000-32767) of Services: given out at creation, kept for the Service's
 * life, free again when it goes. The books follow the store's events, so they are right after a restart too.
 */
const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;
const RANGE = `${FIRST_NODE_PORT}-${LAST_NODE_PORT}`;

const ownerOf = (service: KubeObject): string => `${service.metadata.namespace ?? ''}/${service.metadata.name}`;
const specOf = (service: KubeObject): ServiceSpec => (service as Service).spec ?? {};
const portsOf = (service: KubeObject): ServicePort[] => specOf(service).ports ?? [];
const usesNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);

export class ServiceAllocation {
  readonly #addresses = new Map<string, string>();
  /** `TCP 30080` → the Service that has it: TCP and UDP of one number are two ports. */
  readonly #ports = new Map<string, string>();
  readonly #unsubscribe: () => void;

  constructor(store: ObjectStore) {
    for (const service of store.list('core/services')) this.#book(service);
    this.#unsubscribe = store.subscribe((event) => this.#onEvent(event));
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** Fills in the Service's addresses in place; the problems are for a 422. */
  allocate(service: KubeObject, existing: KubeObject | undefined): FieldProblem[] {
    const spec = specOf(service);
    const before = existing === undefined ? undefined : specOf(existing);
    if (spec.type === 'ExternalName') {
      for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) delete spec[key];
      return [];
    }
    const problems = [...this.#allocateAddress(service, spec, before), ...this.#allocatePorts(service, spec, before)];
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
    return problems;
  }

  #allocateAddress(service: KubeObject, spec: ServiceSpec, before: ServiceSpec | undefined): FieldProblem[] {
    // A client that does not send the address back keeps it.
    if ((spec.clusterIP ?? '') === '' && before?.clusterIP !== undefined) spec.clusterIP = before.clusterIP;
    if (spec.clusterIPs === undefined && before?.clusterIPs !== undefined && before.clusterIP === spec.clusterIP)
      spec.clusterIPs = before.clusterIPs;
    if ((spec.clusterIP ?? '') === '') {
      let address: string;
      do address = `10.96.${String(randomInt(0, 255))}.${String(randomInt(2, 254))}`;
      while (this.#addresses.has(address));
      spec.clusterIP = address;
    }
    const { clusterIP = '' } = spec;
    const owner = this.#addresses.get(clusterIP);
    if (clusterIP !== 'None' && owner !== undefined && owner !== ownerOf(service))
      return [
        {
          field: 'spec.clusterIPs',
          reason: 'FieldValueInvalid',
          message: `Invalid value: ["${clusterIP}"]: failed to allocate IP ${clusterIP}: provided IP is already allocated`,
        },
      ];
    spec.clusterIPs ??= [clusterIP];
    return [];
  }

  #allocatePorts(service: KubeObject, spec: ServiceSpec, before: ServiceSpec | undefined): FieldProblem[] {
    const ports = spec.ports ?? [];
    if (!usesNodePorts(spec)) {
      // Going back to ClusterIP gives the ports back, unless the client asks for them by name.
      for (const [index, port] of ports.entries())
        if (port.nodePort !== undefined && port.nodePort === before?.ports?.[index]?.nodePort) delete port.nodePort;
      return [];
    }
    const problems: FieldProblem[] = [];
    const claimed = new Set<string>();
    for (const [index, port] of ports.entries()) {
      const protocol = port.protocol ?? 'TCP';
      const kept = before?.ports?.find(
        (old) => old.port === port.port && (old.protocol ?? 'TCP') === protocol,
      )?.nodePort;
      if ((port.nodePort ?? 0) === 0 && kept !== undefined) port.nodePort = kept;
      if ((port.nodePort ?? 0) === 0) {
        const free = this.#freePort(protocol, claimed);
        if (free === undefined)
          problems.push({
            field: `spec.ports[${String(index)}].nodePort`,
            reason: 'InternalError',
            message: 'failed to allocate a nodePort: range is full',
          });
        else port.nodePort = free;
      } else {
        const problem = this.#problemWith(service, port.nodePort ?? 0, protocol);
        if (problem !== undefined)
          problems.push({
            field: `spec.ports[${String(index)}].nodePort`,
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${String(port.nodePort)}: ${problem}`,
          });
      }
      claimed.add(`${protocol} ${String(port.nodePort)}`);
    }
    return problems;
  }

  #problemWith(service: KubeObject, nodePort: number, protocol: string): string | undefined {
    if (nodePort < FIRST_NODE_PORT || nodePort > LAST_NODE_PORT)
      return `provided port is not in the valid range. The range of valid ports is ${RANGE}`;
    const owner = this.#ports.get(`${protocol} ${String(nodePort)}`);
    return owner === undefined || owner === ownerOf(service) ? undefined : 'provided port is already allocated';
  }

  #freePort(protocol: string, claimed: ReadonlySet<string>): number | undefined {
    const size = LAST_NODE_PORT - FIRST_NODE_PORT + 1;
    const start = randomInt(0, size);
    for (let step = 0; step < size; step += 1) {
      const port = FIRST_NODE_PORT + ((start + step) % size);
      const key = `${protocol} ${String(port)}`;
      if (!this.#ports.has(key) && !claimed.has(key)) return port;
    }
    return undefined;
  }

  #onEvent({ resource, type, object, previous }: WatchEvent): void {
    if (resource !== 'core/services') return;
    if (previous !== undefined) this.#strike(previous);
    if (type !== 'DELETED') this.#book(object);
  }

  #book(service: KubeObject): void {
    const { clusterIP } = specOf(service);
    if (clusterIP !== undefined && clusterIP !== 'None' && clusterIP !== '')
      this.#addresses.set(clusterIP, ownerOf(service));
    for (const { nodePort, protocol } of portsOf(service))
      if (nodePort !== undefined) this.#ports.set(`${protocol ?? 'TCP'} ${String(nodePort)}`, ownerOf(service));
  }

  #strike(service: KubeObject): void {
    const { clusterIP } = specOf(service);
    if (clusterIP !== undefined) this.#addresses.delete(clusterIP);
    for (const { nodePort, protocol } of portsOf(service))
      if (nodePort !== undefined) this.#ports.delete(`${protocol ?? 'TCP'} ${String(nodePort)}`);
  }
}
