/**
 * Two builds side by side: what was asked differently, what came out differently, where the time went, which tests changed.
 * Pure. Secrets are masked after the comparison: that two of them differ is told, what they are is not.
 */
import {
  BUILD_PHASES,
  type BuildComparison,
  type BuildReportView,
  type BuildView,
} from '@aws-deployer/platform/contracts/builds';
import { mask, maskText } from '@aws-deployer/platform/masking/mask';
import type { BuildPlan } from '../ports/build-engine.js';

export interface ComparedBuild {
  readonly view: BuildView;
  readonly plan: BuildPlan;
  readonly reports: readonly BuildReportView[];
}
/** A field's name is the key, in the words of the API. */
type Facts = Readonly<Record<string, unknown>>;

/** A buildspec is shown so far: whoever wants all of it opens the project. */
const LONGEST_TEXT = 2_000;

export function compareBuilds(a: ComparedBuild, b: ComparedBuild): BuildComparison {
  return {
    a: a.view,
    b: b.view,
    differences: differencesOf(factsOf(a), factsOf(b)),
    phases: phasesOf(a.view, b.view),
    tests: testsOf(a.reports, b.reports),
  };
}

/** What belongs to every single build (number, times, who asked) is left out: it always differs and says nothing. */
function factsOf({ view, plan }: ComparedBuild): Facts {
  const { environment, source, sourceVersion, buildspec } = plan;
  return {
    project: view.project,
    account: view.account,
    region: view.region,
    engine: view.engine,
    status: view.status,
    'failure.phase': view.failure?.phase ?? null,
    'failure.command': view.failure?.command ?? null,
    'failure.exit_code': view.failure?.exit_code ?? null,
    'failure.message': view.failure?.message ?? null,
    source: plan.uploadSha256 === undefined ? source : { type: 'upload', sha256: plan.uploadSha256 },
    source_version: sourceVersion ?? null,
    resolved_commit: view.resolved_commit,
    buildspec: 'text' in buildspec ? buildspec.text : buildspec.path,
    image: environment.image,
    'environment.type': environment.type,
    compute: environment.compute,
    privileged: environment.privileged,
    ...named(
      'variables',
      Object.fromEntries(environment.variables.map(({ name, type, value }) => [name, { type, value }])),
    ),
    artifacts: plan.artifacts,
    cache: plan.cache,
    timeout_minutes: plan.timeoutMinutes,
    runtime: view.runtime,
    image_substituted: view.image_substituted,
    ...named('exported_variables', view.exported_variables),
    'reports.tests': view.reports?.tests ?? null,
    'reports.failed': view.reports?.failed ?? null,
    'reports.skipped': view.reports?.skipped ?? null,
    'reports.line_coverage': view.reports?.line_coverage ?? null,
    artifact_files: view.artifacts,
    ...named('gates', Object.fromEntries(view.gates.map(({ gate, passed }) => [gate, passed ? 'passed' : 'failed']))),
  };
}
const named = (group: string, values: Facts): Facts =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]));

function differencesOf(a: Facts, b: Facts): BuildComparison['differences'] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((field) => canonical(a[field]) !== canonical(b[field]))
    .map((field) => ({ field, a: shown(field, a[field]), b: shown(field, b[field]) }));
}

/** The same whatever the order in which its keys were written. */
const canonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );

function shown(field: string, value: unknown): unknown {
  const known = value ?? null;
  if (field.startsWith('variables.')) {
    if (known === null) return null;
    const { type, value: text } = known as { type: string; value: string };
    const [, name = ''] = field.split('variables.');
    return type === 'PLAINTEXT' ? (mask({ [name]: text }) as Record<string, unknown>)[name] : `${type} ${text}`;
  }
  if (typeof known === 'string') {
    const text = maskText(known);
    return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  }
  return mask(known);
}

function phasesOf(a: BuildView, b: BuildView): BuildComparison['phases'] {
  const seconds = ({ phases }: BuildView, name: string): number | null => {
    const own = phases.filter((phase) => phase.name === name && phase.duration_seconds !== null);
    return own.length === 0 ? null : own.reduce((sum, phase) => sum + (phase.duration_seconds ?? 0), 0);
  };
  return BUILD_PHASES.map((name) => ({ name, a_seconds: seconds(a, name), b_seconds: seconds(b, name) })).filter(
    ({ a_seconds, b_seconds }) => a_seconds !== null || b_seconds !== null,
  );
}

/** `failing` if any case of that name failed: a test that was run twice is one test. */
function testsIn(reports: readonly BuildReportView[]): Map<string, 'failing' | 'passing' | 'skipped'> {
  const tests = new Map<string, 'failing' | 'passing' | 'skipped'>();
  for (const { name: report, cases } of reports)
    for (const { suite, name, outcome } of cases) {
      const test = [report, suite, name].filter((part) => part !== '').join(' › ');
      const now = outcome === 'passed' ? 'passing' : outcome === 'skipped' ? 'skipped' : 'failing';
      const before = tests.get(test);
      if (before === undefined || now === 'failing' || before === 'skipped') tests.set(test, now);
    }
  return tests;
}

/** By the cases that are kept: of a report with thousands the failed ones are, so both lists of names are whole. */
function testsOf(a: readonly BuildReportView[], b: readonly BuildReportView[]): BuildComparison['tests'] {
  const before = testsIn(a);
  const after = testsIn(b);
  const names = (tests: ReadonlyMap<string, string>, is: string): string[] =>
    [...tests].flatMap(([name, outcome]) => (outcome === is ? [name] : []));
  return {
    newly_failing: names(after, 'failing').filter((name) => before.get(name) !== 'failing'),
    newly_passing: names(after, 'passing').filter((name) => before.get(name) === 'failing'),
    added: [...after.keys()].filter((name) => !before.has(name)).length,
    removed: [...before.keys()].filter((name) => !after.has(name)).length,
  };
}
