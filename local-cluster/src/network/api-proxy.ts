/**
 * The API server's proxy to Services and pods (`…/services/web:80/proxy/health`): one request to one ready endpoint.
 * Throws StatusError 503 where there is none, 400 for a port that is not there.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceProxy } from '../api/hooks.js';
import { portNumber } from '../kubelet/probe.js';
import type { Pod, Service } from '../resources/types.js';
import { badRequest, StatusError } from '../store/status-error.js';
import { podAddress, type Endpoint, type Endpoints } from './endpoints.js';
import type { Forwarder } from './forwarder.js';
import { serviceTarget } from './service-network.js';

export class ApiProxy implements ServiceProxy {
  constructor(
    private readonly endpoints: Endpoints,
    private readonly forwarder: Forwarder,
  ) {}

  async service(
    service: Service,
    port: string | undefined,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const ports = service.spec?.ports ?? [];
    const wanted =
      port === undefined || port === ''
        ? ports.length === 1
          ? ports[0]
          : ports.find(({ name }) => (name ?? '') === '')
        : ports.find((one) => one.name === port || String(one.port) === port);
    const name = service.metadata.name;
    if (wanted === undefined) throw unavailable(`no service port "${port ?? ''}" found for service "${name}"`);
    const target = serviceTarget(this.endpoints, service, wanted);
    if (target.pick(new Set()) === undefined) throw unavailable(`no endpoints available for service "${name}"`);
    await this.forwarder.http(target, request, response, { path });
  }

  async pod(
    pod: Pod,
    port: string | undefined,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const [first] = pod.spec?.containers ?? [];
    const number =
      port === undefined || port === ''
        ? (first?.ports?.[0]?.containerPort ?? 80)
        : (pod.spec?.containers ?? [])
            .map((container) => portNumber(port, container))
            .find((found) => found !== undefined);
    if (number === undefined) throw badRequest(`pod "${pod.metadata.name}" has no port "${port ?? ''}"`);
    const address = podAddress(pod, number);
    if (address === undefined) throw unavailable(`pod "${pod.metadata.name}" has no address yet`);
    const endpoint: Endpoint = {
      podUid: pod.metadata.uid ?? '',
      podName: pod.metadata.name,
      ...address,
      ready: true,
      serving: true,
    };
    const target = {
      name: `pod ${pod.metadata.name}`,
      pick: (tried: ReadonlySet<Endpoint>) => (tried.has(endpoint) ? undefined : endpoint),
    };
    await this.forwarder.http(target, request, response, { path });
  }
}

const unavailable = (message: string): StatusError => new StatusError(503, 'ServiceUnavailable', message);
