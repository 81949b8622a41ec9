/** Routes that lead elsewhere already, and Services that lead to nothing: pure. */
import type { Manifest } from '../../ports/cluster.js';
import { failed, orPassed, untold, type Check } from '../check.js';
import type { ClusterState, Reading } from '../cluster-state.js';
import { nameOf, type DesiredState } from '../desired-state.js';
import { specOf } from '../pod-shape.js';

interface RouteEntry {
  readonly host: string;
  readonly path: string;
}
interface IngressSpec {
  readonly ingressClassName?: string;
  readonly rules?: readonly {
    readonly host?: string;
    readonly http?: { readonly paths?: readonly { readonly path?: string }[] };
  }[];
}
interface HttpRouteSpec {
  readonly hostnames?: readonly string[];
  readonly rules?: readonly { readonly matches?: readonly { readonly path?: { readonly value?: string } }[] }[];
}

const entriesOf = (object: Manifest): readonly RouteEntry[] => {
  if (object.kind === 'Ingress')
    return (specOf<IngressSpec>(object).rules ?? []).flatMap(({ host = '', http }) =>
      (http?.paths ?? []).map(({ path = '/' }) => ({ host, path })),
    );
  const { hostnames = [''], rules = [{}] } = specOf<HttpRouteSpec>(object);
  return hostnames.flatMap((host) =>
    rules.flatMap(({ matches = [{}] }) => matches.map(({ path }) => ({ host, path: path?.value ?? '/' }))),
  );
};

export const routes = (desired: DesiredState, state: ClusterState): readonly Check[] => {
  const wanted = desired.manifests.filter(({ kind }) => kind === 'Ingress' || kind === 'HTTPRoute');
  if (wanted.length === 0) return [];
  const mine = (object: Manifest): boolean =>
    object.metadata.namespace === desired.namespace &&
    wanted.some((one) => one.kind === object.kind && one.metadata.name === object.metadata.name);
  const readings: readonly Reading<readonly Manifest[]>[] = [state.ingresses, state.httpRoutes];
  const others = readings
    .flatMap((reading) => (reading.known ? reading.value : []))
    .filter((object) => !mine(object) && !isOfOwner(object, desired));
  const checks = wanted.flatMap((manifest) =>
    entriesOf(manifest).flatMap((entry): Check[] => {
      const other = others.find((object) =>
        entriesOf(object).some((one) => one.host === entry.host && one.path === entry.path),
      );
      return other === undefined
        ? []
        : [
            failed('route', {
              code: 'route_taken',
              fault: 'release',
              object: nameOf(manifest),
              message: `${entry.host}${entry.path} already leads to ${nameOf(other)} in ${other.metadata.namespace ?? ''}`,
              mend: 'Choose another host or path',
            }),
          ];
    }),
  );
  const unread = readings.find((reading) => !reading.known);
  if (checks.length === 0 && unread?.known === false)
    return [untold('route', `Other routes could not be read: ${unread.why}`)];
  return orPassed('route', checks, 'The host and path are free.');
};

/** An earlier release's own route, under another name or in the same place. */
const isOfOwner = (object: Manifest, { owner, namespace }: DesiredState): boolean =>
  Object.keys(owner).length > 0 &&
  object.metadata.namespace === namespace &&
  Object.entries(owner).every(([name, value]) => object.metadata.labels?.[name] === value);

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly port: number; readonly targetPort?: number | string }[];
}

export const services = (desired: DesiredState): readonly Check[] => {
  const wanted = desired.manifests.filter(({ kind }) => kind === 'Service');
  if (wanted.length === 0) return [];
  const checks = wanted.flatMap((service): Check[] => {
    const { selector, ports = [] } = specOf<ServiceSpec>(service);
    if (selector === undefined || Object.keys(selector).length === 0) return [];
    const chosen = desired.workloads.filter(({ labels }) =>
      Object.entries(selector).every(([name, value]) => labels[name] === value),
    );
    const object = nameOf(service);
    const words = Object.entries(selector)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ');
    if (chosen.length === 0)
      return [
        failed('service', {
          code: 'service_selector_mismatch',
          fault: 'release',
          object,
          message: `${object} would lead to no pod: none of this release has the labels ${words}`,
          mend: 'Make the selector of the Service and the labels of the pods the same',
        }),
      ];
    const declared = chosen.flatMap(({ pod }) => (pod.containers ?? []).flatMap((one) => one.ports ?? []));
    const lost = ports.find(({ port, targetPort = port }) =>
      typeof targetPort === 'string'
        ? !declared.some(({ name }) => name === targetPort)
        : declared.length > 0 && !declared.some(({ containerPort }) => containerPort === targetPort),
    );
    if (lost === undefined) return [];
    const problem = {
      code: 'service_port_mismatch',
      fault: 'release' as const,
      object,
      message: `${object} leads to the port ${String(lost.targetPort ?? lost.port)}, which no container of its pods declares`,
      mend: 'Name a port that the container declares',
    };
    // An undeclared number may be listened on all the same; an undeclared name leads nowhere.
    return [
      typeof lost.targetPort === 'string'
        ? failed('service', problem)
        : { ...failed('service', problem), state: 'warn' },
    ];
  });
  return orPassed('service', checks, 'Every Service leads to pods of this release.');
};
