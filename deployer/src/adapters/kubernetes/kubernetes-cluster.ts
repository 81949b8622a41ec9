/** The cluster port over the Kubernetes API. Nothing is connected, and client-node not loaded, before the first call. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster, ClusterRefusal, Manifest, ObjectRef, Right } from '../../ports/cluster.js';
import { KubeEndpoints, type KubeServer } from './kube-endpoint.js';
import { conflictingManagers } from './kube-errors.js';
import { KubeRequests } from './kube-requests.js';
import { KubeResources } from './kube-resources.js';
import { missingRights } from './kube-rights.js';
import { localUrl, urlOfRoute, urlOfService } from './service-url.js';
import { WatchHub } from './watch-hub.js';

export interface KubernetesClusterOptions {
  readonly server: KubeServer;
  /** True for the one-machine cluster that comes with the platform. */
  readonly embedded: boolean;
  /** For tests: milliseconds after which a watch lists again. */
  readonly relistMs?: number;
  /** For tests: the waits between tries. */
  readonly retryMs?: readonly number[];
}

const FIELD_MANAGER = 'aws-deployer';
const LARGEST_PROXIED_BODY = 64 * 1024;
const nameOf = (object: { kind: string; metadata: { namespace?: string; name: string } }): string =>
  `${object.kind} ${object.metadata.namespace === undefined ? '' : `${object.metadata.namespace}/`}${object.metadata.name}`;
const refName = (ref: ObjectRef): string =>
  `${ref.kind} ${ref.namespace === undefined ? '' : `${ref.namespace}/`}${ref.name}`;

export class KubernetesCluster implements Cluster {
  readonly embedded: boolean;
  private readonly endpoints: KubeEndpoints;
  private readonly requests: KubeRequests;
  private readonly resources: KubeResources;
  private readonly watches: WatchHub;

  constructor(options: KubernetesClusterOptions) {
    this.embedded = options.embedded;
    this.endpoints = new KubeEndpoints(options.server);
    this.requests = new KubeRequests(this.endpoints, options.retryMs);
    this.resources = new KubeResources(this.requests);
    this.watches = new WatchHub(this.requests, options.relistMs);
  }

  /** Drops every connection; what is still under way fails. */
  async close(): Promise<void> {
    await this.endpoints.close();
  }

  async apply(
    manifest: Manifest,
    options: { readonly dryRun?: boolean; readonly force?: boolean; readonly once?: boolean },
    signal: AbortSignal,
  ): Promise<Manifest> {
    const { namespace, name } = manifest.metadata;
    const path = await this.resources.path(manifest, namespace, name, signal);
    const send = async (force: boolean): Promise<Manifest> =>
      (await this.requests.json(
        {
          method: 'PATCH',
          path,
          query: {
            fieldManager: FIELD_MANAGER,
            fieldValidation: 'Strict',
            ...(force ? { force: 'true' } : {}),
            ...(options.dryRun === true ? { dryRun: 'All' } : {}),
          },
          body: JSON.stringify(manifest), // JSON is YAML
          contentType: 'application/apply-patch+yaml',
          subject: `${options.dryRun === true ? 'check' : 'apply'} ${nameOf(manifest)}`,
          hush: manifest.kind === 'Secret',
          once: options.once === true,
        },
        signal,
      )) as Manifest;
    try {
      return await send(options.force === true);
    } catch (error) {
      // What `patch` changed is owned by us under another operation, which counts as a conflict with ourselves.
      const ours = error instanceof AppError && error.code === 'foreign_owner' && ownedByUs(error.cause);
      if (!ours) throw error;
      return await send(true);
    }
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<Manifest | undefined> {
    const path = await this.resources.path(ref, ref.namespace, ref.name, signal);
    const answer = await this.requests.send({ method: 'GET', path, subject: `get ${refName(ref)}` }, signal, [404]);
    return answer.status === 404 ? undefined : (answer.json as Manifest);
  }

  async list(
    kind: { readonly apiVersion: string; readonly kind: string },
    namespace: string | undefined,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
    most?: number,
  ): Promise<readonly Manifest[]> {
    return this.listWithin(kind, namespace, labels, signal, most);
  }

  async patch(ref: ObjectRef, patch: Record<string, unknown>, signal: AbortSignal): Promise<Manifest> {
    const path = await this.resources.path(ref, ref.namespace, ref.name, signal);
    return (await this.requests.json(
      {
        method: 'PATCH',
        path,
        query: { fieldManager: FIELD_MANAGER },
        body: JSON.stringify(patch),
        contentType: 'application/merge-patch+json',
        subject: `change ${refName(ref)}`,
      },
      signal,
    )) as Manifest;
  }

  async missingRights(rights: readonly Right[], namespace: string, signal: AbortSignal): Promise<readonly Right[]> {
    return missingRights(this.requests, rights, namespace, signal);
  }

  async remove(ref: ObjectRef, signal: AbortSignal): Promise<void> {
    const path = await this.resources.path(ref, ref.namespace, ref.name, signal);
    const query = { propagationPolicy: 'Background' };
    await this.requests.send({ method: 'DELETE', path, query, subject: `delete ${refName(ref)}` }, signal, [404]);
  }

  async watch(
    kinds: readonly { readonly apiVersion: string; readonly kind: string }[],
    namespace: string,
    onChange: Parameters<Cluster['watch']>[2],
    signal: AbortSignal,
    onTrouble: Parameters<Cluster['watch']>[4] = () => undefined,
  ): Promise<void> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const troubled = new Set<string>();
    const follow = async (kind: { readonly apiVersion: string; readonly kind: string }): Promise<void> => {
      const trouble = (error: AppError | undefined): void => {
        const before = troubled.size;
        if (error === undefined) troubled.delete(kind.kind);
        else troubled.add(kind.kind);
        if (error !== undefined || (before > 0 && troubled.size === 0)) onTrouble(error);
      };
      const path = await this.resources.path(kind, namespace, undefined, both);
      await this.watches.follow({ path, kind, onChange, onTrouble: trouble }, both);
    };
    try {
      await Promise.all(kinds.map(follow));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      stop.abort(); // one kind that cannot be watched ends the others
    }
  }

