/**
 * Statuses of the Gateway API: the class `local-cluster` is accepted, its Gateways have the address of this machine, and
 * each HTTPRoute says to each of its parents whether it is accepted and its Services are there.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { SUPPORTED_FILTERS } from '../network/http-routes.js';
import type { Condition, GatewayObject, HttpRoute, Service } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { kubeTime, withCondition } from './conditions.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';

export const HTTP_ROUTES = 'gateway.networking.k8s.io/httproutes';
const GATEWAYS = 'gateway.networking.k8s.io/gateways';
const CLASSES = 'gateway.networking.k8s.io/gatewayclasses';
export const GATEWAY_CLASS = 'local-cluster';
const CONTROLLER_NAME = 'local-cluster/gateway';
const ROUTE = 'route:';

type Parent = NonNullable<NonNullable<HttpRoute['spec']>['parentRefs']>[number];

export function createGatewayController(client: ClusterClient, log: Logger): Controller {
  const allRoutes = (): string[] => client.list<HttpRoute>(HTTP_ROUTES).map((route) => `${ROUTE}${keyOf(route)}`);
  const controller = createController({
    name: 'gateway-controller',
    client,
    log,
    watches: {
      [GATEWAYS]: ({ object }) => [keyOf(object), ...allRoutes()],
      [HTTP_ROUTES]: ({ object }) => [`${ROUTE}${keyOf(object)}`, ...client.list<GatewayObject>(GATEWAYS).map(keyOf)],
      'core/services': ({ type }) => (type === 'MODIFIED' ? [] : allRoutes()),
    },
    reconcile: (key) => {
      if (key.startsWith(ROUTE)) routeStatus(client, key.slice(ROUTE.length));
      else gatewayStatus(client, key);
    },
  });
  return {
    start() {
      makeClass(client);
      controller.start();
    },
    stop: () => controller.stop(),
  };
}

function makeClass(client: ClusterClient): void {
  if (client.get(CLASSES, undefined, GATEWAY_CLASS) !== undefined) return;
  client.create(CLASSES, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: GATEWAY_CLASS },
    spec: { controllerName: CONTROLLER_NAME },
  });
  client.updateStatus(CLASSES, undefined, GATEWAY_CLASS, (fresh) => ({
    ...fresh,
    status: { conditions: [condition('Accepted', true, 'Accepted', 'the gateway of this machine')] },
  }));
}

const condition = (type: string, ok: boolean, reason: string, message: string, generation = 1): Condition => ({
  type,
  status: ok ? 'True' : 'False',
  observedGeneration: generation,
  lastTransitionTime: kubeTime(),
  reason,
  message,
});

const isOurs = (gateway: GatewayObject | undefined): gateway is GatewayObject =>
  gateway?.spec?.gatewayClassName === GATEWAY_CLASS;

/** The Gateway of this machine that a route names; undefined: none, or another's. */
export function gatewayOf(client: ClusterClient, route: HttpRoute, parent: Parent): GatewayObject | undefined {
  if ((parent.kind ?? 'Gateway') !== 'Gateway') return undefined;
  const namespace = parent.namespace ?? route.metadata.namespace;
  const gateway = client.get<GatewayObject>(GATEWAYS, namespace, parent.name);
  return isOurs(gateway) ? gateway : undefined;
}

