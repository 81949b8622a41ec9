import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { expect, test } from 'vitest';
import { failureOf, wholeStory, whyOf } from './why.js';

const state_reason = 'Release 2 is back.';

test('a release that was put back is told by what was wrong with it', () => {
  const told = { state: 'rolled_back', state_reason, failure: 'It crashed twice.' } as const;
  expect(whyOf(told)).toBe('It crashed twice.');
  expect(wholeStory(told)).toBe('It crashed twice. Release 2 is back.');
});

test('without a failure, and while it moves, the state speaks for itself', () => {
  expect(whyOf({ state: 'rolled_back', state_reason, failure: null })).toBe(state_reason);
  expect(whyOf({ state: 'rollback_failed', state_reason, failure: 'It crashed twice.' })).toBe(state_reason);
  expect(wholeStory({ state: 'stable', state_reason, failure: null })).toBe(state_reason);
});

test('the verdict of a deployment that did not fail is no failure', () => {
  const verdict: VerdictView = {
    code: 'crash_loop',
    fault: 'release',
    object: null,
    container: null,
    reason: 'It crashed twice.',
    evidence: { exit_code: 1, log_lines: [], events: [] },
    suggestion: '',
  };
  expect(failureOf({ failed_state: 'deployment_failed', verdict })).toBe('It crashed twice.');
  expect(failureOf({ failed_state: null, verdict })).toBeNull();
});
