/**
 * The Kubernetes API over HTTP: one handler for every resource. Its door is the loopback address: whoever reaches it is
 * cluster-admin, so a browser's page must not (requests with `Origin` or `Sec-Fetch-*`, or for another host, are refused).
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Identity } from '../access/identity.js';
import type { Attributes } from '../access/rbac.js';
import { attributesOf, type RequestAccess } from '../access/request-access.js';
import { handleReview, handleTokenRequest } from '../access/reviews.js';
import type { Pod } from '../resources/types.js';
import { StatusError, badRequest, forbidden, isStatusError } from '../store/status-error.js';
import { sendJson, type ApiCall } from './api-call.js';
import { parseResourcePath, type ResourcePath } from './api-path.js';
import { groupOf } from './discovery.js';
import { answerDiscovery } from './discovery-answers.js';
import { handleAttach, handleExec, refuseUpgrade } from './exec-request.js';
import { handleEviction } from './eviction-request.js';
import type { ApiServerHooks } from './hooks.js';
import { askedVersion, handleList } from './list-request.js';
import type { ObjectRegistry } from './object-registry.js';
import { handlePatch } from './patch-request.js';
import { handlePodLog } from './pod-log-request.js';
import { presentOne } from './presentation.js';
import { handleScale } from './scale-request.js';
import { handleBinding } from './virtual-resources.js';
import { handleWatch } from './watch-request.js';
import {
  handleCreate,
  handleDelete,
  handleDeleteCollection,
  handleUpdate,
  methodNotAllowed,
} from './write-requests.js';

export interface ApiServerOptions {
  readonly registry: ObjectRegistry;
  readonly access: RequestAccess;
  readonly hooks: ApiServerHooks;
  /** A failure that is ours: logged; the client gets a 500. */
  readonly onError: (what: string, error: unknown) => void;
  /** Aborted when the server stops: watches and followed logs end. */
  readonly stopping: AbortSignal;
}

export const createApiServer = (options: ApiServerOptions): RequestListener => {
  const server = new ApiServer(options);
  return (request, response) => void server.answer(request, response);
};

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Takes connections over for `exec`: the listener of a server's `upgrade`. */
export const createUpgradeListener =
  ({ registry, access, hooks, onError }: ApiServerOptions) =>
  (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const upgrade = async (): Promise<void> => {
      refuseBrowsers(request);
      const url = new URL(request.url ?? '/', 'http://local-cluster');
      const path = parseResourcePath(url.pathname);
      if (path?.resource.key !== 'core/pods' || path.name === undefined || path.subresource === undefined)
        throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
      // A command is run or a port opened whatever the method of the upgrade is.
      permit(access, request, attributesOf(path, 'POST', false));
      const pod = registry.get(path.resource, path.namespace, path.name) as Pod;
      const call = { request, socket, head, path, query: url.searchParams };
      if (path.subresource === 'exec') await handleExec(call, pod, hooks.exec);
      else if (path.subresource === 'attach') await handleAttach(call, pod, hooks.logs);
      else throw notServed(path);
    };
    upgrade()
      .catch((error: unknown) => refuseUpgrade(socket, error))
      .catch((error: unknown) => onError(`the upgrade of ${request.url ?? ''} broke off`, error));
  };

/** Who asks. Throws 401, 403. */
const permit = (access: RequestAccess, request: IncomingMessage, asked: Attributes): Identity => {
  const user = access.identify(request, asked);
  access.require(user, asked);
  return user;
};

const isWatch = (query: URLSearchParams): boolean => query.get('watch') === 'true' || query.get('watch') === '1';

const notServed = ({ resource, subresource = '' }: ResourcePath): StatusError =>
  new StatusError(501, 'NotImplemented', `${resource.plural}/${subresource} is not served by this cluster`, {});

