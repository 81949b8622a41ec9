import type { ResourceDefinition } from '../resources/resource-definition.js';
import type { KubeEvent } from '../resources/types.js';
import type { KubeObject } from '../store/object-store.js';
import { podRow } from './pod-row.js';

/** The columns of what `kubectl get` prints, by resource. Those of priority 1 show with `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly type?: 'string' | 'integer';
  readonly wide?: true;
  readonly cell: (object: KubeObject, now: number) => unknown;
}
type Any = Record<string, never>;

const spec = (object: KubeObject) => object.spec ?? {};
const status = (object: KubeObject) => object.status ?? {};
const count = (value: unknown): number => (typeof value === 'number' ? value : 0);
const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
const list = <T = Any>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as T[]) : []);

/** `42s`, `3m12s`, `5h`, `12d`: as kubectl writes ages. */
export const age = (since: string | undefined, now: number): string => {
  if (since === undefined) return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  return days < 730 ? `${days}d` : `${Math.floor(days / 365)}y`;
};

const NAME: Column = { name: 'Name', cell: (object) => object.metadata.name };
const AGE: Column = { name: 'Age', cell: (object, now) => age(object.metadata.creationTimestamp, now) };

interface Template {
  readonly template?: {
    readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image: string }[] };
  };
  readonly selector?: { readonly matchLabels?: Record<string, string> };
}
const containersOf = (object: KubeObject) => (object.spec as Template | undefined)?.template?.spec?.containers ?? [];
const labels = (map: Record<string, string> | undefined): string =>
  Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>';
const WORKLOAD_WIDE: Column[] = [
  {
    name: 'Containers',
    wide: true,
    cell: (object) =>
      containersOf(object)
        .map(({ name }) => name)
        .join(','),
  },
  {
    name: 'Images',
    wide: true,
    cell: (object) =>
      containersOf(object)
        .map(({ image }) => image)
        .join(','),
  },
  {
    name: 'Selector',
    wide: true,
    cell: (object) => labels((object.spec as Template | undefined)?.selector?.matchLabels),
  },
];

const servicePorts = (object: KubeObject): string =>
  list<{ port: number; nodePort?: number; protocol?: string }>(spec(object)['ports'])
    .map(({ port, nodePort, protocol = 'TCP' }) =>
      nodePort === undefined ? `${port}/${protocol}` : `${port}:${nodePort}/${protocol}`,
    )
    .join(',') || '<none>';
const ingressAddresses = (object: KubeObject): string =>
  list<{ ip?: string; hostname?: string }>(
    (status(object)['loadBalancer'] as { ingress?: unknown } | undefined)?.ingress,
  )
    .map(({ ip, hostname }) => ip ?? hostname ?? '')
    .join(',');
const externalIp = (object: KubeObject): string => {
  const { type } = spec(object);
  if (type === 'LoadBalancer') return ingressAddresses(object) || '<pending>';
  return list<string>(spec(object)['externalIPs']).join(',') || '<none>';
};
const eventObject = (object: KubeObject): string => {
  const about = (object['involvedObject'] ?? object['regarding']) as { kind?: string; name?: string } | undefined;
  return `${(about?.kind ?? '').toLowerCase()}/${about?.name ?? ''}`;
};

