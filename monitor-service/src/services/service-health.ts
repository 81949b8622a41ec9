import type { ServiceView } from '@aws-deployer/platform/contracts/activity';
import type { Health } from '@aws-deployer/platform/http-client/health-probe';

/** A service that answers its health so late is degraded (the mission's threshold of a dependency). */
const SLOW_MS = 1_000;

/**
 * What one answer of `/health` says of the service `name`: `down` when nobody answers or the service says so itself,
 * `degraded` when it answers late. Null: the process runs other services and not this one.
 */
export function stateOf(name: string, url: string, health: Health, checkedAt: string): ServiceView | null {
  const view = (state: ServiceView['state'], detail: string): ServiceView => ({
    name,
    url,
    state,
    detail,
    latency_ms: health.services === null ? null : health.latencyMs,
    checked_at: checkedAt,
  });
  if (health.services === null) return view('down', health.problem ?? 'does not answer');
  const own = health.services[name];
  if (own === undefined) return null;
  if (own.status !== 'up') return view('down', own.reason ?? `says it is ${own.status}`);
  return health.latencyMs > SLOW_MS
    ? view('degraded', `answers, but took ${health.latencyMs} ms`)
    : view('up', 'answers and can work');
}
