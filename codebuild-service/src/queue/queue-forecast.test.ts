import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateSeconds, secondsLeft } from './build-estimate.js';
import { FairQueue, FRESH, startNow, type FairState, type QueueRules, type WaitingBuild } from './fair-queue.js';
import { forecast, type ForecastInput } from './queue-forecast.js';

const rules = (limit: number): QueueRules => ({ limit, weights: new Map(), projectLimits: new Map() });
const waiting = (id: string, seconds: number | null, more: Partial<WaitingBuild> = {}): WaitingBuild => ({
  id,
  project: 'p',
  team: 't',
  seconds,
  notBefore: null,
  after: [],
  ...more,
});

test('positions and instants follow from what runs and how long each takes', () => {
  const at = forecast(
    {
      waiting: [waiting('a', 60), waiting('b', 30), waiting('c', 10), waiting('d', 10, { after: ['b'] })],
      running: [{ id: 'r', project: 'p', secondsLeft: 20 }],
      rules: rules(2),
      state: FRESH,
    },
    0,
  );
  expect([...at].map(([id, { position, startsAt }]) => [id, position, startsAt])).toEqual([
    ['a', 1, 0],
    ['b', 2, 20_000],
    ['c', 3, 50_000],
    ['d', 4, 60_000],
  ]);
});

test('behind a build of which nothing is known there is no instant, but a position', () => {
  const at = forecast(
    { waiting: [waiting('a', null), waiting('b', 30)], running: [], rules: rules(1), state: FRESH },
    0,
  );
  expect(at.get('a')).toMatchObject({ position: 1, startsAt: 0 });
  expect(at.get('b')).toMatchObject({ position: 2, startsAt: null });
});

test('what can never start has the last position and no instant', () => {
  const at = forecast({ waiting: [waiting('a', 5)], running: [], rules: rules(0), state: FRESH }, 0);
  expect(at.get('a')).toMatchObject({ position: 1, startsAt: null });
});

test('one that is held back starts at its instant', () => {
  const at = forecast(
    { waiting: [waiting('a', 5, { notBefore: 7_000 })], running: [], rules: rules(1), state: FRESH },
    0,
  );
  expect(at.get('a')).toMatchObject({ position: 1, startsAt: 7_000 });
});

