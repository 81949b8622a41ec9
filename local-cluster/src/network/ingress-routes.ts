/** Which Service answers for a host and a path: the rules of Ingresses as the Ingress API orders them. Pure. */
import type { Ingress, IngressBackend } from '../resources/types.js';

export interface RouteBackend {
  readonly namespace: string;
  readonly backend: IngressBackend;
}
interface Candidate extends RouteBackend {
  readonly hostRank: number;
  readonly exact: boolean;
  readonly length: number;
}

/** Exact host before wildcard before none; exact path before the longest prefix. `path` is without the query. */
export function routeFor(ingresses: readonly Ingress[], host: string, path: string): RouteBackend | undefined {
  const found: Candidate[] = [];
  for (const ingress of ingresses) {
    if (!isOurs(ingress)) continue;
    const { namespace = '' } = ingress.metadata;
    const fallback = ingress.spec?.defaultBackend;
    if (fallback !== undefined) found.push({ namespace, backend: fallback, hostRank: -1, exact: false, length: -1 });
    for (const rule of ingress.spec?.rules ?? []) {
      const hostRank = rankHost(rule.host, host);
      if (hostRank === undefined) continue;
      for (const { path: rulePath = '/', pathType, backend } of rule.http?.paths ?? []) {
        const exact = pathType === 'Exact';
        if (exact ? path === rulePath : isPrefix(rulePath, path))
          found.push({ namespace, backend, hostRank, exact, length: rulePath.length });
      }
    }
  }
  return found.sort((a, b) => b.hostRank - a.hostRank || Number(b.exact) - Number(a.exact) || b.length - a.length)[0];
}

export const isOurs = (ingress: Ingress): boolean => {
  const name = ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
  return name === undefined || name === 'nginx';
};

function rankHost(wanted: string | undefined, host: string): number | undefined {
  if (wanted === undefined || wanted === '') return 0;
  const lower = wanted.toLowerCase();
  if (lower === host) return 2;
  // A wildcard stands for exactly one label.
  if (lower.startsWith('*.') && host.slice(host.indexOf('.')) === lower.slice(1) && host.includes('.')) return 1;
  return undefined;
}

/** Element by element: `/shop` is a prefix of `/shop` and `/shop/cart`, not of `/shopping`. */
function isPrefix(prefix: string, path: string): boolean {
  const bare = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path === bare || path.startsWith(`${bare}/`);
}