const seriesOf = (object: KubeObject): KubeEvent['series'] => (object as KubeEvent).series;
const eventSource = (object: KubeObject): string => {
  const { source, reportingComponent, reportingInstance } = object as KubeEvent;
  const { component = reportingComponent, host = reportingInstance } = source ?? {};
  return [component, host].filter((part) => (part ?? '') !== '').join(', ');
};

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  'apps/deployments': [
    NAME,
    { name: 'Ready', cell: (object) => `${count(status(object)['readyReplicas'])}/${count(spec(object)['replicas'])}` },
    { name: 'Up-to-date', cell: (object) => count(status(object)['updatedReplicas']) },
    { name: 'Available', cell: (object) => count(status(object)['availableReplicas']) },
    AGE,
    ...WORKLOAD_WIDE,
  ],
  'apps/replicasets': [
    NAME,
    { name: 'Desired', type: 'integer', cell: (object) => count(spec(object)['replicas']) },
    { name: 'Current', type: 'integer', cell: (object) => count(status(object)['replicas']) },
    { name: 'Ready', type: 'integer', cell: (object) => count(status(object)['readyReplicas']) },
    AGE,
    ...WORKLOAD_WIDE,
  ],
  'core/services': [
    NAME,
    { name: 'Type', cell: (object) => spec(object)['type'] },
    { name: 'Cluster-IP', cell: (object) => spec(object)['clusterIP'] ?? '<none>' },
    { name: 'External-IP', cell: externalIp },
    { name: 'Port(s)', cell: servicePorts },
    AGE,
    { name: 'Selector', wide: true, cell: (object) => labels(spec(object)['selector'] as Record<string, string>) },
  ],
  'core/namespaces': [NAME, { name: 'Status', cell: (object) => status(object)['phase'] }, AGE],
  'core/configmaps': [
    NAME,
    {
      name: 'Data',
      type: 'integer',
      cell: (object) => Object.keys({ ...(object['data'] as object), ...(object['binaryData'] as object) }).length,
    },
    AGE,
  ],
  'core/secrets': [
    NAME,
    { name: 'Type', cell: (object) => object['type'] },
    {
      name: 'Data',
      type: 'integer',
      cell: (object) => Object.keys((object['data'] as object | undefined) ?? {}).length,
    },
    AGE,
  ],
  'core/serviceaccounts': [
    NAME,
    { name: 'Secrets', type: 'integer', cell: (object) => list(object['secrets']).length },
    AGE,
  ],
  'core/nodes': [
    NAME,
    {
      name: 'Status',
      cell: (object) => {
        const ready = list<{ type: string; status: string }>(status(object)['conditions']).find(
          ({ type }) => type === 'Ready',
        );
        return `${ready?.status === 'True' ? 'Ready' : 'NotReady'}${spec(object)['unschedulable'] === true ? ',SchedulingDisabled' : ''}`;
      },
    },
    {
      name: 'Roles',
      cell: (object) =>
        Object.keys(object.metadata.labels ?? {})
          .flatMap((label) => /^node-role\.kubernetes\.io\/(.+)$/.exec(label)?.[1] ?? [])
          .join(',') || '<none>',
    },
    AGE,
    {
      name: 'Version',
      cell: (object) => (status(object)['nodeInfo'] as { kubeletVersion?: string } | undefined)?.kubeletVersion ?? '',
    },
  ],
  'core/events': [
    {
      name: 'Last Seen',
      cell: (object, now) =>
        age(
          (seriesOf(object)?.lastObservedTime ??
            object['lastTimestamp'] ??
            object['eventTime'] ??
            object.metadata.creationTimestamp) as string | undefined,
          now,
        ),
    },
    { name: 'Type', cell: (object) => object['type'] },
    { name: 'Reason', cell: (object) => object['reason'] },
    { name: 'Object', cell: eventObject },
    {
      name: 'Subobject',
      wide: true,
      cell: (object) => (object['involvedObject'] as { fieldPath?: string } | undefined)?.fieldPath ?? '',
    },
    { name: 'Source', wide: true, cell: eventSource },
    { name: 'Message', cell: (object) => text(object['message'] ?? object['note']) },
    {
      name: 'First Seen',
      wide: true,
      cell: (object, now) => age((object['firstTimestamp'] ?? object['eventTime']) as string | undefined, now),
    },
    { name: 'Count', wide: true, cell: (object) => seriesOf(object)?.count ?? object['count'] ?? 1 },
    { name: 'Name', wide: true, cell: (object) => object.metadata.name },
  ],
  'networking.k8s.io/ingresses': [
    NAME,
    { name: 'Class', cell: (object) => spec(object)['ingressClassName'] ?? '<none>' },
    {
      name: 'Hosts',
      cell: (object) =>
        list<{ host?: string }>(spec(object)['rules'])
          .map(({ host }) => host ?? '*')
          .join(',') || '*',
    },
    { name: 'Address', cell: ingressAddresses },
    { name: 'Ports', cell: (object) => (list(spec(object)['tls']).length > 0 ? '80, 443' : '80') },
    AGE,
  ],
  'discovery.k8s.io/endpointslices': [
    NAME,
    { name: 'AddressType', cell: (object) => object['addressType'] },
    {
      name: 'Ports',
      cell: (object) =>
        list<{ port?: number }>(object['ports'])
          .map(({ port }) => String(port ?? '*'))
          .join(',') || '<unset>',
    },
    {
      name: 'Endpoints',
      cell: (object) =>
        list<{ addresses: string[] }>(object['endpoints'])
          .flatMap(({ addresses }) => addresses)
          .join(',') || '<unset>',
    },
    AGE,
  ],
  'batch/jobs': [
    NAME,
    {
      name: 'Status',
      cell: (object) => {
        const done = list<{ type: string; status: string }>(status(object)['conditions']).find(
          (condition) => condition.status === 'True',
        );
        return done?.type ?? (count(status(object)['active']) > 0 ? 'Running' : '');
      },
    },
    {
      name: 'Completions',
      cell: (object) => `${count(status(object)['succeeded'])}/${count(spec(object)['completions']) || 1}`,
    },
    AGE,
  ],
};

export const columnsOf = (resource: ResourceDefinition): readonly Column[] =>
  resource.key === 'core/pods'
    ? podColumns
    : (COLUMNS[resource.key] ?? [NAME, { name: 'Created At', cell: (object) => object.metadata.creationTimestamp }]);

const podColumns: readonly Column[] = [
  NAME,
  { name: 'Ready', cell: (object) => podRow(object).ready },
  { name: 'Status', cell: (object) => podRow(object).status },
  { name: 'Restarts', cell: (object, now) => podRow(object).restarts((since) => age(since, now)) },
  AGE,
  { name: 'IP', wide: true, cell: (object) => status(object)['podIP'] ?? '<none>' },
  { name: 'Node', wide: true, cell: (object) => spec(object)['nodeName'] ?? '<none>' },
  { name: 'Nominated Node', wide: true, cell: (object) => status(object)['nominatedNodeName'] ?? '<none>' },
  { name: 'Readiness Gates', wide: true, cell: () => '<none>' },
];