function gatewayStatus(client: ClusterClient, key: string): void {
  const { namespace, name } = splitKey(key);
  const gateway = client.get<GatewayObject>(GATEWAYS, namespace, name);
  if (!isOurs(gateway)) return;
  const generation = gateway.metadata.generation ?? 1;
  const listeners = (gateway.spec?.listeners ?? []).map((listener) => {
    const http = listener.protocol === 'HTTP';
    const attached = client
      .list<HttpRoute>(HTTP_ROUTES)
      .filter((route) =>
        (route.spec?.parentRefs ?? []).some((parent) => attaches(client, route, parent, gateway, listener.name)),
      );
    return {
      name: listener.name,
      attachedRoutes: attached.length,
      supportedKinds: http ? [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' }] : [],
      conditions: [
        condition(
          'Accepted',
          http,
          http ? 'Accepted' : 'UnsupportedProtocol',
          http ? '' : `protocol ${listener.protocol} is not served here`,
          generation,
        ),
        condition('Programmed', http, http ? 'Programmed' : 'Invalid', '', generation),
        condition('ResolvedRefs', true, 'ResolvedRefs', '', generation),
      ],
    };
  });
  client.updateStatus<GatewayObject>(GATEWAYS, namespace, name, (fresh) => {
    const before = fresh.status?.conditions ?? [];
    const status = {
      addresses: [{ type: 'IPAddress', value: '127.0.0.1' }],
      conditions: [
        ...withCondition(
          withCondition(before, condition('Accepted', true, 'Accepted', '', generation)),
          condition('Programmed', true, 'Programmed', '', generation),
        ),
      ],
      listeners: listeners.map((listener) => {
        const known = fresh.status?.listeners?.find((one) => one.name === listener.name)?.conditions ?? [];
        return { ...listener, conditions: listener.conditions.reduce<Condition[]>(withCondition, known) };
      }),
    };
    return JSON.stringify(status) === JSON.stringify(fresh.status) ? undefined : { ...fresh, status };
  });
}

const attaches = (
  client: ClusterClient,
  route: HttpRoute,
  parent: Parent,
  gateway: GatewayObject,
  listener: string,
): boolean =>
  gatewayOf(client, route, parent)?.metadata.uid === gateway.metadata.uid &&
  (parent.sectionName === undefined || parent.sectionName === listener);

function routeStatus(client: ClusterClient, key: string): void {
  const { namespace, name } = splitKey(key);
  const route = client.get<HttpRoute>(HTTP_ROUTES, namespace, name);
  if (route === undefined) return;
  const generation = route.metadata.generation ?? 1;
  const parents = (route.spec?.parentRefs ?? [])
    .filter((parent) => gatewayOf(client, route, parent) !== undefined)
    .map((parentRef) => {
      const known = route.status?.parents?.find((one) => JSON.stringify(one.parentRef) === JSON.stringify(parentRef));
      const said = [acceptance(client, route, parentRef, generation), references(client, route, generation)];
      return {
        parentRef,
        controllerName: CONTROLLER_NAME,
        conditions: said.reduce<Condition[]>(withCondition, known?.conditions ?? []),
      };
    });
  client.updateStatus<HttpRoute>(HTTP_ROUTES, namespace, name, (fresh) =>
    JSON.stringify(fresh.status?.parents ?? []) === JSON.stringify(parents)
      ? undefined
      : { ...fresh, status: { parents } },
  );
}

function acceptance(client: ClusterClient, route: HttpRoute, parent: Parent, generation: number): Condition {
  const strange = (route.spec?.rules ?? [])
    .flatMap(({ filters = [] }) => filters)
    .find(({ type }) => !SUPPORTED_FILTERS.has(type));
  if (strange !== undefined)
    return condition('Accepted', false, 'UnsupportedValue', `filter ${strange.type} is not supported here`, generation);
  const listeners = gatewayOf(client, route, parent)?.spec?.listeners ?? [];
  const found = parent.sectionName === undefined || listeners.some((listener) => listener.name === parent.sectionName);
  return found
    ? condition('Accepted', true, 'Accepted', 'Route is accepted', generation)
    : condition('Accepted', false, 'NoMatchingParent', `no listener ${parent.sectionName ?? ''}`, generation);
}

function references(client: ClusterClient, route: HttpRoute, generation: number): Condition {
  for (const ref of (route.spec?.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs)) {
    const namespace = ref.namespace ?? route.metadata.namespace;
    if ((ref.kind ?? 'Service') !== 'Service')
      return condition(
        'ResolvedRefs',
        false,
        'InvalidKind',
        `kind ${ref.kind ?? ''} is not supported here`,
        generation,
      );
    const service = client.get<Service>('core/services', namespace, ref.name);
    if (service === undefined)
      return condition(
        'ResolvedRefs',
        false,
        'BackendNotFound',
        `service ${namespace ?? ''}/${ref.name} not found`,
        generation,
      );
    if (!service.spec?.ports?.some(({ port }) => port === ref.port)) {
      const why = `service ${namespace ?? ''}/${ref.name} has no port ${String(ref.port)}`;
      return condition('ResolvedRefs', false, 'BackendNotFound', why, generation);
    }
  }
  return condition('ResolvedRefs', true, 'ResolvedRefs', 'All references are resolved', generation);
}
