/** Replays recorded failures of a real cluster: fault, code, how soon it is said, and no abort of what is healthy. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { expect, test } from 'vitest';
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { ClusterChange, Manifest } from '../../ports/cluster.js';
import { refusalOf } from '../../adapters/kubernetes/kube-errors.js';
import { progressOf } from '../rollout-progress.js';
import { VerdictEngine } from './engine.js';
import { RolloutObjects } from './snapshot.js';

const ROOT = join(import.meta.dirname, '../../../testdata/failures');
interface Scenario {
  readonly slug: string;
  readonly namespace: string;
  readonly t0: string;
  readonly duration_s: number;
  readonly stream: string;
  readonly manifests: readonly string[];
  readonly expected_verdict: string;
  readonly cause_code: string;
  readonly decisive_signal: { readonly at_ms: number } | null;
  readonly apply_responses: readonly {
    readonly at_ms: number;
    readonly kind: string;
    readonly name: string;
    readonly status: number;
    readonly generation?: number | null;
    readonly body?: unknown;
  }[];
}
interface StreamLine {
  readonly at_ms: number;
  readonly type: ClusterChange['type'];
  readonly object: Manifest;
}
interface LogLine {
  readonly at_ms: number;
  readonly pod: string;
  readonly container: string;
  readonly text?: string;
}
const lines = <T>(path: string): T[] =>
  readFileSync(join(ROOT, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
const scenarios = JSON.parse(readFileSync(join(ROOT, 'index.json'), 'utf8')) as Scenario[];

interface Outcome {
  readonly said: { readonly at: number; readonly verdict: VerdictView }[];
  readonly actedAt: number | undefined;
  readonly acted: VerdictView | undefined;
  readonly completedAt: number | undefined;
}

/** The engine over one recording on a virtual clock; it is woken by every change and when a finding falls due. */
const replay = (scenario: Scenario): Outcome => {
  const t0 = Date.parse(scenario.t0);
  const newest = scenario.manifests.find((path) => path.endsWith('v2.yaml')) ?? scenario.manifests.at(-1) ?? '';
  const manifests = parseAllDocuments(readFileSync(join(ROOT, newest), 'utf8')).map((doc) => doc.toJS() as Manifest);
  const workload = manifests.find(({ kind }) => kind === 'Deployment');
  const answer = scenario.apply_responses.find(({ kind, generation }) => kind === 'Deployment' && generation != null);
  const objects = new RolloutObjects({
    namespace: scenario.namespace,
    kind: 'Deployment',
    name: workload?.metadata.name ?? 'web',
    services: manifests.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name),
    ...(answer?.generation == null ? {} : { generation: answer.generation }),
  });
  const changes = lines<StreamLine>(scenario.stream);
  const log = `logs/${scenario.slug}.jsonl`;
  const logs = existsSync(join(ROOT, log)) ? lines<LogLine>(log) : [];
  const refused = scenario.apply_responses.filter(({ status }) => status >= 400);
  const engine = new VerdictEngine();
  const said: Outcome['said'] = [];
  let actedAt: number | undefined;
  let acted: VerdictView | undefined;
  let completedAt: number | undefined;
  let due: number | undefined;

  const judge = (at: number): void => {
    for (const log of logs.filter((line) => line.at_ms <= at && line.text !== undefined))
      objects.keepLines(
        log.pod,
        log.container,
        (log.text ?? '').split('\n').filter((line) => line !== ''),
      );
    const snapshot = objects.at(t0 + at);
    if (snapshot.superseded) return; // the rollout is over: it is no longer ours
    if (progressOf(snapshot).complete) completedAt ??= at;
    const judged = engine.judge(snapshot);
    due = judged.nextAt === undefined ? undefined : judged.nextAt - t0;
    const before = said.at(-1)?.verdict.code ?? 'none';
    if ((judged.verdict?.code ?? 'none') !== before) said.push({ at, verdict: judged.verdict ?? { ...NONE } });
    if (judged.act && actedAt === undefined) [actedAt, acted] = [at, judged.verdict];
  };
  for (const change of changes.filter(({ at_ms }) => at_ms < 0)) objects.observe(change);
  const wakings = [
    ...changes
      .filter(({ at_ms }) => at_ms >= 0)
      .map((change) => ({ at: change.at_ms, do: () => objects.observe(change) })),
    ...refused.map(({ at_ms, kind, name, status, body }) => ({
      at: at_ms,
      do: () => objects.reject({ kind, name, refusal: refusalOf(status, JSON.stringify(body)) }),
    })),
    ...logs.map(({ at_ms }) => ({ at: at_ms, do: () => undefined })),
    { at: scenario.duration_s * 1000, do: () => undefined },
  ].toSorted((a, b) => a.at - b.at);
  for (const waking of wakings) {
    while (due !== undefined && due < waking.at) judge(due);
    waking.do();
    judge(waking.at);
  }
  return { said, actedAt, acted, completedAt };
};
const NONE: VerdictView = {
  code: 'none',
  fault: 'none',
  object: null,
  container: null,
  reason: '',
  evidence: { exit_code: null, log_lines: [], events: [] },
  suggestion: '',
};
const show = ({ said }: Outcome): string =>
  said.map(({ at, verdict }) => `${String(at)} ${verdict.fault} ${verdict.code}`).join(', ');

