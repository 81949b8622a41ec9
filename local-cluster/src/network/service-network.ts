/**
 * Opens the loopback port of every Service and keeps it for the Service's life: a node port is its own number, others
 * get a free one that the Service's annotations remember. `local-cluster/url` is the address of the first TCP port,
 * `local-cluster/listeners` the port of each. A LoadBalancer's ingress is 127.0.0.1.
 *
 * A node port that another program has is a Warning Event and the condition `PortOpen=False`, tried again every 5 s; a
 * remembered port that is taken is replaced by a free one, with an Event.
 */
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { kubeTime, withCondition, withoutCondition } from '../controllers/conditions.js';
import { createController, keyOf, splitKey, type Controller } from '../controllers/controller.js';
import type { Pod, Service, ServicePort } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { Endpoints } from './endpoints.js';
import type { Forwarder, Target } from './forwarder.js';
import { findFreePort, SERVICE_PORTS } from './free-port.js';
import { ServiceListener } from './service-listener.js';

export const URL_ANNOTATION = 'local-cluster/url';
export const LISTENERS_ANNOTATION = 'local-cluster/listeners';
const SERVICES = 'core/services';
const COMPONENT = 'local-cluster-network';
const RETRY_MS = 5_000;

interface OpenPort {
  readonly listener: ServiceListener;
  readonly loopbackPort: number;
}

/** A port's name within its Service; one that has none is named by its number. */
const portKey = (port: ServicePort): string => port.name ?? String(port.port);
const tcpPorts = (service: Service): ServicePort[] =>
  service.spec?.type === 'ExternalName'
    ? []
    : (service.spec?.ports ?? []).filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP');

export const serviceTarget = (endpoints: Endpoints, service: Service, port: ServicePort): Target => {
  const { namespace = '', name } = service.metadata;
  return {
    name: `Service ${namespace}/${name}`,
    pick: (tried) => endpoints.pick(namespace, name, port.name ?? '', tried),
  };
};

export class ServiceNetwork {
  /** By Service uid, then by port key. */
  private readonly open = new Map<string, Map<string, OpenPort>>();
  private readonly controller: Controller;

  constructor(
    private readonly client: ClusterClient,
    private readonly endpoints: Endpoints,
    private readonly forwarder: Forwarder,
    log: Logger,
  ) {
    this.controller = createController({
      name: COMPONENT,
      client,
      log,
      watches: {
        [SERVICES]: ({ type, object }) => {
          if (type === 'DELETED') this.closeAll(object.metadata.uid ?? '');
          return [keyOf(object)];
        },
      },
      reconcile: (key) => this.reconcile(key),
    });
  }

  start(): void {
    this.controller.start();
  }

  async stop(): Promise<void> {
    await this.controller.stop();
    for (const uid of [...this.open.keys()]) this.closeAll(uid);
  }

  /** `<NAME>_SERVICE_HOST` and `_PORT` of the Services of a pod's namespace, for pods that share this host's network. */
  environmentFor(pod: Pod): Record<string, string> {
    const env: Record<string, string> = {};
    if (pod.spec?.enableServiceLinks === false) return env;
    for (const service of this.client.list<Service>(SERVICES, pod.metadata.namespace)) {
      const name = service.metadata.name.toUpperCase().replaceAll('-', '_');
      const ports = readListeners(service);
      for (const [index, port] of tcpPorts(service).entries()) {
        const loopbackPort = ports[portKey(port)];
        if (loopbackPort === undefined) continue;
        if (index === 0) {
          env[`${name}_SERVICE_HOST`] = '127.0.0.1';
          env[`${name}_SERVICE_PORT`] = String(loopbackPort);
        }
        if (port.name !== undefined)
          env[`${name}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`] = String(loopbackPort);
      }
    }
    return env;
  }

  private async reconcile(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    const service = this.client.get<Service>(SERVICES, namespace, name);
    if (service?.metadata.uid === undefined) return undefined;
    const ports = tcpPorts(service);
    const opened = this.open.get(service.metadata.uid) ?? new Map<string, OpenPort>();
    this.open.set(service.metadata.uid, opened);
    let taken: string | undefined;
    for (const [known, { listener }] of opened)
      if (!ports.some((port) => portKey(port) === known)) {
        listener.close();
        opened.delete(known);
      }
    for (const port of ports) {
      const wantedNodePort = port.nodePort;
      const present = opened.get(portKey(port));
      if (
        present !== undefined &&
        (wantedNodePort === undefined || service.spec?.type !== 'NodePort' || present.loopbackPort === wantedNodePort)
      )
        continue;
      present?.listener.close();
      opened.delete(portKey(port));
      try {
        opened.set(portKey(port), await this.openPort(service, port));
      } catch (error) {
        taken = messageOf(error);
      }
    }
    // The Service may have gone while its ports were being opened.
    if (this.client.get(SERVICES, namespace, name)?.metadata.uid !== service.metadata.uid) {
      this.closeAll(service.metadata.uid);
      return undefined;
    }
    this.annotate(service, opened);
    this.writeStatus(service, taken);
    return taken === undefined ? undefined : RETRY_MS;
  }

