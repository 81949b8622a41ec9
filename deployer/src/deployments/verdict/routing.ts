/** Family F, row 42 and the routes of row 8: pods serve, but the way to them is not there. Addresses come late on some clouds, so nothing is aborted for a missing one. */
import type { Manifest } from '../../ports/cluster.js';
import { WEIGHT, type Finding } from './finding.js';
import type { Condition } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

const PROGRAMMED_MS = 60_000;

interface RouteSpec {
  readonly rules?: readonly {
    readonly http?: { readonly paths?: readonly { readonly backend?: { readonly service?: BackendService } }[] };
    readonly backendRefs?: readonly { readonly kind?: string; readonly name?: string }[];
  }[];
  readonly defaultBackend?: { readonly service?: BackendService };
}
interface BackendService {
  readonly name?: string;
  readonly port?: { readonly number?: number; readonly name?: string };
}
interface RouteStatus {
  readonly loadBalancer?: { readonly ingress?: readonly unknown[] };
  readonly conditions?: readonly Condition[];
  readonly parents?: readonly { readonly conditions?: readonly Condition[] }[];
}
const specOf = (route: Manifest): RouteSpec => route['spec'] ?? {};
const statusOf = (route: Manifest): RouteStatus => route['status'] ?? {};

/** The Services that a route leads to. */
const backendsOf = (route: Manifest): readonly BackendService[] => {
  const { rules = [], defaultBackend } = specOf(route);
  const ingress = rules.flatMap((rule) => rule.http?.paths ?? []).map(({ backend }) => backend?.service);
  const gateway = rules.flatMap((rule) => rule.backendRefs ?? []).filter(({ kind = 'Service' }) => kind === 'Service');
  return [...ingress, ...gateway, defaultBackend?.service].filter((service) => service !== undefined);
};

const CODES: Readonly<Record<string, string>> = {
  Accepted: 'route_not_accepted',
  ResolvedRefs: 'route_backend_missing',
  Programmed: 'route_not_programmed',
};
const ofConditions = (route: Manifest, conditions: readonly Condition[]): readonly Finding[] =>
  conditions
    .filter(({ type, status }) => type in CODES && status === 'False')
    .map(({ type, reason = '', message = '' }) => ({
      code: CODES[type] ?? 'route_not_accepted',
      fault: type === 'Programmed' ? ('platform' as const) : ('release' as const),
      weight: WEIGHT.serving,
      object: `${route.kind} ${route.metadata.name}`,
      reason: `The ${route.kind} ${route.metadata.name} does not work (${reason}): ${message}`,
      suggestion:
        type === 'Accepted'
          ? 'Correct the host, the path or the Gateway that the route names: another route may have them already.'
          : type === 'ResolvedRefs'
            ? 'Correct the name and port of the Service that the route leads to.'
            : 'Nothing is wrong with the release: the cluster’s operators must look at the Gateway.',
      actAfterMs: type === 'Programmed' ? undefined : PROGRAMMED_MS,
    }));

const ofRoute = (route: Manifest, snapshot: RolloutSnapshot): readonly Finding[] => {
  const { conditions = [], parents = [], loadBalancer } = statusOf(route);
  const told = [...conditions, ...parents.flatMap((parent) => parent.conditions ?? [])];
  const found = [...ofConditions(route, told)];
  const named = backendsOf(route).filter(({ name }) => name !== undefined && snapshot.target.services.includes(name));
  for (const { name, port } of named) {
    const service = snapshot.services.find(({ metadata }) => metadata.name === name);
    const ports = service?.spec?.ports;
    const fits = ports?.some((known) =>
      port?.name === undefined ? known.port === port?.number : known.name === port.name,
    );
    if (ports === undefined || port === undefined || fits === true) continue;
    found.push({
      code: 'route_backend_missing',
      fault: 'release',
      weight: WEIGHT.serving,
      object: `${route.kind} ${route.metadata.name}`,
      reason: `The ${route.kind} ${route.metadata.name} leads to port ${port.name ?? String(port.number)} of Service ${name ?? ''}, which has no such port`,
      suggestion: `Lead it to a port of the Service: ${ports.map((known) => String(known.port)).join(', ')}.`,
      actAfterMs: PROGRAMMED_MS,
    });
  }
  if (route.kind === 'Ingress' && named.length > 0 && (loadBalancer?.ingress ?? []).length === 0)
    found.push({
      code: 'route_not_programmed',
      fault: 'platform',
      weight: WEIGHT.note,
      object: `Ingress ${route.metadata.name}`,
      reason: `The Ingress ${route.metadata.name} has had no address for ${String(PROGRAMMED_MS / 1000)} s: no ingress controller has taken it`,
      suggestion: 'Check the ingress class; the cluster’s operators must have a controller for it.',
      sayAfterMs: PROGRAMMED_MS,
      actAfterMs: undefined,
    });
  return found;
};

export const routing = (snapshot: RolloutSnapshot): readonly Finding[] =>
  snapshot.routes.flatMap((route) => {
    const ours = backendsOf(route).some(({ name }) => name !== undefined && snapshot.target.services.includes(name));
    return ours ? ofRoute(route, snapshot) : [];
  });
