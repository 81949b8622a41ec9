/** The verdicts must not hang on how these recordings happened to be made: times, orders, names, numbers of pods and events differ elsewhere. */
import fc from 'fast-check';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Manifest } from '../../ports/cluster.js';
import { aboutOf } from './objects.js';
import { expectationOf } from './replay/expectations.js';
import { outcomeOf } from './replay/outcome.js';
import { readIndex, readRecording, slugOf, type RecordedChange, type Recording } from './replay/recording.js';
import { replay } from './replay/replay.js';

const ROOT = join(import.meta.dirname, '../../../testdata/failures');
const RUNS = 4;
const entries = await readIndex(ROOT);
const recorded = await Promise.all(
  entries.map(async (entry, index) => ({
    slug: slugOf(entry, index),
    expected: expectationOf(entry),
    recording: await readRecording(ROOT, entry),
  })),
);
const cases = recorded.map((scenario) => [scenario.slug, scenario] as const);
type Scenario = (typeof recorded)[number];

/** What a perturbed recording is judged to be, in one word, and whether it was in time. */
const check = ({ slug, expected }: Scenario, recording: Recording, moreMs = 0): void => {
  const replayed = replay(recording);
  const { fault, code, at_ms } = outcomeOf(slug, replayed);
  const told = replayed.said.map(({ at, verdict }) => `${String(at)} ${verdict?.code ?? 'nothing'}`).join(', ');
  expect(fault, told).toBe(expected?.fault);
  if (fault === 'release' || fault === 'platform') {
    expect(code, told).toBe(expected?.code);
    expect((at_ms ?? 0) - (expected?.signalAt ?? 0), told).toBeLessThanOrEqual(10_000 + moreMs);
  }
  if (fault !== 'release') expect(replayed.acted, told).toBeUndefined();
};

const inOrder = (changes: readonly RecordedChange[]): readonly RecordedChange[] =>
  changes.toSorted((a, b) => a.at - b.at);

test.each(cases)('each kind late by its own time: %s', (_slug, scenario) => {
  const { recording } = scenario;
  const kinds = [...new Set(recording.changes.map(({ object }) => object.kind))];
  fc.assert(
    fc.property(fc.array(fc.nat(1_500), { minLength: kinds.length, maxLength: kinds.length }), (delays) => {
      const late = (kind: string): number => delays[kinds.indexOf(kind)] ?? 0;
      const changes = recording.changes.map((change) =>
        change.at < 0 ? change : { ...change, at: change.at + late(change.object.kind) },
      );
      check(scenario, { ...recording, changes: inOrder(changes), end: recording.end + 1_500 }, 1_500);
    }),
    { numRuns: RUNS },
  );
});

test.each(cases)('the whole at another pace: %s', (_slug, scenario) => {
  const { recording } = scenario;
  fc.assert(
    fc.property(fc.array(fc.nat(40), { minLength: 50, maxLength: 50 }), (jitter) => {
      let passed = 0;
      const changes = recording.changes.map((change, index) => {
        if (change.at < 0) return change;
        passed += jitter[index % jitter.length] ?? 0;
        return { ...change, at: change.at + passed };
      });
      check(scenario, { ...recording, changes, end: recording.end + passed }, passed);
    }),
    { numRuns: RUNS },
  );
});

test.each(cases)('under other names: %s', (_slug, scenario) => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}$/).filter((text) => text !== 'web');
  fc.assert(
    fc.property(name, name, (workload, namespace) => {
      const text = JSON.stringify(scenario.recording)
        .replaceAll(scenario.recording.namespace, namespace)
        .replace(/\bweb\b/g, workload);
      check(scenario, JSON.parse(text) as Recording);
    }),
    { numRuns: RUNS },
  );
});

test.each(cases)('with ordinary events lost: %s', (_slug, scenario) => {
  const { recording } = scenario;
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), fc.nat(4), (every, offset) => {
      const changes = recording.changes.filter(
        ({ object }, index) =>
          object.kind !== 'Event' ||
          object['type'] === 'Warning' ||
          (index + offset) % every !== 0 ||
          isPartOfCause(object),
      );
      check(scenario, { ...recording, changes });
    }),
    { numRuns: RUNS },
  );
});
/** Says that a probe, and not the process, ended a container: nothing else does. */
const isPartOfCause = (event: Manifest): boolean => event['reason'] === 'Killing';

/** Told by the objects themselves, without any event. */
const BY_STATUS = new Set([
  'admission_webhook_unreachable',
  'command_not_found',
  'crash_loop',
  'exec_format_error',
  'flapping_readiness',
  'hpa_metrics_unavailable',
  'image_never_pull',
  'image_not_found',
  'image_pull_unauthorized',
  'init_container_crash',
  'invalid_image_name',
  'job_failed',
  'missing_configmap',
  'missing_service_account',
  'namespace_terminating',
  'oom_killed',
  'pod_security_violation',
  'pvc_unbound',
  'quota_blocks_surge',
  'quota_exceeded',
  'registry_unreachable',
  'service_selector_mismatch',
  'unschedulable_resources',
  'unschedulable_taint',
]);
const byStatus = cases.filter(([, { expected }]) => expected?.fault === 'none' || BY_STATUS.has(expected?.code ?? ''));
test.each(byStatus)('without any event: %s', (_slug, scenario) => {
  const { recording } = scenario;
  check(scenario, { ...recording, changes: recording.changes.filter(({ object }) => object.kind !== 'Event') });
});

test.each(cases)('with every pod there several times: %s', (_slug, scenario) => {
  const { recording } = scenario;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), (copies) => {
      const changes = recording.changes.flatMap((change) => [
        change,
        ...Array.from({ length: copies }, (_, copy) => copied(change, copy)).flatMap((object) =>
          object ? [{ ...change, object }] : [],
        ),
      ]);
      check(scenario, { ...recording, changes });
    }),
    { numRuns: RUNS },
  );
});
const copied = ({ object }: RecordedChange, copy: number): Manifest | undefined => {
  const again = (text: string | undefined): string => `${text ?? ''}c${String(copy)}`;
  const { metadata } = object;
  const renamed = { ...metadata, name: again(metadata.name), uid: again(metadata.uid) };
  if (object.kind === 'Pod') return { ...object, metadata: renamed };
  const about = aboutOf(object);
  if (object.kind !== 'Event' || about.kind !== 'Pod') return undefined;
  return {
    ...object,
    metadata: renamed,
    involvedObject: { ...about, name: again(about.name), uid: again(about.uid) },
  };
};
