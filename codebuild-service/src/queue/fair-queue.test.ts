import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FairQueue, FRESH, startNow, type QueueInput, type WaitingBuild } from './fair-queue.js';

const NOW = 1_000_000;
const build = (id: string, team: string, more: Partial<WaitingBuild> = {}): WaitingBuild => ({
  id,
  project: `of-${team}`,
  team,
  seconds: 60,
  notBefore: null,
  after: [],
  ...more,
});
const input = (waiting: WaitingBuild[], more: Partial<QueueInput['rules']> = {}): QueueInput => ({
  waiting,
  running: [],
  rules: { limit: 10, weights: new Map(), projectLimits: new Map(), ...more },
  state: FRESH,
});
const order = (of: QueueInput): string[] => {
  // One at a time: each start is the decision that a free place would bring.
  const queue = new FairQueue({ ...of, rules: { ...of.rules, limit: 1 } });
  const started: string[] = [];
  for (let next = queue.next(NOW); next !== undefined; next = queue.next(NOW)) {
    started.push(next.id);
    queue.ended(next);
  }
  return started;
};

test('two hundred builds of one team do not hold up the one of another', () => {
  const many = Array.from({ length: 200 }, (_, index) => build(`many-${index}`, 'many'));
  const started = order(input([...many, build('one', 'few')]));
  expect(started.indexOf('one')).toBeLessThanOrEqual(1);
  expect(started).toHaveLength(201);
});

test('a weight of three is three builds for one', () => {
  const of = (team: string) => Array.from({ length: 40 }, (_, index) => build(`${team}-${index}`, team));
  const started = order(input([...of('light'), ...of('heavy')], { weights: new Map([['heavy', 3]]) }));
  const heavy = started.slice(0, 40).filter((id) => id.startsWith('heavy')).length;
  expect(heavy).toBeGreaterThanOrEqual(29);
  expect(heavy).toBeLessThanOrEqual(31);
});

test('shares are of time: a team with builds ten times as long starts one for ten', () => {
  const of = (team: string, seconds: number) =>
    Array.from({ length: 60 }, (_, index) => build(`${team}-${index}`, team, { seconds }));
  const started = order(input([...of('long', 600), ...of('short', 60)]));
  expect(started.slice(0, 44).filter((id) => id.startsWith('long')).length).toBeLessThanOrEqual(5);
});

test('a team that was away saves nothing up', () => {
  const first = startNow(input(Array.from({ length: 10 }, (_, index) => build(`a-${index}`, 'a'))), NOW);
  const later = order({
    ...input([
      ...Array.from({ length: 6 }, (_, index) => build(`b-${index}`, 'b')),
      ...Array.from({ length: 6 }, (_, index) => build(`c-${index}`, 'c')),
    ]),
    state: first.state,
  });
  expect(later.slice(0, 6).filter((id) => id.startsWith('b'))).toHaveLength(3);
});

describe('what keeps a build waiting is said', () => {
  const reason = (waiting: WaitingBuild[], rules: Partial<QueueInput['rules']> = {}, running = 0): string => {
    const of = input(waiting, rules);
    const queue = new FairQueue({
      ...of,
      running: Array.from({ length: running }, (_, index) => ({ id: `r${index}`, project: 'of-a' })),
    });
    return queue.reasonOf(waiting.at(-1) as WaitingBuild, NOW);
  };
  test.each([
    ['the account is full', () => reason([build('a', 'a')], { limit: 2 }, 2), /runs 2 of the 2 builds/],
    [
      'its project is at its own limit',
      () => reason([build('a', 'a')], { projectLimits: new Map([['of-a', 1]]) }, 1),
      /Project of-a runs 1 of the 1/,
    ],
    ['another of its batch', () => reason([build('a', 'a'), build('b', 'a', { after: ['a'] })]), /its batch/],
    ['the account said it was full', () => reason([build('a', 'a', { notBefore: NOW + 1 })]), /tried again at/],
    ['nothing', () => reason([build('a', 'a')]), /about to start/],
  ])('%s', (_what, said, sentence) => expect(said()).toMatch(sentence));
});

test('a build that may not start yet lets those behind it pass', () => {
  const started = startNow(
    input(
      [
        build('full', 'a', { notBefore: NOW + 1 }),
        build('blocked', 'a', { project: 'at-limit' }),
        build('late', 'a', { after: ['blocked'] }),
        build('free', 'a'),
      ],
      { projectLimits: new Map([['at-limit', 0]]) },
    ),
    NOW,
  );
  expect(started.start.map(({ id }) => id)).toEqual(['free']);
});

