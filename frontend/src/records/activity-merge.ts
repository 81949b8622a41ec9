/** Live activity into the pages already read: newest on top, each once, only what the filter lets through. Pure. */
import type { ActivityItem } from '@aws-deployer/platform/contracts/activity';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import type { RecordFilter } from '../api/records.js';

export interface Pages<T> {
  readonly pages: Page<T>[];
  readonly pageParams: (string | null)[];
}

export function withLive(before: Pages<ActivityItem>, item: ActivityItem): Pages<ActivityItem> {
  const [first, ...rest] = before.pages;
  if (!first || before.pages.some((page) => page.items.some(({ id }) => id === item.id))) return before;
  return { ...before, pages: [{ ...first, items: [item, ...first.items] }, ...rest] };
}

/** `q` and periods are the server's to judge: with one of them the page reads again instead. */
export function passes(item: ActivityItem, filter: RecordFilter): boolean | 'ask' {
  const same = (wanted: string | undefined, found: string | null) => !wanted || wanted === found;
  const fits =
    same(filter.user_id, item.user_id) &&
    same(filter.service, item.service) &&
    same(filter.action_type, item.action_type) &&
    same(filter.outcome, item.outcome) &&
    same(filter.target, item.target);
  if (!fits) return false;
  return filter.q || filter.to ? 'ask' : true;
}
