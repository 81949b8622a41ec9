/**
 * An API server over real HTTP that keeps a few objects in memory and fails as real ones do: away, hanging, throttling, in trouble,
 * forgetting versions, ending watches or letting them die in silence. For tests of what must survive that; not a Kubernetes.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClusterChange, Manifest } from '../ports/cluster.js';

const RESOURCES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  '/api/v1': [
    ['pods', 'Pod'],
    ['services', 'Service'],
    ['events', 'Event'],
    ['namespaces', 'Namespace'],
  ],
  '/apis/apps/v1': [
    ['deployments', 'Deployment'],
    ['replicasets', 'ReplicaSet'],
  ],
  '/apis/networking.k8s.io/v1': [['ingresses', 'Ingress']],
  '/apis/autoscaling/v2': [['horizontalpodautoscalers', 'HorizontalPodAutoscaler']],
  '/apis/discovery.k8s.io/v1': [['endpointslices', 'EndpointSlice']],
};
const PLURALS = new Map(Object.values(RESOURCES).flat());

export interface SeenRequest {
  readonly at: number;
  readonly path: string;
  readonly watch: boolean;
  readonly version: string | null;
}
/** What a request is answered instead of its object; undefined: it is answered as it should be. */
export type Trouble = (request: SeenRequest, response: ServerResponse) => boolean;

interface OpenWatch {
  readonly kind: string;
  readonly response: ServerResponse;
  silent: boolean;
}

export class ApiServerDouble {
  readonly seen: SeenRequest[] = [];
  /** Answers a request itself when it returns true. */
  trouble: Trouble = () => false;
  /** Pod → what its process said; `POD/previous`: the process before. */
  readonly logs = new Map<string, string>();
  private readonly objects = new Map<string, Manifest>();
  private readonly history: { readonly version: number; readonly change: ClusterChange }[] = [];
  private readonly watches = new Set<OpenWatch>();
  private server: Server | undefined;
  private version = 1;
  private forgotten = 0;
  private port = 0;

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }
  get openWatches(): number {
    return this.watches.size;
  }

  /** On the port that it had, when it had one. */
  async start(): Promise<void> {
    const server = createServer((request, response) => this.answer(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Away, as when its machine restarts; what it keeps stays. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    this.watches.clear();
  }

  put(object: Manifest): void {
    const key = `${object.kind}/${object.metadata.name}`;
    const type = this.objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    this.objects.set(key, stored);
    this.tell({ type, object: stored });
  }

  remove(kind: string, name: string): void {
    const object = this.objects.get(`${kind}/${name}`);
    if (object === undefined) return;
    this.objects.delete(`${kind}/${name}`);
    this.version += 1;
    this.tell({
      type: 'DELETED',
      object: { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } },
    });
  }

  /** Every version until now is too old to go on from. */
  forgetVersions(): void {
    this.forgotten = this.version;
  }

  /** The connections stay open and say nothing any more, as behind a firewall that has forgotten them. */
  silenceWatches(): void {
    for (const watch of this.watches) watch.silent = true;
  }

  /** `bookmark`: tells them how far they are; `end`: closes them as a server does every few minutes. */
  toWatches(what: 'bookmark' | 'end'): void {
    for (const watch of this.watches) {
      const bookmark = {
        type: 'BOOKMARK',
        object: { kind: watch.kind, metadata: { resourceVersion: String(this.version) } },
      };
      if (what === 'bookmark') watch.response.write(`${JSON.stringify(bookmark)}\n`);
      else {
        this.watches.delete(watch);
        watch.response.end();
      }
    }
  }

  private tell(change: ClusterChange): void {
    this.history.push({ version: this.version, change });
    for (const { kind, response, silent } of this.watches)
      if (kind === change.object.kind && !silent) response.write(`${JSON.stringify(change)}\n`);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const resources = RESOURCES[url.pathname];
    const json = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const watch = url.searchParams.get('watch') === 'true';
    const seen = { at: Date.now(), path: url.pathname, watch, version: url.searchParams.get('resourceVersion') };
    if (resources === undefined) this.seen.push(seen);
    if (this.trouble(seen, response)) return;
    if (resources !== undefined) {
      const list = resources.map(([name, kind]) => ({ name, kind, namespaced: kind !== 'Namespace' }));
      json(200, { resources: list });
      return;
    }
    const log = /\/pods\/([^/]+)\/log$/.exec(url.pathname)?.[1];
    if (log !== undefined) {
      const text = this.logs.get(`${log}${url.searchParams.get('previous') === 'true' ? '/previous' : ''}`);
      response.writeHead(text === undefined ? 400 : 200).end(text ?? 'previous terminated container not found');
      return;
    }
    const one = url.pathname.match(/\/(\w+)\/([^/]+)$/);
    if (request.method === 'DELETE') {
      this.remove(PLURALS.get(one?.[1] ?? '') ?? '', one?.[2] ?? '');
      json(200, { kind: 'Status', status: 'Success' });
      return;
    }
    const [plural = '', name] = url.pathname.split('/').slice(url.pathname.includes('/namespaces/dev/') ? -1 : -2);
    const kind = PLURALS.get(plural) ?? '';
    if (watch) this.open(kind, Number(seen.version), response);
    else if (name !== undefined) {
      const found = this.objects.get(`${kind}/${name}`);
      json(found ? 200 : 404, found ?? { kind: 'Status', code: 404, message: 'not found' });
    } else {
      const items = [...this.objects.values()].filter((object) => object.kind === kind);
      json(200, { metadata: { resourceVersion: String(this.version) }, items });
    }
  }

  private open(kind: string, from: number, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (from < this.forgotten) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })}\n`);
      return;
    }
    response.flushHeaders();
    for (const { version, change } of this.history)
      if (version > from && change.object.kind === kind) response.write(`${JSON.stringify(change)}\n`);
    const watch: OpenWatch = { kind, response, silent: false };
    this.watches.add(watch);
    response.on('close', () => this.watches.delete(watch));
  }
}
