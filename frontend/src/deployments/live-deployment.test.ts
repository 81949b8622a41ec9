import { expect, test } from 'vitest';
import { deploymentSample } from '../testing/samples.js';
import { applyChange, mergeStage, readChange } from './live-deployment.js';

const at = (second: number) => `2026-11-21T04:00:${String(second).padStart(2, '0')}.000Z`;

test('a state event moves the deployment; an end sets its end', () => {
  const moved = applyChange(deploymentSample(), {
    event: 'state',
    data: { state: 'deploying', reason: '0 of 2 pods ready', at: at(9) },
  });
  expect(moved).toMatchObject({ state: 'deploying', state_reason: '0 of 2 pods ready', ended_at: null });
  const ended = applyChange(moved, { event: 'state', data: { state: 'stable', reason: 'proved', at: at(30) } });
  expect(ended).toMatchObject({ state: 'stable', ended_at: at(30) });
});

test('a replayed older state changes nothing, and an end is never left', () => {
  const now = deploymentSample({ state: 'testing', updated_at: at(20) });
  expect(applyChange(now, { event: 'state', data: { state: 'building', reason: 'old', at: at(2) } })).toBe(now);
  const ended = deploymentSample({ state: 'rolled_back', updated_at: at(20) });
  expect(applyChange(ended, { event: 'state', data: { state: 'deploying', reason: 'late', at: at(40) } })).toBe(ended);
});

test('a stage is added, then ended in place; its replayed start does not open it again', () => {
  const started = { name: 'deploying', outcome: null, started_at: at(5), ended_at: null } as const;
  const ended = { ...started, outcome: 'succeeded', ended_at: at(8) } as const;
  const twice = mergeStage(mergeStage(deploymentSample().stages, started), ended);
  expect(twice.filter(({ name }) => name === 'deploying')).toEqual([ended]);
  expect(mergeStage(twice, started)).toEqual(twice);
});

test('unknown events and torn data are passed over', () => {
  expect(readChange('weather', '{"state":"sunny"}')).toBeNull();
  expect(readChange('state', '{"state":')).toBeNull();
  expect(readChange('pods', '{"pods":[]}')).toEqual({ event: 'pods', data: [] });
});
