/**
 * What has become of each resource of an apply: the plan says what is to come, the events say how far it is. Pure. Events
 * may come twice and end right; a replacement is done when both of its halves are.
 */
import type { InfraRunEvents, ResourceChangeView } from '@aws-deployer/platform/contracts/infra';

type ResourceEvent = InfraRunEvents['resource'];
type Action = ResourceChangeView['action'];
export type ProgressStatus = 'failed' | 'running' | 'pending' | 'done';

interface Seen {
  readonly status: Exclude<ProgressStatus, 'pending'>;
  readonly startedAt: string;
  readonly seconds: number | null;
  /** What Terraform did to it so far: `delete`, `create`. */
  readonly done: readonly string[];
  readonly action: string;
}
/** By address. */
export type Progress = Readonly<Record<string, Seen>>;
export const NO_PROGRESS: Progress = {};

export function withEvent(progress: Progress, event: ResourceEvent): Progress {
  const before = progress[event.address];
  const done = before?.done ?? [];
  const seen: Seen = {
    status: event.status === 'failed' ? 'failed' : event.status === 'done' ? 'done' : 'running',
    startedAt: before?.startedAt ?? event.ts,
    seconds: event.elapsed_seconds ?? before?.seconds ?? null,
    done: event.status === 'done' && !done.includes(event.action) ? [...done, event.action] : done,
    action: event.action,
  };
  return { ...progress, [event.address]: seen };
}

export interface ProgressRow {
  readonly address: string;
  readonly action: Action;
  readonly status: ProgressStatus;
  readonly startedAt: string | null;
  readonly seconds: number | null;
}
const ORDER: readonly ProgressStatus[] = ['failed', 'running', 'pending', 'done'];

/** What needs an eye comes first: what failed, what goes on, what is to come, what is done. */
export function progressRows(
  planned: readonly Pick<ResourceChangeView, 'address' | 'action'>[],
  progress: Progress,
): ProgressRow[] {
  const known = new Set(planned.map(({ address }) => address));
  // A plan shows at most so many changes; what it left out still comes by its events.
  const unplanned = Object.entries(progress)
    .filter(([address]) => !known.has(address))
    .map(([address, { action }]) => ({ address, action: actionOf(action) }));
  const rows = [...planned.filter(({ action }) => action !== 'read'), ...unplanned].map(({ address, action }) => {
    const seen = progress[address];
    const half = action === 'replace' && seen?.status === 'done' && seen.done.length < 2;
    return {
      address,
      action,
      status: seen === undefined ? ('pending' as const) : half ? ('running' as const) : seen.status,
      startedAt: seen?.startedAt ?? null,
      seconds: seen?.seconds ?? null,
    };
  });
  return rows.sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
}

const ACTIONS: readonly string[] = ['create', 'update', 'replace', 'delete', 'read', 'import', 'move', 'forget'];
const actionOf = (text: string): Action => (ACTIONS.includes(text) ? (text as Action) : 'update');