test('the forecast is what happens when every build takes as long as it was estimated', () => {
  const builds = fc.array(
    fc.record({ team: fc.constantFrom('a', 'b', 'c'), seconds: fc.integer({ min: 1, max: 600 }) }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(builds, fc.integer({ min: 1, max: 7 }), (list, limit) => {
      const input: ForecastInput = {
        waiting: list.map(({ team, seconds }, index) => waiting(String(index), seconds, { team, project: team })),
        running: [],
        rules: rules(limit),
        state: FRESH,
      };
      const foreseen = forecast(input, 0);
      const seen = play(input, new Map(list.map(({ seconds }, index) => [String(index), seconds])));
      for (const [id, startedAt] of seen.startedAt) expect(foreseen.get(id)?.startsAt).toBe(startedAt);
      expect(foreseen.size).toBe(list.length);
    }),
  );
});

test('the estimate leaves out extremes, follows the newest, and knows nothing of nothing', () => {
  expect(estimateSeconds([])).toBeNull();
  expect(estimateSeconds([100])).toBe(100);
  expect(estimateSeconds([...Array.from({ length: 18 }, () => 60), 3600, 1])).toBe(60);
  expect(estimateSeconds([...Array.from({ length: 20 }, () => 10), ...Array.from({ length: 50 }, () => 99)])).toBe(10);
  expect(secondsLeft(60, 20)).toBe(40);
  expect(secondsLeft(60, 500)).toBe(6);
  expect(secondsLeft(null, 5)).toBeNull();
});

/**
 * Two hundred builds at a limit of ten, on a virtual clock: builds take what their project usually takes, give or take a
 * third. First every project builds a few times, so that there is history; then all come at once, most of one team.
 */
test('200 submissions at a limit of 10: none starves, never more than 10 run, estimates hold', () => {
  const random = generator(20261121);
  const projects = [
    { name: 'monolith', team: 'core', usual: 420, builds: 110 },
    { name: 'api', team: 'core', usual: 150, builds: 20 },
    { name: 'shop', team: 'web', usual: 95, builds: 40 },
    { name: 'docs', team: 'web', usual: 25, builds: 10 },
    { name: 'model', team: 'data', usual: 780, builds: 12 },
    { name: 'tool', team: 'solo', usual: 60, builds: 8 },
  ];
  const takes = (usual: number): number => usual * Math.exp(0.3 * normal(random));
  const history = new Map(projects.map(({ name, usual }) => [name, Array.from({ length: 12 }, () => takes(usual))]));

  const submitted = projects
    .flatMap(({ name, team, usual, builds }) =>
      Array.from({ length: builds }, (_, index) => ({ name, team, usual, order: index / builds + random() })),
    )
    .sort((a, b) => a.order - b.order)
    .map(({ name, team, usual }, index) => ({
      took: takes(usual),
      build: waiting(String(index), estimateSeconds(history.get(name) ?? []), { team, project: name }),
    }));
  expect(submitted).toHaveLength(200);
  const input: ForecastInput = {
    waiting: submitted.map(({ build }) => build),
    running: [],
    rules: rules(10),
    state: FRESH,
  };
  const foreseen = forecast(input, 0);
  const seen = play(input, new Map(submitted.map(({ build, took }) => [build.id, took])));

  expect(seen.mostAtOnce).toBe(10);
  expect(seen.startedAt.size).toBe(200);
  const errors = [...seen.startedAt]
    .filter(([, startedAt]) => startedAt > 0)
    .map(([id, startedAt]) => Math.abs((foreseen.get(id)?.startsAt ?? 0) - startedAt) / startedAt);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const over = errors.filter((error) => error > 0.25).length;
  const lastOf = (team: string): number =>
    Math.max(
      ...submitted.filter(({ build }) => build.team === team).map(({ build }) => seen.startedAt.get(build.id) ?? NaN),
    );
  const minutes = (ms: number): string => (ms / 60_000).toFixed(1);
  console.log(
    `estimate of the start: mean error ${(mean * 100).toFixed(1)} %, ${over} of ${errors.length} above 25 %; ` +
      `last start in minutes: ${['solo', 'web', 'data', 'core'].map((team) => `${team} ${minutes(lastOf(team))}`).join(', ')}`,
  );
  expect(mean).toBeLessThan(0.25);
  // The small teams are through long before the one that filled the queue.
  expect(lastOf('solo')).toBeLessThan(lastOf('core') / 5);
  expect(lastOf('web')).toBeLessThan(lastOf('core') / 2);
});

/** What happens, decision by decision, when builds take what they take: the fair state is carried on as the service does. */
function play(input: ForecastInput, took: ReadonlyMap<string, number>) {
  let now = 0;
  let state: FairState = input.state;
  let left = [...input.waiting];
  const running = new Map<string, { readonly id: string; readonly project: string; readonly endsAt: number }>();
  const startedAt = new Map<string, number>();
  let mostAtOnce = 0;
  while (left.length > 0) {
    const decided = startNow({ waiting: left, running: [...running.values()], rules: input.rules, state }, now);
    state = decided.state;
    for (const { id, project } of decided.start) {
      startedAt.set(id, now);
      running.set(id, { id, project, endsAt: now + (took.get(id) ?? 0) * 1000 });
    }
    mostAtOnce = Math.max(mostAtOnce, running.size);
    left = left.filter(({ id }) => !startedAt.has(id));
    const next = [...running.values()].reduce((a, b) => (b.endsAt < a.endsAt ? b : a));
    now = next.endsAt;
    running.delete(next.id);
  }
  return { startedAt, mostAtOnce };
}

/** Numbers that are the same in every run. */
function generator(seed: number): () => number {
  let value = seed;
  return () => {
    value = (value * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return value / 4_294_967_296;
  };
}
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

test('a queue of five thousand is foreseen quickly', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => waiting(String(index), 60, { team: `t${index % 20}` }));
  expect(forecast({ waiting: many, running: [], rules: rules(60), state: FRESH }, 0).size).toBe(5_000);
  expect(new FairQueue({ waiting: many, running: [], rules: rules(60), state: FRESH }).waiting).toBe(5_000);
});
