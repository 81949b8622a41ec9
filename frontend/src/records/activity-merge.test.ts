import type { ActivityItem } from '@aws-deployer/platform/contracts/activity';
import { expect, test } from 'vitest';
import { passes, withLive } from './activity-merge.js';

const item = (id: string, change: Partial<ActivityItem> = {}): ActivityItem => ({
  id,
  event_id: id,
  timestamp: '2026-11-21T04:00:00.000Z',
  user_id: 'mira',
  service: 'deployer',
  endpoint: 'POST /api/v1/deployments',
  action_type: 'deployment.create',
  target_type: 'deployment',
  target: 'd1',
  outcome: 'succeeded',
  request_data: null,
  response_summary: null,
  ip_address: null,
  user_agent: null,
  trace_id: null,
  duration_ms: 3,
  ...change,
});

test('a live item comes on top, once', () => {
  const before = { pages: [{ items: [item('a')], next_cursor: 'x' }], pageParams: [null] };
  const after = withLive(before, item('b'));
  expect(after.pages[0]?.items.map(({ id }) => id)).toEqual(['b', 'a']);
  expect(withLive(after, item('b'))).toBe(after);
});

test('the filter decides, and leaves free text to the server', () => {
  expect(passes(item('a'), {})).toBe(true);
  expect(passes(item('a'), { user_id: 'jonas' })).toBe(false);
  expect(passes(item('a'), { service: '', outcome: 'succeeded' })).toBe(true);
  expect(passes(item('a'), { q: 'shop' })).toBe('ask');
});
