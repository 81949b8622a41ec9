/**
 * Writes the EndpointSlices of Services with a selector: one per distinct set of target ports (named ports may differ
 * between pods), each endpoint with ready, serving, terminating and the pod it stands for. A Service without endpoints
 * keeps one slice with null lists, as Kubernetes writes it.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { EndpointSlice, Pod, Service, ServicePort } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';
import { controllerOf, controllerReference } from './ownership.js';
import { isPodFinished, isPodReady } from './pod-state.js';

const SERVICES = 'core/services';
const SLICES = 'discovery.k8s.io/endpointslices';
const MANAGER = 'endpointslice-controller.k8s.io';
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

export function createEndpointSliceController(client: ClusterClient, log: Logger): Controller {
  return createController({
    name: 'endpointslice-controller',
    client,
    log,
    watches: {
      [SERVICES]: ({ object }) => [keyOf(object)],
      'core/pods': ({ object, previous }) =>
        client
          .list<Service>(SERVICES, object.metadata.namespace)
          .filter(
            (service) =>
              selects(service, object as Pod) || (previous !== undefined && selects(service, previous as Pod)),
          )
          .map(keyOf),
      [SLICES]: ({ type, object }) => {
        const service = object.metadata.labels?.[SERVICE_NAME_LABEL];
        return type === 'DELETED' && service !== undefined ? [`${object.metadata.namespace ?? ''}/${service}`] : [];
      },
    },
    reconcile: (key) => reconcile(client, key),
  });
}

const selects = (service: Service, pod: Pod): boolean => {
  const selector = Object.entries(service.spec?.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => pod.metadata.labels?.[key] === value);
};

/** The number a Service's port means on a pod: a number is itself, a name is looked up among the containers' ports. */
export function targetPort(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  for (const container of pod.spec?.containers ?? [])
    for (const declared of container.ports ?? [])
      if (declared.name === target && (declared.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
        return declared.containerPort;
  return undefined;
}

type Ports = NonNullable<EndpointSlice['ports']>;
interface WantedSlice {
  readonly ports: Ports;
  readonly endpoints: EndpointSlice['endpoints'];
}

function reconcile(client: ClusterClient, key: string): undefined {
  const { namespace, name } = splitKey(key);
  const service = client.get<Service>(SERVICES, namespace, name);
  // A deleted Service takes its slices with it through the garbage collector.
  if (service?.spec?.selector === undefined || service.metadata.deletionTimestamp !== undefined) return undefined;
  const wanted = wantedSlices(
    service,
    client.list<Pod>('core/pods', namespace).filter((pod) => selects(service, pod)),
  );
  const present = client
    .list<EndpointSlice>(SLICES, namespace)
    .filter((slice) => controllerOf(slice)?.uid === service.metadata.uid);
  const unused = [...present];
  for (const slice of wanted) {
    // The slice with the same ports first: clients see a change of endpoints, not slices coming and going.
    const same = unused.findIndex((candidate) => JSON.stringify(candidate.ports ?? []) === JSON.stringify(slice.ports));
    const [reused] = unused.splice(same === -1 ? 0 : same, unused.length > 0 ? 1 : 0);
    write(client, service, reused, slice);
  }
  for (const slice of unused) client.delete(SLICES, namespace, slice.metadata.name);
  return undefined;
}

function wantedSlices(service: Service, pods: readonly Pod[]): WantedSlice[] {
  const byPorts = new Map<string, { ports: Ports; endpoints: EndpointSlice['endpoints'] }>();
  for (const pod of pods) {
    const ip = pod.status?.podIP;
    if (ip === undefined || isPodFinished(pod)) continue;
    const ports: Ports = (service.spec?.ports ?? []).flatMap((port) => {
      const number = targetPort(port, pod);
      return number === undefined
        ? []
        : [
            {
              name: port.name ?? '',
              protocol: port.protocol ?? 'TCP',
              port: number,
              ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
            },
          ];
    });
    if (ports.length === 0) continue;
    const slice = byPorts.get(JSON.stringify(ports)) ?? { ports, endpoints: [] };
    slice.endpoints.push(endpointOf(service, pod, ip));
    byPorts.set(JSON.stringify(ports), slice);
  }
  return byPorts.size === 0 ? [{ ports: [], endpoints: [] }] : [...byPorts.values()];
}

function endpointOf(service: Service, pod: Pod, ip: string): EndpointSlice['endpoints'][number] {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isPodReady(pod) || service.spec?.publishNotReadyAddresses === true;
  return {
    addresses: [ip],
    conditions: {
      ready: service.spec?.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    targetRef: {
      kind: 'Pod',
      ...(pod.metadata.namespace === undefined ? {} : { namespace: pod.metadata.namespace }),
      name: pod.metadata.name,
      ...(pod.metadata.uid === undefined ? {} : { uid: pod.metadata.uid }),
    },
    ...(pod.spec?.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
  };
}

function write(client: ClusterClient, service: Service, reused: EndpointSlice | undefined, wanted: WantedSlice): void {
  const { namespace } = service.metadata;
  const labels = {
    ...service.metadata.labels,
    'endpointslice.kubernetes.io/managed-by': MANAGER,
    [SERVICE_NAME_LABEL]: service.metadata.name,
  };
  // Go writes empty lists of this kind as null, and clients must cope with that.
  const content = {
    addressType: 'IPv4',
    endpoints: wanted.endpoints.length === 0 ? null : wanted.endpoints,
    ports: wanted.ports.length === 0 ? null : wanted.ports,
  };
  if (reused === undefined) {
    client.create(
      SLICES,
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: '',
          generateName: `${service.metadata.name}-`,
          ...(namespace === undefined ? {} : { namespace }),
          labels,
          ownerReferences: [controllerReference(service)],
        },
        ...content,
      },
      'endpointslice-controller',
    );
    return;
  }
  client.update(SLICES, namespace, reused.metadata.name, (slice) => {
    const before = JSON.stringify([slice['addressType'], slice['endpoints'], slice['ports'], slice.metadata.labels]);
    if (before === JSON.stringify([content.addressType, content.endpoints, content.ports, labels])) return undefined;
    slice.metadata.labels = labels;
    return Object.assign(slice, content);
  });
}