  async logs(pod: Parameters<Cluster['logs']>[0], signal: AbortSignal): Promise<string | undefined> {
    const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}/log`;
    const query = {
      container: pod.container,
      tailLines: String(pod.tailLines),
      ...(pod.previous === true ? { previous: 'true' } : {}),
    };
    const subject = `logs of ${pod.namespace}/${pod.name}`;
    // 400: the container has not started, or was never restarted.
    const answer = await this.requests.send({ method: 'GET', path, query, subject, accept: '*/*' }, signal, [400, 404]);
    return answer.status >= 300 ? undefined : answer.text;
  }

  async serviceUrl(
    ref: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<string | null | undefined> {
    const service = await this.get({ apiVersion: 'v1', kind: 'Service', ...ref }, signal);
    if (service === undefined) return undefined;
    // Answers without any DNS set-up, whatever the type; a route's host does not.
    if (this.embedded) return localUrl(service);
    const ingresses = await this.listWithin(
      { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
      ref.namespace,
      {},
      signal,
    );
    const route = urlOfRoute(ingresses, ref.name);
    if (route !== undefined) return route ?? undefined;
    const byNode = (service['spec'] as { type?: string } | undefined)?.type === 'NodePort';
    return urlOfService(
      service,
      byNode ? await this.listWithin({ apiVersion: 'v1', kind: 'Node' }, undefined, {}, signal) : [],
    );
  }

  async proxyGet(
    service: { readonly namespace: string; readonly name: string; readonly port: number },
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const at = `/api/v1/namespaces/${encodeURIComponent(service.namespace)}/services/${encodeURIComponent(service.name)}:${String(service.port)}/proxy${path}`;
    return this.requests.proxied(
      at,
      `GET ${path} of ${service.namespace}/${service.name}`,
      LARGEST_PROXIED_BODY,
      signal,
    );
  }

  private async listWithin(
    kind: { readonly apiVersion: string; readonly kind: string },
    namespace: string | undefined,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
    most?: number,
  ): Promise<readonly Manifest[]> {
    const path = await this.resources.path(kind, namespace, undefined, signal);
    const selector = Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(',');
    const query: Record<string, string> = {
      ...(selector === '' ? {} : { labelSelector: selector }),
      ...(most === undefined ? {} : { limit: String(most) }),
    };
    const subject = `list ${kind.kind}`;
    const { items = [] } = (await this.requests.json({ method: 'GET', path, query, subject }, signal)) as {
      items?: readonly Manifest[];
    };
    return items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }));
  }
}

const ownedByUs = (cause: unknown): boolean => {
  const managers = conflictingManagers(cause as ClusterRefusal);
  return managers.length > 0 && managers.every((manager) => manager === FIELD_MANAGER);
};
