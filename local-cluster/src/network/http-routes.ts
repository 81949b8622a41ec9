/**
 * Which Services answer a request by the HTTPRoutes of the Gateway API: host, path, method, headers and query, in the
 * order of precedence that the API asks for; backends by weight. Pure but for the draw, which is handed in.
 *
 * Filters: RequestHeaderModifier and RequestRedirect; a route with another one is not accepted.
 */
import type { HttpRoute, HttpRouteMatch, HttpRouteRule, HttpBackendRef } from '../resources/types.js';

export interface HttpRequest {
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
export interface FoundRule {
  readonly route: HttpRoute;
  readonly rule: HttpRouteRule;
}

export const SUPPORTED_FILTERS = new Set(['RequestHeaderModifier', 'RequestRedirect']);

interface Candidate extends FoundRule {
  /** What is more specific is larger, the first difference decides. */
  readonly rank: readonly number[];
}

/** The rule of the most specific match; of equal ones that of the oldest route, then of the first by name. */
export function ruleFor(routes: readonly HttpRoute[], request: HttpRequest): FoundRule | undefined {
  const found: Candidate[] = [];
  for (const route of [...routes].sort(byAge)) {
    const hostRank = rankHosts(route.spec?.hostnames ?? [], request.host);
    if (hostRank === undefined) continue;
    for (const rule of route.spec?.rules ?? [])
      for (const match of rule.matches ?? [{}]) {
        const rank = rankMatch(match, request);
        if (rank !== undefined) found.push({ route, rule, rank: [...hostRank, ...rank] });
      }
  }
  return found.reduce<Candidate | undefined>(
    (best, next) => (best === undefined || isAbove(next.rank, best.rank) ? next : best),
    undefined,
  );
}

const byAge = (a: HttpRoute, b: HttpRoute): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  `${a.metadata.namespace ?? ''}/${a.metadata.name}`.localeCompare(`${b.metadata.namespace ?? ''}/${b.metadata.name}`);

const isAbove = (a: readonly number[], b: readonly number[]): boolean => {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
};

/** An exact name before a wildcard (the longer the better) before none. */
function rankHosts(names: readonly string[], host: string): [number, number] | undefined {
  if (names.length === 0) return [0, 0];
  const ranks = names.flatMap((name): [number, number][] => {
    const wanted = name.toLowerCase();
    if (wanted === host) return [[2, wanted.length]];
    // A wildcard stands for one label or more.
    return wanted.startsWith('*.') && host.endsWith(wanted.slice(1)) && host.length >= wanted.length
      ? [[1, wanted.length]]
      : [];
  });
  return ranks.sort((a, b) => b[0] - a[0] || b[1] - a[1])[0];
}

function rankMatch(match: HttpRouteMatch, request: HttpRequest): number[] | undefined {
  const { type = 'PathPrefix', value = '/' } = match.path ?? {};
  const holds =
    type === 'Exact'
      ? request.path === value
      : type === 'RegularExpression'
        ? matchesWhole(value, request.path)
        : isPrefix(value, request.path);
  if (!holds || (match.method !== undefined && match.method !== request.method)) return undefined;
  const { headers = [], queryParams = [] } = match;
  for (const header of headers) {
    const sent = request.headers[header.name.toLowerCase()];
    if (sent === undefined || !isValue(header, Array.isArray(sent) ? sent.join(', ') : sent)) return undefined;
  }
  for (const parameter of queryParams) {
    const sent = request.query.get(parameter.name);
    if (sent === null || !isValue(parameter, sent)) return undefined;
  }
  return [
    type === 'Exact' ? 1 : 0,
    value.length,
    match.method === undefined ? 0 : 1,
    headers.length,
    queryParams.length,
  ];
}

const isValue = ({ type = 'Exact', value }: { type?: string; value: string }, sent: string): boolean =>
  type === 'RegularExpression' ? matchesWhole(value, sent) : sent === value;

/** An expression that is none matches nothing; the route's status says so. */
const matchesWhole = (expression: string, text: string): boolean => {
  try {
    return new RegExp(`^(?:${expression})$`).test(text);
  } catch {
    return false;
  }
};

const isPrefix = (prefix: string, path: string): boolean => {
  const bare = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path === bare || path.startsWith(`${bare}/`);
};

/** One of the backends by weight; `draw` is in [0, 1). Undefined: none has any weight. */
export function backendFor(rule: HttpRouteRule, draw: number): HttpBackendRef | undefined {
  const refs = rule.backendRefs ?? [];
  const weight = (ref: HttpBackendRef): number => ref.weight ?? 1;
  let left = draw * refs.reduce((sum, ref) => sum + weight(ref), 0);
  for (const ref of refs) {
    if (weight(ref) === 0) continue;
    left -= weight(ref);
    if (left < 0) return ref;
  }
  return undefined;
}

/** The headers that the rule sets, adds (`name: present, more`) and removes (undefined). */
export function headerChanges(
  rule: HttpRouteRule,
  sent: HttpRequest['headers'],
): Readonly<Record<string, string | undefined>> {
  const changes: Record<string, string | undefined> = {};
  for (const { requestHeaderModifier } of rule.filters ?? []) {
    for (const { name, value } of requestHeaderModifier?.set ?? []) changes[name.toLowerCase()] = value;
    for (const { name, value } of requestHeaderModifier?.add ?? []) {
      const present = changes[name.toLowerCase()] ?? sent[name.toLowerCase()];
      changes[name.toLowerCase()] = present === undefined ? value : `${String(present)}, ${value}`;
    }
    for (const name of requestHeaderModifier?.remove ?? []) changes[name.toLowerCase()] = undefined;
  }
  return changes;
}

/** Where the rule sends the client instead; undefined: it does not. */
export function redirectOf(
  rule: HttpRouteRule,
  request: HttpRequest,
): { status: number; location: string } | undefined {
  const redirect = rule.filters?.find(({ requestRedirect }) => requestRedirect !== undefined)?.requestRedirect;
  if (redirect === undefined) return undefined;
  const { scheme = 'http', hostname = request.host, port, path, statusCode = 302 } = redirect;
  const query = request.query.toString();
  const target = path?.replaceFullPath ?? request.path;
  return {
    status: statusCode,
    location: `${scheme}://${hostname}${port === undefined ? '' : `:${String(port)}`}${target}${query === '' ? '' : `?${query}`}`,
  };
}
