/** Where a Service answers from outside: pure, from the objects that say so. */
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import type { Manifest } from '../../ports/cluster.js';

interface IngressPoint {
  readonly ip?: string;
  readonly hostname?: string;
}
interface ServiceShape {
  readonly spec?: {
    readonly type?: string;
    readonly ports?: readonly { readonly port: number; readonly nodePort?: number }[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly IngressPoint[] };
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}
interface IngressShape {
  readonly spec?: {
    readonly tls?: readonly { readonly hosts?: readonly string[] }[];
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: {
        readonly paths?: readonly {
          readonly path?: string;
          readonly backend?: { readonly service?: { readonly name?: string } };
        }[];
      };
    }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly IngressPoint[] } };
}
interface NodeShape {
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** What the embedded cluster notes on every Service: its one loopback address. */
const LOCAL_URL = 'local-cluster/url';
const withPort = (scheme: string, host: string, port: number): string =>
  (scheme === 'http' && port === 80) || (scheme === 'https' && port === 443)
    ? `${scheme}://${host}`
    : `${scheme}://${host}:${String(port)}`;

/** Throws invalid/`node_port_taken` while another program of this machine has the port that was asked for. */
export function localUrl(service: Manifest): string | undefined {
  const { status, spec } = service as unknown as ServiceShape;
  const closed = status?.conditions?.find((one) => one.type === 'PortOpen' && one.status === 'False');
  if (closed === undefined) return service.metadata.annotations?.[LOCAL_URL];
  const port = spec?.ports?.[0]?.nodePort;
  throw invalidField(
    'workload.node_port',
    `another program of this machine has port ${String(port)} (${closed.message ?? 'it cannot be opened'})`,
    'choose another node_port, leave it out to get a free one, or stop the other program',
    'node_port_taken',
  );
}

/** Null: it has none by nature (ClusterIP). Undefined: not yet. */
export const urlOfService = (service: Manifest, nodes: readonly Manifest[]): string | null | undefined => {
  const { spec = {}, status } = service as unknown as ServiceShape;
  const port = spec.ports?.[0];
  if (port === undefined) return null;
  if (spec.type === 'LoadBalancer') {
    const at = status?.loadBalancer?.ingress?.[0];
    const host = at?.hostname ?? at?.ip;
    return host === undefined ? undefined : withPort('http', host, port.port);
  }
  if (spec.type !== 'NodePort') return null;
  if (port.nodePort === undefined) return undefined;
  const ready = (nodes as readonly (Manifest & NodeShape)[]).filter((node) =>
    node.status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
  const addresses = ready.flatMap((node) => node.status?.addresses ?? []);
  const address = (
    addresses.find(({ type }) => type === 'ExternalIP') ?? addresses.find(({ type }) => type === 'InternalIP')
  )?.address;
  return address === undefined ? undefined : withPort('http', address, port.nodePort);
};

/** The address of the first route that leads to this Service; undefined when there is none, null while it has no address yet. */
export const urlOfRoute = (ingresses: readonly Manifest[], service: string): string | null | undefined => {
  for (const ingress of ingresses as readonly (Manifest & IngressShape)[]) {
    for (const rule of ingress.spec?.rules ?? []) {
      const path = rule.http?.paths?.find((candidate) => candidate.backend?.service?.name === service);
      if (path === undefined) continue;
      const at = ingress.status?.loadBalancer?.ingress?.[0];
      if (at === undefined) return null;
      const host = rule.host ?? at.hostname ?? at.ip ?? '';
      const secure = ingress.spec?.tls?.some((tls) => tls.hosts === undefined || tls.hosts.includes(host)) === true;
      const where = (path.path ?? '/').replace(/\/$/, '');
      return `${secure ? 'https' : 'http'}://${host}${where}`;
    }
  }
  return undefined;
};
