/**
 * Where the API server is and how to be let in: an address (the embedded cluster), a kubeconfig, or the pod's own account.
 *
 * client-node is used for kubeconfigs only (contexts, client certificates, exec plugins, rotating tokens) and imported when
 * one is first needed: it costs 0.4 s and 80 MB, and the embedded cluster does not need it.
 */
import { delimiter } from 'node:path';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';

export type KubeServer =
  | { readonly url: string }
  /** One path, or several as in `KUBECONFIG`. */
  | { readonly kubeconfig: string }
  | { readonly inCluster: true };

export interface KubeEndpoint {
  readonly origin: string;
  /** Before every path; empty unless the server is behind a gateway. */
  readonly prefix: string;
  readonly dispatcher: Dispatcher;
  readonly headers: Readonly<Record<string, string>>;
}

/** Idle connections are kept; a request waits 30 s for its answer. Watches set their own limits. */
const AGENT_OPTIONS = { keepAliveTimeout: 30_000, headersTimeout: 30_000, bodyTimeout: 60_000, connectTimeout: 10_000 };
/** Tokens of exec plugins and mounted accounts rotate; asking for them again each half minute is enough. */
const CREDENTIAL_MS = 30_000;

interface Credentials {
  readonly headers?: Record<string, string>;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
  readonly auth?: string;
}

export class KubeEndpoints {
  private current: { readonly endpoint: KubeEndpoint; readonly tls: string; readonly until: number } | undefined;
  private pending: Promise<KubeEndpoint> | undefined;
  private readonly dispatchers = new Set<Dispatcher>();

  constructor(private readonly server: KubeServer) {}

  /** Throws AppError unavailable/`kubeconfig_unusable` when the kubeconfig cannot be read or its plugin fails. */
  async get(): Promise<KubeEndpoint> {
    if (this.current !== undefined && this.current.until > Date.now()) return this.current.endpoint;
    this.pending ??= this.load().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  /** After a 401: the next `get` asks for the credentials again. */
  forget(): void {
    if (this.current !== undefined) this.current = { ...this.current, until: 0 };
  }

  async close(): Promise<void> {
    await Promise.all([...this.dispatchers].map((dispatcher) => dispatcher.destroy()));
    this.dispatchers.clear();
  }

  private keep(address: string, headers: Record<string, string>, tls: string, open: () => Dispatcher): KubeEndpoint {
    const url = new URL(address);
    const dispatcher = this.current?.tls === tls ? this.current.endpoint.dispatcher : open();
    this.dispatchers.add(dispatcher);
    const endpoint = { origin: url.origin, prefix: url.pathname.replace(/\/$/, ''), dispatcher, headers };
    const until = 'url' in this.server ? Infinity : Date.now() + CREDENTIAL_MS;
    this.current = { endpoint, tls, until };
    return endpoint;
  }

  private async load(): Promise<KubeEndpoint> {
    if ('url' in this.server) return this.keep(this.server.url, {}, '', () => new Agent(AGENT_OPTIONS));
    try {
      const { KubeConfig } = await import('@kubernetes/client-node');
      const config = new KubeConfig();
      if ('inCluster' in this.server) config.loadFromCluster();
      else {
        const [first = '', ...others] = this.server.kubeconfig.split(delimiter).filter((path) => path !== '');
        config.loadFromFile(first);
        for (const path of others) {
          const more = new KubeConfig();
          more.loadFromFile(path);
          config.mergeConfig(more, true);
        }
      }
      // client-node refuses plain HTTP unless told not to verify what is not there; kubectl takes it.
      config.clusters = config.clusters.map((known) =>
        known.server.startsWith('http:') ? { ...known, skipTLSVerify: true } : known,
      );
      const cluster = config.getCurrentCluster();
      if (cluster === null) throw new Error('it has no current context');
      const given: Credentials & Record<string, unknown> = {};
      await config.applyToHTTPSOptions(given);
      const tls = {
        ...(given.ca ? { ca: given.ca } : {}),
        ...(given.cert ? { cert: given.cert } : {}),
        ...(given.key ? { key: given.key } : {}),
        ...(given.servername ? { servername: given.servername } : {}),
        ...(given.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: given.rejectUnauthorized }),
      };
      const headers = {
        ...given.headers,
        ...(given.auth ? { Authorization: `Basic ${Buffer.from(given.auth).toString('base64')}` } : {}),
      };
      const { proxyUrl } = cluster;
      const key = JSON.stringify([cluster.server, proxyUrl, tls]);
      return this.keep(cluster.server, headers, key, () =>
        proxyUrl
          ? new ProxyAgent({ ...AGENT_OPTIONS, uri: proxyUrl, requestTls: tls })
          : new Agent({ ...AGENT_OPTIONS, connect: tls }),
      );
    } catch (error) {
      const which =
        'inCluster' in this.server ? 'The pod’s service account' : `The kubeconfig ${this.server.kubeconfig}`;
      throw new AppError('unavailable', 'kubeconfig_unusable', `${which} cannot be used: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}
