// @vitest-environment jsdom
import { cleanup, screen, within } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { CheckView, DiffView } from '@aws-deployer/platform/contracts/preflight';
import { renderConsole } from '../testing/render.js';
import { CheckList } from './check-list.js';
import { DiffList } from './diff-list.js';

afterEach(cleanup);
const check = (of: Partial<CheckView>): CheckView => ({
  name: 'limit_range',
  state: 'ok',
  code: 'none',
  fault: 'none',
  object: null,
  message: 'Within the limit range.',
  mend: '',
  evidence: [],
  ...of,
});

test('what would fail stands before what is warned of, each with its mend; what is well is folded', async () => {
  await renderConsole(
    <CheckList
      checks={[
        check({}),
        check({ state: 'warn', code: 'disruption_budget_blocks', message: 'No pod may be evicted.' }),
        check({
          state: 'fail',
          code: 'quota_exceeded',
          message: 'No room.',
          mend: 'Ask for less.',
          object: 'ResourceQuota team',
        }),
      ]}
    />,
  );
  const items = within(screen.getByRole('list', { name: 'Checks' })).getAllByRole('listitem');
  expect(items.map((item) => item.dataset['state'])).toEqual(['fail', 'warn']);
  for (const text of ['Ask for less.', 'quota_exceeded', 'ResourceQuota team'])
    expect(within(items[0] as HTMLElement).getByText(text)).toBeTruthy();
  expect(screen.getByText('1 check is well').closest('details')?.open).toBe(false);
  expect(screen.getByText('Limit range')).toBeTruthy();
});

const diff = (...objects: DiffView['objects']): DiffView => ({
  at: '2026-11-21T04:00:00.000Z',
  basis: 'rollout',
  objects,
});
const object = { kind: 'Deployment', name: 'shop', namespace: 'dev' };

test('a field shows what it was and what it becomes; unchanged objects are named', async () => {
  const fields: DiffView['objects'][number]['fields'] = [
    { path: 'spec.replicas', change: 'changed', before: 1, after: 3 },
    { path: 'spec.paused', change: 'removed', before: true },
  ];
  await renderConsole(
    <DiffList
      diff={diff(
        { ...object, change: 'changed', fields },
        { ...object, kind: 'Service', change: 'unchanged', fields: [] },
      )}
    />,
  );
  const [replicas, paused] = within(screen.getByRole('list', { name: 'Fields of Deployment shop' })).getAllByRole(
    'listitem',
  );
  expect(replicas?.textContent).toContain('1→ 3');
  expect(paused?.querySelector('del')?.textContent).toBe('true');
  expect(paused?.querySelector('ins')).toBeNull();
  expect(screen.getByText('Unchanged: Service shop.')).toBeTruthy();
});

test('no change is said, not shown as an empty list; a new object of many fields is folded', async () => {
  const { unmount } = await renderConsole(<DiffList diff={diff({ ...object, change: 'unchanged', fields: [] })} />);
  expect(screen.getByText(/Nothing changes/)).toBeTruthy();
  unmount();
  const fields = Array.from({ length: 20 }, (_, index) => ({
    path: `spec.f${index}`,
    change: 'added' as const,
    after: index,
  }));
  await renderConsole(<DiffList diff={diff({ ...object, change: 'created', fields })} />);
  expect(screen.getByText('20 fields').closest('details')?.open).toBe(false);
});
