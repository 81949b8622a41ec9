import { expect, test } from 'vitest';
import { deploymentSample } from '../testing/samples.js';
import { trackOf, trackSentence } from './stage-track-model.js';

const now = Date.parse('2026-11-21T04:00:05.000Z');

test('a running deployment: done, running with a growing span, to come', () => {
  const { stages } = deploymentSample();
  const track = trackOf(stages, 'building', now);
  expect(track.forward.map(({ status }) => status)).toEqual([
    'succeeded',
    'ahead',
    'running',
    'ahead',
    'ahead',
    'ahead',
  ]);
  expect(track.forward[2]?.durationMs).toBe(4000);
  expect(track.back).toBeNull();
  expect(trackSentence(track)).toBe('Build running, 1 of 6 stages done');
});

test('after an end, what never began was not run', () => {
  const { stages } = deploymentSample();
  const failed = stages.map((stage) =>
    stage.name === 'building' ? { ...stage, outcome: 'failed' as const, ended_at: '2026-11-21T04:00:04.000Z' } : stage,
  );
  const back = { name: 'rolling_back', outcome: 'succeeded', started_at: null, ended_at: null } as const;
  const track = trackOf([...failed, back], 'rolled_back', now);
  expect(track.forward.map(({ status }) => status)).toEqual([
    'succeeded',
    'skipped',
    'failed',
    'skipped',
    'skipped',
    'skipped',
  ]);
  expect(track.back?.status).toBe('succeeded');
  expect(trackSentence(track)).toBe('Build failed, 1 of 6 stages done');
});

test('the way back is drawn as soon as the state says so', () => {
  expect(trackOf([], 'rolling_back', now).back?.status).toBe('running');
});
