import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeploymentSpec } from '../resources/types.js';
import {
  fenceposts,
  newReplicaSetSize,
  oldReplicaSetSizes,
  proportionalSizes,
  type ReplicaCounts,
} from './rolling-update.js';

const spec = (replicas: number, maxSurge: number | string, maxUnavailable: number | string): DeploymentSpec => ({
  replicas,
  selector: {},
  template: { spec: { containers: [] } },
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
});
const set = (name: string, desired: number, available = desired, createdAtMs = 0): ReplicaCounts => ({
  name,
  desired,
  available,
  createdAtMs,
});

test('percentages: the surge rounds up, the unavailable down, and one of them is never nothing', () => {
  expect(fenceposts(spec(10, '25%', '25%'))).toEqual({ maxSurge: 3, maxUnavailable: 2 });
  expect(fenceposts(spec(1, '25%', '25%'))).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  expect(fenceposts(spec(3, 0, '10%'))).toEqual({ maxSurge: 0, maxUnavailable: 1 });
  expect(fenceposts(spec(2, 1, 10))).toEqual({ maxSurge: 1, maxUnavailable: 2 });
  expect(fenceposts(spec(100, '7%', '7%'))).toEqual({ maxSurge: 7, maxUnavailable: 7 });
});

test('the table of the deployment controller: new ReplicaSet', () => {
  // replicas, surge, current new, old → new
  for (const [replicas, surge, current, old, wanted] of [
    [10, 0, 0, 10, 0],
    [10, 2, 0, 10, 2],
    [10, 2, 6, 4, 8],
    [10, 0, 0, 5, 5],
    [10, 5, 0, 10, 5],
    [10, 5, 10, 0, 10],
  ] as const)
    expect(newReplicaSetSize(spec(replicas, surge, 0), current, [set('old', old)])).toBe(wanted);
});

test('the table of the deployment controller: old ReplicaSets', () => {
  // Nothing new is available: only what is beyond the minimum may go.
  expect(oldReplicaSetSizes(spec(10, 0, 2), set('new', 0), [set('old', 10)])).toEqual(new Map([['old', 8]]));
  expect(oldReplicaSetSizes(spec(10, 2, 0), set('new', 2, 0), [set('old', 10)])).toEqual(new Map());
  expect(oldReplicaSetSizes(spec(10, 2, 0), set('new', 2, 2), [set('old', 10)])).toEqual(new Map([['old', 8]]));
  // Old pods that are not available go first: nobody is served by them.
  expect(oldReplicaSetSizes(spec(10, 2, 0), set('new', 0), [set('old', 10, 8)])).toEqual(new Map());
  expect(oldReplicaSetSizes(spec(10, 2, 2), set('new', 2, 2), [set('broken', 2, 0, 1), set('old', 8, 8, 0)])).toEqual(
    new Map([
      ['broken', 0],
      ['old', 6],
    ]),
  );
});

test('scaling in the middle of a rollout keeps the shares', () => {
  const sets = [
    { ...set('old', 8, 8, 0), maxReplicas: 12 },
    { ...set('new', 4, 4, 1), maxReplicas: 12 },
  ];
  expect(proportionalSizes(spec(20, 4, 0), 12, sets)).toEqual(
    new Map([
      ['old', 16],
      ['new', 8],
    ]),
  );
  expect(proportionalSizes(spec(0, 4, 0), 12, sets)).toEqual(
    new Map([
      ['old', 0],
      ['new', 0],
    ]),
  );
});

const settings = fc.record({
  replicas: fc.integer({ min: 1, max: 30 }),
  surge: fc.oneof(
    fc.integer({ min: 0, max: 10 }),
    fc.integer({ min: 0, max: 100 }).map((n) => `${String(n)}%`),
  ),
  unavailable: fc.oneof(
    fc.integer({ min: 0, max: 10 }),
    fc.integer({ min: 0, max: 100 }).map((n) => `${String(n)}%`),
  ),
  olds: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 4 }),
  order: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 20, maxLength: 20 }),
});

test('a rollout in which new pods become available in any order ends, within surge and minimum all the way', () => {
  fc.assert(
    fc.property(settings, ({ replicas, surge, unavailable, olds, order }) => {
      const wanted = spec(replicas, surge, unavailable);
      const { maxSurge, maxUnavailable } = fenceposts(wanted);
      // It begins as a rollout begins: the olds together have what was wanted, all of it available.
      let left = replicas;
      const old = olds.map((size, index) => {
        const desired = index === olds.length - 1 ? left : Math.min(size, left);
        left -= desired;
        return { name: `old-${String(index)}`, desired, available: desired, createdAtMs: index };
      });
      const fresh = { name: 'new', desired: 0, available: 0, createdAtMs: 99 };
      const total = (): number => old.reduce((sum, { desired }) => sum + desired, fresh.desired);
      const available = (): number => old.reduce((sum, one) => sum + one.available, fresh.available);
      for (let step = 0; step < 500; step += 1) {
        fresh.desired = newReplicaSetSize(wanted, fresh.desired, old);
        for (const [name, size] of oldReplicaSetSizes(wanted, fresh, old)) {
          const one = old.find((candidate) => candidate.name === name);
          if (one !== undefined) Object.assign(one, { desired: size, available: Math.min(one.available, size) });
        }
        expect(total()).toBeLessThanOrEqual(replicas + maxSurge);
        expect(available()).toBeGreaterThanOrEqual(replicas - maxUnavailable);
        if (fresh.desired === replicas && old.every(({ desired }) => desired === 0) && fresh.available === replicas)
          return;
        const starting = fresh.desired - fresh.available;
        fresh.available += Math.ceil(starting * ((order[step % order.length] ?? 0) + 0.001));
      }
      throw new Error('the rollout did not end');
    }),
  );
});

test('scaling proportionally hands out exactly what is allowed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 }),
      (replicas, surge, sizes) => {
        const before = sizes.reduce((sum, size) => sum + size, 0);
        const sets = sizes.map((size, index) => ({
          ...set(`rs-${String(index)}`, size, size, index),
          maxReplicas: before,
        }));
        const after = [...proportionalSizes(spec(replicas, surge, 0), before, sets).values()];
        expect(after.every((size) => size >= 0)).toBe(true);
        const allowed = replicas === 0 ? 0 : replicas + surge;
        const total = after.reduce((sum, size) => sum + size, 0);
        // What rounding leaves over comes off the largest set alone, as in Kubernetes; when that is none, the next look goes on.
        if (after[0] === 0) expect(total).toBeGreaterThanOrEqual(allowed);
        else expect(total).toBe(allowed);
      },
    ),
  );
});
