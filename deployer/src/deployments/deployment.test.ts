import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeploymentState, END_STATES, STAGES } from '@aws-deployer/platform/contracts/deployments';
import {
  TRANSITIONS,
  canMove,
  cancelTarget,
  drawTransitions,
  failureOf,
  isEnd,
  isFailure,
  nextOnSuccess,
  nothingWasChanged,
} from './deployment.js';

const states = DeploymentState.options;
const anyState = fc.constantFrom(...states);

test('the ends of the table are the ends on the wire, and have no way out', () => {
  expect(states.filter(isEnd).sort()).toEqual([...END_STATES].sort());
  for (const end of END_STATES) for (const to of states) expect(canMove(end, to)).toBe(false);
});

test('every walk through the table ends, in at most a dozen moves, and only in an end', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat()), (choices) => {
      let state: DeploymentState = 'initialized';
      let moves = 0;
      for (const choice of choices) {
        const targets: readonly DeploymentState[] = TRANSITIONS[state];
        const next = targets[choice % targets.length];
        if (next === undefined) break;
        state = next;
        moves += 1;
        if (moves > 12) break;
      }
      expect(moves).toBeLessThanOrEqual(12);
      expect(isEnd(state)).toBe(true);
    }),
  );
});

test('every state can be reached, and no move leads back to where a walk has been', () => {
  const reached = new Set<DeploymentState>(['initialized']);
  for (const state of reached) for (const to of TRANSITIONS[state]) reached.add(to);
  expect([...reached].sort()).toEqual([...states].sort());

  const walk = (state: DeploymentState, seen: readonly DeploymentState[]): void => {
    expect(seen).not.toContain(state);
    for (const to of TRANSITIONS[state]) walk(to, [...seen, state]);
  };
  walk('initialized', []);
});

test('success, failure and cancel only ever make moves that the table has', () => {
  fc.assert(
    fc.property(
      anyState,
      fc.boolean(),
      fc.option(anyState.filter(isFailure)),
      (state, cancelRequested, failedState) => {
        const next = nextOnSuccess(state, { cancelRequested, failedState });
        if (next === undefined) expect(isEnd(state)).toBe(true);
        else expect(canMove(state, next)).toBe(true);
        const cancelled = cancelTarget(state);
        if (cancelled !== undefined) expect(canMove(state, cancelled)).toBe(true);
      },
    ),
  );
  for (const stage of STAGES) expect(canMove(stage, failureOf(stage))).toBe(true);
});

test('the happy path is the one of the mission', () => {
  const path: DeploymentState[] = ['initialized'];
  for (const state of path) {
    const next = nextOnSuccess(state);
    if (next !== undefined) path.push(next);
  }
  expect(path.join(' ')).toBe('initialized validating preparing building deploying testing monitoring stable');
});

test('every failure goes on to rolling_back and nowhere else', () => {
  const failures = states.filter(isFailure);
  expect(failures).toHaveLength(6);
  for (const failure of failures) {
    expect(TRANSITIONS[failure]).toEqual(['rolling_back']);
    expect(nextOnSuccess(failure)).toBe('rolling_back');
  }
  expect(failures.filter((failure) => nothingWasChanged(failure))).toEqual([
    'validation_failed',
    'preparation_failed',
    'build_failed',
  ]);
});

test('a cancel ends at once before deploying, and goes back first from then on', () => {
  expect(states.filter((state) => cancelTarget(state) === 'cancelled')).toEqual([
    'initialized',
    'validating',
    'preparing',
    'building',
  ]);
  expect(states.filter((state) => cancelTarget(state) === 'rolling_back')).toEqual([
    'deploying',
    'testing',
    'monitoring',
  ]);
});

test('rolling back ends cancelled only if a cancel, not a failure, was the reason', () => {
  expect(nextOnSuccess('rolling_back', { cancelRequested: true, failedState: null })).toBe('cancelled');
  expect(nextOnSuccess('rolling_back', { cancelRequested: true, failedState: 'unstable' })).toBe('rolled_back');
  expect(nextOnSuccess('rolling_back', { cancelRequested: false, failedState: 'build_failed' })).toBe('rolled_back');
});

test('the drawing holds every move of the table once', () => {
  const drawing = drawTransitions().split('\n');
  const moves = Object.values(TRANSITIONS).flat().length;
  expect(drawing[0]).toBe('stateDiagram-v2');
  expect(drawing).toHaveLength(2 + moves + END_STATES.length);
  expect(drawing).toContain('  rolling_back --> rolled_back');
  expect(drawing).toContain('  stable --> [*]');
});

test('the README draws this table', () => {
  const path = join(import.meta.dirname, '../../../README.md');
  const readme = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const drawings = [...readme.matchAll(/```mermaid\n(stateDiagram-v2[\s\S]*?)\n```/g)].map(([, drawing]) => drawing);
  for (const drawing of drawings) expect(drawing).toBe(drawTransitions());
});