const TEAMS = ['red', 'green', 'blue', 'grey'];
const anyInput = fc
  .record({
    builds: fc.array(
      fc.record({
        team: fc.constantFrom(...TEAMS),
        project: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
        seconds: fc.option(fc.integer({ min: 1, max: 5_000 })),
        notBefore: fc.option(fc.constantFrom(NOW - 1, NOW, NOW + 1)),
        after: fc.option(fc.nat(200)),
      }),
      { maxLength: 80 },
    ),
    running: fc.integer({ min: 0, max: 12 }),
    limit: fc.integer({ min: 0, max: 15 }),
    weights: fc.dictionary(fc.constantFrom(...TEAMS), fc.integer({ min: 1, max: 100 })),
    projectLimits: fc.dictionary(fc.constantFrom('p1', 'p2'), fc.integer({ min: 1, max: 4 })),
    clock: fc.integer({ min: 0, max: 1_000 }),
    finish: fc.dictionary(fc.constantFrom(...TEAMS), fc.integer({ min: 0, max: 5_000 })),
  })
  .map(({ builds, running, limit, weights, projectLimits, clock, finish }): QueueInput => ({
    waiting: builds.map(({ after, ...rest }, index) => ({
      ...rest,
      id: String(index),
      after: after === null || after >= index ? [] : [String(after)],
    })),
    running: Array.from({ length: running }, (_, index) => ({ id: `r${index}`, project: `p${(index % 3) + 2}` })),
    rules: { limit, weights: new Map(Object.entries(weights)), projectLimits: new Map(Object.entries(projectLimits)) },
    state: { clock, finish },
  }));

describe('for all queues', () => {
  test('no limit is passed, and no place stays free that a build may take', () => {
    fc.assert(
      fc.property(anyInput, (of) => {
        const { start } = startNow(of, NOW);
        const running = [...of.running, ...start];
        expect(start.length).toBeLessThanOrEqual(Math.max(0, of.rules.limit - of.running.length));
        for (const [project, limit] of of.rules.projectLimits) {
          const before = of.running.filter((one) => one.project === project).length;
          expect(running.filter((one) => one.project === project).length).toBeLessThanOrEqual(Math.max(before, limit));
        }
        const open = new Set([...of.running, ...of.waiting].map(({ id }) => id));
        for (const one of start) {
          expect(one.notBefore ?? 0).toBeLessThanOrEqual(NOW);
          for (const id of one.after) expect(open.has(id)).toBe(false);
        }
        if (running.length < of.rules.limit)
          for (const one of of.waiting.filter((candidate) => !start.includes(candidate))) {
            const own = of.rules.projectLimits.get(one.project);
            const held =
              (one.notBefore ?? 0) > NOW ||
              one.after.some((id) => open.has(id)) ||
              (own !== undefined && running.filter(({ project }) => project === one.project).length >= own);
            expect(held).toBe(true);
          }
      }),
    );
  });

  test('every build starts in the end, each once, and inside a team in the order in which they came', () => {
    fc.assert(
      fc.property(anyInput, (of) => {
        const queue = new FairQueue({ ...of, running: [], rules: { ...of.rules, limit: Math.max(1, of.rules.limit) } });
        const started: WaitingBuild[] = [];
        for (;;) {
          const batch: WaitingBuild[] = [];
          for (let next = queue.next(NOW + 1); next; next = queue.next(NOW + 1)) batch.push(next);
          if (batch.length === 0) break;
          started.push(...batch);
          for (const one of batch) queue.ended(one);
        }
        expect(new Set(started.map(({ id }) => id)).size).toBe(started.length);
        expect(started).toHaveLength(of.waiting.length);
        const plain = started.filter(
          ({ after, project }) => after.length === 0 && !of.rules.projectLimits.has(project),
        );
        for (const team of TEAMS) {
          const ids = plain.filter((one) => one.team === team).map(({ id }) => Number(id));
          expect(ids).toEqual([...ids].sort((a, b) => a - b));
        }
      }),
    );
  });

  test('while two teams both wait, neither has had more than its share and one build', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 5, maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 5, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (one, other, weightOne, weightOther) => {
          const waiting = [
            ...one.map((seconds, index) => build(`one-${index}`, 'one', { seconds })),
            ...other.map((seconds, index) => build(`other-${index}`, 'other', { seconds })),
          ];
          const weights = new Map([
            ['one', weightOne],
            ['other', weightOther],
          ]);
          const queue = new FairQueue(input(waiting, { weights, limit: 1 }));
          const had = { one: 0, other: 0 };
          const left = { one: one.length, other: other.length };
          const bound = Math.max(...one) / weightOne + Math.max(...other) / weightOther;
          for (let next = queue.next(NOW); next; next = queue.next(NOW)) {
            const team = next.team as 'one' | 'other';
            had[team] += (next.seconds ?? 0) / (weights.get(team) ?? 1);
            left[team] -= 1;
            queue.ended(next);
            if (left.one === 0 || left.other === 0) break;
            expect(Math.abs(had.one - had.other)).toBeLessThanOrEqual(bound + 1e-6);
          }
        },
      ),
    );
  });
});
