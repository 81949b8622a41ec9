/** What a run promises, and that it is aimed at: no process is started here. */
import { TRANSITIONS } from '@aws-deployer/deployer/deployments/deployment';
import { expect, test } from 'vitest';
import { checkTampered } from './checks/records.js';
import { promisesAll, unkilled } from './killer.js';
import { planFor } from './plans.js';
import { Random } from './random.js';
import { ALL_TRANSITIONS, nameOf } from './transitions.js';

const moves = Object.entries(TRANSITIONS).flatMap(([from, targets]) => targets.map((to) => `${from} → ${to}`));

test('every move of the state machine is promised, none twice', () => {
  expect(ALL_TRANSITIONS.map(nameOf).sort()).toEqual(['asked for → initialized', ...moves].sort());
});

test('what was not killed at is a loss where enough kills were asked for, and only there', () => {
  const missing = () => [{ from: 'testing', to: 'superseded' } as const];
  expect(promisesAll(200)).toBe(true);
  expect(unkilled({ missing }, 200)).toEqual([{ subject: 'testing → superseded', what: 'was never killed at' }]);
  expect(unkilled({ missing: () => [] }, 200)).toEqual([]);
  expect(unkilled({ missing }, 20)).toEqual([]);
});

test('a move off the way of everybody is aimed at with what leads there', () => {
  const random = new Random(1);
  const kindOf = (name: string) => {
    const transition = ALL_TRANSITIONS.find((one) => nameOf(one) === name);
    if (transition === undefined) throw new Error(`there is no ${name}`);
    const { kind, meddleIn } = planFor(transition, random);
    return kind === 'cancelled' || kind === 'tampered' ? `${kind} in ${meddleIn}` : kind;
  };
  expect(kindOf('testing → superseded')).toBe('tampered in testing');
  expect(kindOf('validating → cancelled')).toBe('cancelled in validating');
  expect(kindOf('monitoring → rolling_back')).toBe('cancelled in monitoring');
  expect(kindOf('rolling_back → cancelled')).toMatch(/^cancelled in (deploying|testing|monitoring)$/);
  expect(kindOf('preparation_failed → rolling_back')).toBe('unfetchable');
  expect(kindOf('rolling_back → rollback_failed')).toBe('unrestorable');
});

test('a workload that somebody changed must have ended as theirs', () => {
  const states = new Map([
    ['theirs', ['initialized', 'deploying', 'superseded']],
    ['passed over', ['initialized', 'deploying', 'testing', 'monitoring', 'stable']],
  ] as const);
  expect(checkTampered(['theirs'], states)).toEqual([]);
  expect(checkTampered(['theirs', 'passed over'], states)).toMatchObject([{ subject: 'passed over' }]);
});