  private async openPort(service: Service, port: ServicePort): Promise<OpenPort> {
    const surelyHttp = /^http/.test(port.appProtocol ?? port.name ?? '');
    const remembered = readListeners(service)[portKey(port)];
    const isNodePort = service.spec?.type === 'NodePort' && port.nodePort !== undefined;
    const wanted = isNodePort ? port.nodePort : (remembered ?? port.nodePort);
    const listen = async (at: number): Promise<OpenPort> => {
      const listener = new ServiceListener(serviceTarget(this.endpoints, service, port), this.forwarder, surelyHttp);
      return { listener, loopbackPort: await listener.open(at) };
    };
    if (wanted !== undefined) {
      try {
        return await listen(wanted);
      } catch (error) {
        const text = `port ${String(wanted)} of 127.0.0.1 cannot be opened: ${messageOf(error)}`;
        this.client.event(service, 'Warning', isNodePort ? 'NodePortTaken' : 'PortTaken', text, COMPONENT);
        if (isNodePort) throw new Error(text, { cause: error });
      }
    }
    const taken = new Set(
      [...this.open.values()].flatMap((ports) => [...ports.values()].map(({ loopbackPort }) => loopbackPort)),
    );
    return listen(await findFreePort(SERVICE_PORTS, taken));
  }

  private annotate(service: Service, opened: ReadonlyMap<string, OpenPort>): void {
    const { namespace, name } = service.metadata;
    const [first] = tcpPorts(service);
    const firstOpen = first === undefined ? undefined : opened.get(portKey(first));
    const listeners = JSON.stringify(
      Object.fromEntries([...opened].map(([port, { loopbackPort }]) => [port, loopbackPort])),
    );
    const url = firstOpen === undefined ? undefined : `http://127.0.0.1:${String(firstOpen.loopbackPort)}`;
    this.client.update<Service>(SERVICES, namespace, name, (fresh) => {
      const {
        [URL_ANNOTATION]: oldUrl,
        [LISTENERS_ANNOTATION]: oldListeners,
        ...others
      } = fresh.metadata.annotations ?? {};
      if (oldUrl === url && (oldListeners ?? '{}') === listeners) return undefined;
      fresh.metadata.annotations = {
        ...others,
        ...(opened.size === 0 ? {} : { [LISTENERS_ANNOTATION]: listeners }),
        ...(url === undefined ? {} : { [URL_ANNOTATION]: url }),
      };
      return fresh;
    });
  }

  private writeStatus(service: Service, taken: string | undefined): void {
    this.client.updateStatus<Service>(SERVICES, service.metadata.namespace, service.metadata.name, (fresh) => {
      const conditions = fresh.status?.conditions ?? [];
      const isBalancer = fresh.spec?.type === 'LoadBalancer' && taken === undefined;
      const status = {
        ...fresh.status,
        loadBalancer: isBalancer ? { ingress: [{ ip: '127.0.0.1', ipMode: 'VIP' }] } : {},
        conditions:
          taken === undefined
            ? withoutCondition(conditions, 'PortOpen')
            : withCondition(conditions, {
                type: 'PortOpen',
                status: 'False',
                lastTransitionTime: kubeTime(),
                reason: 'NodePortTaken',
                message: taken,
              }),
      };
      const next = status.conditions.length === 0 ? { loadBalancer: status.loadBalancer } : status;
      return JSON.stringify(next) === JSON.stringify(fresh.status) ? undefined : { ...fresh, status: next };
    });
  }

  private closeAll(uid: string): void {
    for (const { listener } of this.open.get(uid)?.values() ?? []) listener.close();
    this.open.delete(uid);
  }
}

function readListeners(service: Service): Record<string, number> {
  const text = service.metadata.annotations?.[LISTENERS_ANNOTATION];
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Record<string, number>;
  } catch {
    return {}; // written by somebody else: nothing is remembered
  }
}
