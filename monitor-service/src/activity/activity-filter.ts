import type { ActivityQuery } from '@aws-deployer/platform/contracts/activity';
import type { ActivityRow } from './activity.js';

/** What to show of the activity: the same for a page, for the stream's past and for its live rows. */
export type ActivityFilter = Omit<ActivityQuery, 'limit' | 'cursor'>;

export const FILTERS = [
  'id',
  'event_id',
  'user_id',
  'service',
  'endpoint',
  'action_type',
  'target_type',
  'target',
  'outcome',
  'ip_address',
  'user_agent',
  'trace_id',
] as const satisfies readonly (keyof ActivityFilter & keyof ActivityRow)[];
/** Those that an index of the table answers. */
export const INDEXED: readonly (typeof FILTERS)[number][] = ['event_id', 'user_id', 'action_type', 'target'];
/** What `q` looks through. */
export const SEARCHED = [
  'user_id',
  'principal',
  'service',
  'endpoint',
  'action_type',
  'target_type',
  'target',
  'outcome',
  'request_data',
  'response_summary',
  'ip_address',
  'user_agent',
  'trace_id',
  'event_id',
] as const satisfies readonly (keyof ActivityRow)[];

/** Whether a row that has just come is one of those. */
export function matches(row: ActivityRow, filter: ActivityFilter): boolean {
  if (FILTERS.some((name) => filter[name] !== undefined && filter[name] !== row[name])) return false;
  if (filter.from !== undefined && Date.parse(row.timestamp) < Date.parse(filter.from)) return false;
  if (filter.to !== undefined && Date.parse(row.timestamp) > Date.parse(filter.to)) return false;
  if (filter.q === undefined) return true;
  const text = SEARCHED.map((name) => row[name])
    .filter((part) => part !== null)
    .join(' ');
  return text.toLowerCase().includes(filter.q.toLowerCase());
}