class ApiServer {
  constructor(private readonly options: ApiServerOptions) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const warnings: string[] = [];
    try {
      refuseBrowsers(request);
      const url = new URL(request.url ?? '/', 'http://local-cluster');
      const path = parseResourcePath(url.pathname);
      const { access } = this.options;
      if (path === undefined) {
        permit(access, request, { verb: verbOf(request), path: url.pathname });
        if (answerDiscovery(url, request, response)) return;
        if (!/^\/apis?\/.+\/.+/.test(url.pathname) || groupUnknown(url.pathname)) {
          response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
          return;
        }
        throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
      }
      const left = new AbortController();
      response.once('close', () => left.abort());
      const signal = AbortSignal.any([left.signal, this.options.stopping]);
      const query = url.searchParams;
      const user = permit(access, request, attributesOf(path, request.method ?? 'GET', isWatch(query)));
      await this.#resource({ request, response, path, query, user, warnings, signal });
    } catch (error) {
      this.#fail(error, request, response, warnings);
    }
  }

  #fail(error: unknown, request: IncomingMessage, response: ServerResponse, warnings: string[]): void {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      if (!isAbort(error)) this.options.onError(`${request.method ?? ''} ${request.url ?? ''} broke off`, error);
      return;
    }
    if (!isStatusError(error)) this.options.onError(`${request.method ?? ''} ${request.url ?? ''} failed`, error);
    const status = isStatusError(error)
      ? error
      : new StatusError(
          500,
          'InternalError',
          `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
          {},
        );
    if (status.details?.retryAfterSeconds !== undefined)
      response.setHeader('retry-after', String(status.details.retryAfterSeconds));
    sendJson({ response, warnings }, status.code, status.toStatus());
  }

  async #resource(call: ApiCall): Promise<void> {
    const { path, request } = call;
    const method = request.method ?? 'GET';
    if (path.subresource !== undefined) return this.#subresource(call, method);
    if (!path.resource.stored) {
      if (method !== 'POST') throw methodNotAllowed();
      return handleReview(call, this.options.access);
    }
    if (path.resource.namespaced && path.namespace === undefined && (method === 'POST' || path.name !== undefined))
      throw methodNotAllowed();
    return path.name === undefined || path.watch ? this.#collection(call, method) : this.#object(call, method);
  }

  async #collection(call: ApiCall, method: string): Promise<void> {
    const { registry } = this.options;
    const watch = call.path.watch || isWatch(call.query);
    if (!allowed(call.path, method, true, watch)) throw methodNotAllowed();
    if (method === 'GET') return watch ? handleWatch(call, registry.store) : handleList(call, registry.store);
    return method === 'POST' ? handleCreate(call, registry) : handleDeleteCollection(call, registry);
  }

  async #object(call: ApiCall, method: string): Promise<void> {
    requireAcceptable(call);
    const { registry } = this.options;
    const { resource, namespace, name = '' } = call.path;
    if (!allowed(call.path, method, false, false)) throw methodNotAllowed();
    switch (method) {
      case 'GET':
        askedVersion(call, registry.store.currentVersion);
        return sendJson(call, 200, presentOne(call, registry.get(resource, namespace, name)));
      case 'PUT':
        return handleUpdate(call, registry);
      case 'PATCH':
        return handlePatch(call, registry, this.options.access);
      default:
        return handleDelete(call, registry);
    }
  }

  async #subresource(call: ApiCall, method: string): Promise<void> {
    const { registry, hooks } = this.options;
    const { resource, namespace, name = '', subresource = '' } = call.path;
    const known = resource.subresources.find((sub) => sub.name === subresource);
    if (known === undefined)
      throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
    const verb = VERB[method];
    if (verb === undefined || !known.verbs.includes(verb)) throw methodNotAllowed();
    switch (subresource) {
      case 'status':
      case 'finalize':
        if (method === 'GET') return sendJson(call, 200, presentOne(call, registry.get(resource, namespace, name)));
        return method === 'PUT' ? handleUpdate(call, registry) : handlePatch(call, registry, this.options.access);
      case 'scale':
        return handleScale(call, registry);
      case 'log':
        return handlePodLog(call, registry.get(resource, namespace, name) as Pod, hooks.logs);
      case 'eviction':
        return handleEviction(call, registry);
      case 'binding':
        return handleBinding(call, registry);
      case 'token':
        return handleTokenRequest(call, registry, this.options.access);
      case 'proxy':
        return this.#proxy(call);
      case 'attach':
      case 'exec':
        throw badRequest('Upgrade request required');
      default:
        throw notServed(call.path);
    }
  }

  /** `services/web:http/proxy/path`: the name may carry a scheme before it and a port behind it. */
  async #proxy(call: ApiCall): Promise<void> {
    const { registry, hooks } = this.options;
    const { resource, namespace, name = '', rest } = call.path;
    if (hooks.proxy === undefined) throw new StatusError(503, 'ServiceUnavailable', 'no network runs here');
    const parts = name.split(':');
    const [target = '', port] = parts.length === 3 ? parts.slice(1) : parts;
    const query = call.query.toString();
    const path = `${rest}${query === '' ? '' : `?${query}`}`;
    const object = registry.get(resource, namespace, target);
    const asked = port === undefined || port === '' ? undefined : port;
    if (resource.key === 'core/services') return hooks.proxy.service(object, asked, path, call.request, call.response);
    if (resource.key === 'core/pods') return hooks.proxy.pod(object as Pod, asked, path, call.request, call.response);
    throw new StatusError(501, 'NotImplemented', `${resource.plural}/proxy is not served by this cluster`, {});
  }
}

/** A group that is not served at all has no API behind it that could say so in its own words. */
const groupUnknown = (pathname: string): boolean => {
  const group = /^\/apis\/([^/]+)/.exec(pathname)?.[1];
  return group === undefined ? !pathname.startsWith('/api/v1/') : groupOf(group) === undefined;
};

const verbOf = ({ method = 'GET' }: IncomingMessage): string =>
  method === 'HEAD' ? 'get' : (VERB[method] ?? method.toLowerCase());

const VERB: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const allowed = ({ resource }: ResourcePath, method: string, collection: boolean, watch: boolean): boolean => {
  const verb =
    collection && method === 'GET'
      ? watch
        ? 'watch'
        : 'list'
      : collection && method === 'DELETE'
        ? 'deletecollection'
        : VERB[method];
  if (collection && method !== 'GET' && method !== 'POST' && method !== 'DELETE') return false;
  return verb !== undefined && resource.verbs.includes(verb) && (collection || method !== 'POST');
};

const ACCEPTABLE = /json|yaml|protobuf|\*\/\*|application\/\*/;
const requireAcceptable = ({ request }: ApiCall): void => {
  const { accept } = request.headers;
  if (accept === undefined || accept === '' || ACCEPTABLE.test(accept)) return;
  throw new StatusError(
    406,
    'NotAcceptable',
    '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    {},
  );
};

const refuseBrowsers = (request: IncomingMessage): void => {
  const { headers } = request;
  // Browsers send `Sec-Fetch-Site` and more; Node's own fetch sends `Sec-Fetch-Mode: cors` and nothing else of the kind.
  const fromPage =
    headers.origin !== undefined ||
    Object.entries(headers).some(
      ([header, value]) => header.startsWith('sec-fetch-') && !(header === 'sec-fetch-mode' && value === 'cors'),
    );
  if (fromPage || !LOOPBACK.test(headers.host ?? ''))
    throw forbidden(
      'core/requests',
      '',
      'this cluster answers programs on its own machine only, not web pages or other hosts',
    );
};

const isAbort = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'AbortError' || (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE');
