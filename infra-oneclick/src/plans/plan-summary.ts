/**
 * A plan as a person reads it: what is added, changed and destroyed, resource by resource, with the attributes that change.
 * Pure. What Terraform calls sensitive, what is named like a secret and every value that `masker` knows is `[masked]`.
 */
import type { PlanSummaryView, ResourceChangeView } from '@aws-deployer/platform/contracts/infra';
import { mask, MASKED, type Masker } from '@aws-deployer/platform/masking/mask';
import type { z } from 'zod';
import type { PlanJson, PlannedChange } from '../terraform/plan-json.js';

type Json = z.infer<ReturnType<typeof z.json>>;
type Attribute = ResourceChangeView['attributes'][number];
const MOST_CHANGES = 500;
const MOST_ATTRIBUTES = 100;
const LONGEST_VALUE = 2_000;

export function planSummary(plan: PlanJson, masker: Masker): PlanSummaryView {
  const all = plan.resource_changes
    .filter((change) => actionOf(change) !== undefined)
    .map((change) => changeView(change, masker));
  const count = (...actions: readonly ResourceChangeView['action'][]) =>
    all.filter(({ action }) => actions.includes(action)).length;
  return {
    add: count('create', 'replace', 'import'),
    change: count('update'),
    destroy: count('delete', 'replace'),
    changes: all.slice(0, MOST_CHANGES),
    more_changes: Math.max(0, all.length - MOST_CHANGES),
    drift: plan.resource_drift
      .filter((change) => actionOf(change) !== undefined)
      .slice(0, MOST_CHANGES)
      .map((change) => changeView(change, masker)),
    outputs: Object.entries(plan.output_changes)
      .filter(([, { actions }]) => !actions.includes('no-op'))
      .map(([name, { actions, after_sensitive }]) => ({
        name,
        action: actions.join(', '),
        sensitive: after_sensitive === true,
      })),
  };
}

/** How many resources a plan would change: what drift is counted by. Reading data changes nothing. */
export const changedResources = ({ changes, more_changes }: PlanSummaryView): number =>
  changes.filter(({ action }) => action !== 'read').length + more_changes;

function actionOf({ change, address, previous_address }: PlannedChange): ResourceChangeView['action'] | undefined {
  const { actions, importing } = change;
  if (actions.includes('create') && actions.includes('delete')) return 'replace';
  const [action] = actions;
  switch (action) {
    case 'create':
    case 'update':
    case 'delete':
    case 'read':
    case 'forget':
      return action;
    default:
      if (importing !== undefined && importing !== null) return 'import';
      return previous_address !== undefined && previous_address !== address ? 'move' : undefined;
  }
}

function changeView(planned: PlannedChange, masker: Masker): ResourceChangeView {
  const { change } = planned;
  const attributes: Attribute[] = [];
  compare('', change.before, change.after, change.after_unknown, change.before_sensitive, change.after_sensitive);
  return {
    address: planned.address,
    type: planned.type,
    action: actionOf(planned) ?? 'update',
    reason: planned.action_reason?.replaceAll('_', ' ') ?? null,
    attributes: attributes.slice(0, MOST_ATTRIBUTES),
  };

  /** Goes into objects, not into lists: an element that moved would look like a change of each. */
  function compare(
    path: string,
    before: unknown,
    after: unknown,
    unknown: unknown,
    secretBefore: unknown,
    secretAfter: unknown,
  ): void {
    const sensitive = secretBefore === true || secretAfter === true;
    if (!sensitive && unknown !== true && (isObject(before) || isObject(after)) && isGroup(before) && isGroup(after)) {
      const keys = new Set([...keysOf(before), ...keysOf(after), ...keysOf(unknown)]);
      for (const key of [...keys].sort())
        compare(
          path === '' ? key : `${path}.${key}`,
          part(before, key),
          part(after, key),
          part(unknown, key),
          part(secretBefore, key),
          part(secretAfter, key),
        );
      return;
    }
    const known = unknown !== true;
    if (known && same(before ?? null, after ?? null)) return;
    // A list with a secret in it is shown as one secret.
    const hidden = sensitive || holdsTrue(secretBefore) || holdsTrue(secretAfter);
    attributes.push({
      path,
      before: shown(path, before, hidden, masker),
      after: known ? shown(path, withUnknown(after, unknown), hidden, masker) : null,
      known,
      sensitive: hidden,
    });
  }
}

function shown(path: string, value: unknown, hidden: boolean, masker: Masker): Json {
  if (value === null || value === undefined) return null;
  if (hidden) return MASKED;
  const key = path.slice(path.lastIndexOf('.') + 1);
  const masked = (mask({ [key]: value }, masker) as Record<string, Json>)[key] ?? null;
  const text = typeof masked === 'string' ? masked : JSON.stringify(masked);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}… [${text.length} characters]` : masked;
}

/** In the place of what only the apply will tell, inside of what is known: Terraform leaves it empty there. */
const UNKNOWN = '(known after the apply)';
function withUnknown(value: unknown, unknown: unknown): unknown {
  if (unknown === true) return UNKNOWN;
  if (Array.isArray(unknown) && Array.isArray(value))
    return Array.from({ length: Math.max(unknown.length, value.length) }, (_, index) =>
      withUnknown(value[index] as unknown, unknown[index] as unknown),
    );
  if (!isObject(unknown) || !isObject(value)) return value;
  return {
    ...value,
    ...Object.fromEntries(Object.keys(unknown).map((key) => [key, withUnknown(value[key], unknown[key])])),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isGroup = (value: unknown): boolean => value === null || value === undefined || isObject(value);
const keysOf = (value: unknown): string[] => (isObject(value) ? Object.keys(value) : []);
const part = (value: unknown, key: string): unknown =>
  value === true ? true : isObject(value) ? value[key] : undefined;
const holdsTrue = (value: unknown): boolean =>
  value === true || (typeof value === 'object' && value !== null && Object.values(value).some(holdsTrue));
/** Values of one provider have their keys in one order. */
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