/** Kinds of workload and triggers that no deployment of ours makes yet. */
const NOT_YET = new Set(['job-failed', 'statefulset-stall', 'hpa-without-metrics']);
const FAULTS: Readonly<Record<string, string>> = { release_fault: 'release', platform_fault: 'platform' };
/** Said when they stand: these faults are the cluster's, so nothing is aborted for them. */
const faulty = scenarios.filter(({ expected_verdict, slug }) => expected_verdict in FAULTS && !NOT_YET.has(slug));
const harmless = scenarios.filter(({ expected_verdict, slug }) => !(expected_verdict in FAULTS) && !NOT_YET.has(slug));

test.each(faulty.map((scenario) => [scenario.slug, scenario] as const))('%s is named, in time', (_slug, scenario) => {
  const outcome = replay(scenario);
  const fault = FAULTS[scenario.expected_verdict];
  const named = outcome.said.find(({ verdict }) => verdict.fault === fault);
  expect(
    outcome.said.map(({ verdict }) => verdict.code),
    show(outcome),
  ).toContain(scenario.cause_code);
  expect(named?.at, show(outcome)).toBeLessThanOrEqual((scenario.decisive_signal?.at_ms ?? 0) + 10_000);
  expect(
    new Set(outcome.said.map(({ verdict }) => verdict.fault).filter((said) => said !== 'none')),
    show(outcome),
  ).toEqual(new Set([fault]));
  if (fault === 'platform') expect(outcome.actedAt, show(outcome)).toBeUndefined();
  for (const { verdict } of outcome.said.filter(({ verdict: { code } }) => code !== 'none')) {
    expect(verdict.reason).toMatch(/^\S.*\.$/s);
    expect(verdict.suggestion).not.toBe('');
    expect(verdict.object).not.toBeNull();
  }
});

test.each(harmless.map((scenario) => [scenario.slug, scenario] as const))('%s is not aborted', (_slug, scenario) => {
  const outcome = replay(scenario);
  expect(outcome.actedAt, show(outcome)).toBeUndefined();
  const faults = outcome.said.map(({ verdict }) => verdict.fault);
  expect(
    faults.filter((fault) => fault === 'release' || fault === 'platform'),
    show(outcome),
  ).toEqual([]);
  if (scenario.expected_verdict === 'healthy' || scenario.expected_verdict === 'transient')
    expect(outcome.completedAt).toBeDefined();
  if (scenario.expected_verdict === 'paused') expect(outcome.said.at(-1)?.verdict.code).toBe(scenario.cause_code);
});

test('a release that crashes at start is acted upon with container, exit code and last log lines', () => {
  const scenario = scenarios.find(({ slug }) => slug === 'crash-loop');
  if (scenario === undefined) throw new Error('no such recording');
  const { acted, actedAt, said } = replay(scenario);
  expect(actedAt).toBeLessThan(5_000);
  expect(acted).toMatchObject({ code: 'crash_loop', fault: 'release', container: 'web', evidence: { exit_code: 1 } });
  expect(acted?.reason).toMatch(/Container web of Pod web-\S+ crashed twice at start with exit code 1\./);
  expect(said).toHaveLength(1);
});
