/** A plan as it is read: grouped by what happens, what is lost first; each value as text. Pure. */
import type { ResourceChangeView } from '@aws-deployer/platform/contracts/infra';
import { ACTION_ORDER } from './statuses.js';

export type Attribute = ResourceChangeView['attributes'][number];
export interface ChangeGroup {
  readonly action: ResourceChangeView['action'];
  readonly changes: readonly ResourceChangeView[];
}

/** `needle` is looked for in addresses, types and names of attributes. */
export function groupsOf(changes: readonly ResourceChangeView[], needle = ''): ChangeGroup[] {
  const sought = needle.trim().toLowerCase();
  const found = (change: ResourceChangeView) =>
    sought === '' ||
    `${change.address} ${change.type}`.toLowerCase().includes(sought) ||
    change.attributes.some(({ path }) => path.toLowerCase().includes(sought));
  return ACTION_ORDER.flatMap((action) => {
    const members = changes.filter((change) => change.action === action && found(change));
    return members.length === 0 ? [] : [{ action, changes: members }];
  });
}

/** `module.network.aws_vpc.this[0]` as the path of modules and the resource in them. */
export function addressParts(address: string): { readonly module: string; readonly resource: string } {
  const match = /^((?:module\.[^.[]+(?:\[[^\]]*\])?\.)+)(.+)$/.exec(address);
  return { module: match?.[1] ?? '', resource: match?.[2] ?? address };
}

export type Side =
  { readonly kind: 'none' } | { readonly kind: 'hidden' } | { readonly kind: 'text'; readonly text: string };

/** What the service puts in the place of a secret. */
const MASKED = '[masked]';

export const beforeOf = ({ before, sensitive }: Attribute): Side => sideOf(before, sensitive);
export const afterOf = ({ after, sensitive }: Attribute): Side => sideOf(after, sensitive);
const sideOf = (value: unknown, sensitive: boolean): Side =>
  value === null
    ? { kind: 'none' }
    : sensitive || value === MASKED
      ? { kind: 'hidden' }
      : { kind: 'text', text: valueText(value) };
/** Texts in quotes, so that `"1"` and `1` differ; lists and objects over lines once they are long. */
export function valueText(value: unknown): string {
  const short = JSON.stringify(value) ?? '';
  return typeof value === 'object' && short.length > 60 ? JSON.stringify(value, null, 2) : short;
}
