/**
 * The door for routes: one HTTP port. HTTPRoutes of Gateways of the class `local-cluster` are asked first; then Ingresses,
 * by Host and path as ingress-nginx would (class `nginx`, or none). It gives every Ingress the address 127.0.0.1.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { createController, keyOf, splitKey, type Controller } from '../controllers/controller.js';
import { findCondition } from '../controllers/conditions.js';
import { HTTP_ROUTES } from '../controllers/gateway-controller.js';
import type { HttpRoute, Ingress, Service, ServicePort } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { Endpoints } from './endpoints.js';
import { plain, type Forwarder, type Target } from './forwarder.js';
import { backendFor, headerChanges, redirectOf, ruleFor, type HttpRequest } from './http-routes.js';
import { isOurs, routeFor } from './ingress-routes.js';
import { serviceTarget } from './service-network.js';

const INGRESSES = 'networking.k8s.io/ingresses';

/** Whom the request is for, with the headers that its route changes (undefined takes one away). */
type Routed = Target & { readonly headers?: Readonly<Record<string, string | undefined>> };
/** The gateway answers itself: nobody is there, or the client shall go elsewhere. */
interface Answered {
  readonly status: number;
  readonly why: string;
  readonly location?: string;
}

export class Gateway {
  private readonly server: Server;
  private readonly controller: Controller;

  constructor(
    private readonly client: ClusterClient,
    private readonly endpoints: Endpoints,
    private readonly forwarder: Forwarder,
    log: Logger,
  ) {
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.on('upgrade', (request, socket, head) => {
      const found = this.route(request);
      if (!('pick' in found)) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      else void forwarder.upgrade(found, request, socket, head);
    });
    this.server.keepAliveTimeout = 75_000;
    this.server.requestTimeout = 0;
    this.controller = createController({
      name: 'local-cluster-gateway',
      client,
      log,
      watches: { [INGRESSES]: ({ object }) => [keyOf(object)] },
      reconcile: (key) => this.giveAddress(key),
    });
  }

  /** Opens the port (0: a free one) and answers it. Rejects when it is taken. */
  async start(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        this.server.removeListener('error', reject);
        resolve();
      });
    });
    this.controller.start();
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await this.controller.stop();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const found = this.route(request);
    if (!('pick' in found)) {
      request.resume();
      if (found.location !== undefined) response.setHeader('location', found.location);
      plain(response, found.status, found.why);
      return;
    }
    const forwarded = request.headers['x-forwarded-for'];
    const from = request.socket.remoteAddress ?? '127.0.0.1';
    await this.forwarder.http(found, request, response, {
      headers: {
        'x-forwarded-for': forwarded === undefined ? from : `${String(forwarded)}, ${from}`,
        'x-forwarded-host': request.headers.host ?? '',
        'x-forwarded-proto': 'http',
        ...found.headers,
      },
    });
  }

  private route(request: IncomingMessage): Routed | Answered {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    const [path = '/', query] = (request.url ?? '/').split('?');
    const asked = {
      host,
      path,
      method: request.method ?? 'GET',
      query: new URLSearchParams(query),
      headers: request.headers,
    };
    return this.byHttpRoute(asked) ?? this.byIngress(host, path);
  }

  private byHttpRoute(asked: HttpRequest): Routed | Answered | undefined {
    const routes = this.client
      .list<HttpRoute>(HTTP_ROUTES)
      .filter(({ status }) =>
        status?.parents?.some(({ conditions }) => findCondition(conditions, 'Accepted')?.status === 'True'),
      );
    const found = ruleFor(routes, asked);
    if (found === undefined) return undefined;
    const redirect = redirectOf(found.rule, asked);
    if (redirect !== undefined) return { ...redirect, why: redirect.location };
    const ref = backendFor(found.rule, Math.random());
    const namespace = ref?.namespace ?? found.route.metadata.namespace ?? '';
    const service = ref === undefined ? undefined : this.client.get<Service>('core/services', namespace, ref.name);
    const port = service?.spec?.ports?.find((one) => one.port === ref?.port);
    if (service === undefined || port === undefined)
      return {
        status: 500,
        why: `the HTTPRoute ${keyOf(found.route)} names a Service or port that is not there: ${namespace}/${ref?.name ?? ''}`,
      };
    const target = serviceTarget(this.endpoints, service, port);
    return {
      name: target.name,
      pick: (tried) => target.pick(tried),
      headers: headerChanges(found.rule, asked.headers),
    };
  }

  private byIngress(host: string, path: string): Routed | Answered {
    const route = routeFor(this.client.list<Ingress>(INGRESSES), host, path);
    if (route === undefined) return { status: 404, why: `no route for host ${host} and path ${path}` };
    const wanted = route.backend.service;
    const service =
      wanted === undefined ? undefined : this.client.get<Service>('core/services', route.namespace, wanted.name);
    const port = service?.spec?.ports?.find((one) => isPort(one, wanted?.port));
    if (service === undefined || port === undefined)
      return {
        status: 404,
        why: `the Ingress of host ${host} names a Service or port that is not there: ${route.namespace}/${wanted?.name ?? ''}`,
      };
    return serviceTarget(this.endpoints, service, port);
  }

  private giveAddress(key: string): undefined {
    const { namespace, name } = splitKey(key);
    const ingress = this.client.get<Ingress>(INGRESSES, namespace, name);
    if (ingress === undefined || !isOurs(ingress) || ingress.metadata.deletionTimestamp !== undefined) return undefined;
    this.client.updateStatus<Ingress>(INGRESSES, namespace, name, (fresh) =>
      fresh.status?.loadBalancer?.ingress?.[0]?.ip === '127.0.0.1'
        ? undefined
        : { ...fresh, status: { loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } } },
    );
    return undefined;
  }
}

const isPort = (port: ServicePort, wanted: { name?: string; number?: number } | undefined): boolean =>
  wanted?.name === undefined ? port.port === wanted?.number : port.name === wanted.name;
