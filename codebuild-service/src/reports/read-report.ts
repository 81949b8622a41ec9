/** One report group of a build, from the files that the buildspec named: what passed, what failed, what was covered. Pure. */
import type {
  BuildReportView,
  BuildView,
  FileCoverageView,
  TestCaseView,
} from '@aws-deployer/platform/contracts/builds';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { readCobertura } from './cobertura.js';
import { parseJUnit } from './junit.js';
import { readLcov } from './lcov.js';
import { LineCoverage } from './line-coverage.js';
import { COVERAGE_FORMATS, isCoverageFormat, isTestFormat, TEST_FORMATS } from './report-formats.js';

export interface ReportFile {
  readonly path: string;
  readonly text: string;
}
const KEPT = 2_000;

/** A file that cannot be read is a problem of the report, never an error. */
export function readReport(name: string, format: string, files: readonly ReportFile[]): BuildReportView {
  const empty: BuildReportView = {
    name,
    format,
    type: isCoverageFormat(format) ? 'coverage' : 'test',
    tests: null,
    cases: [],
    coverage: null,
    files: [],
    problems: [],
  };
  if (files.length === 0) return { ...empty, problems: ['no file matches the patterns of this report group'] };
  if (isTestFormat(format)) return testReport(empty, files);
  if (isCoverageFormat(format)) return coverageReport(empty, files);
  const read = [...TEST_FORMATS, ...COVERAGE_FORMATS].join(', ');
  return {
    ...empty,
    problems: [`${format} is not read here (${read} are): its files are kept with the artifacts only`],
  };
}

function testReport(empty: BuildReportView, files: readonly ReportFile[]): BuildReportView {
  const { read, problems } = eachFile(files, ({ text }) => parseJUnit(text));
  const cases = read.flat();
  return { ...empty, tests: countTests(cases), cases: failedFirst(cases).slice(0, KEPT), problems };
}

function coverageReport(empty: BuildReportView, files: readonly ReportFile[]): BuildReportView {
  const all = new LineCoverage();
  const { problems } = eachFile(files, ({ text }) =>
    empty.format === 'LCOV' ? readLcov(text, all) : readCobertura(text, all),
  );
  const covered = all.files();
  return { ...empty, coverage: countLines(covered), files: covered.slice(0, KEPT), problems };
}

function eachFile<T>(files: readonly ReportFile[], read: (file: ReportFile) => T): { read: T[]; problems: string[] } {
  const results: T[] = [];
  const problems: string[] = [];
  for (const file of files)
    try {
      results.push(read(file));
    } catch (error) {
      problems.push(`${file.path}: ${messageOf(error)}`);
    }
  return { read: results, problems };
}

export function countTests(cases: readonly TestCaseView[]): NonNullable<BuildReportView['tests']> {
  const having = (outcome: TestCaseView['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  return {
    total: cases.length,
    passed: having('passed'),
    failed: having('failed'),
    errored: having('errored'),
    skipped: having('skipped'),
    seconds: Math.round(cases.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0) * 1000) / 1000,
  };
}

function countLines(files: readonly FileCoverageView[]): NonNullable<BuildReportView['coverage']> {
  const sum = (of: (file: FileCoverageView) => number): number => files.reduce((total, file) => total + of(file), 0);
  const lines = sum((file) => file.lines);
  const lines_covered = sum((file) => file.lines_covered);
  return {
    lines,
    lines_covered,
    branches: sum((file) => file.branches),
    branches_covered: sum((file) => file.branches_covered),
    line_percent: lines === 0 ? null : Math.round((lines_covered / lines) * 10_000) / 100,
  };
}

const ORDER: readonly TestCaseView['outcome'][] = ['failed', 'errored', 'skipped', 'passed'];
const failedFirst = (cases: readonly TestCaseView[]): TestCaseView[] =>
  [...cases].sort((a, b) => ORDER.indexOf(a.outcome) - ORDER.indexOf(b.outcome));

/** All reports of a build in one line; null when there is none. */
export function summaryOf(reports: readonly BuildReportView[]): BuildView['reports'] {
  if (reports.length === 0) return null;
  const tests = reports.flatMap((report) => report.tests ?? []);
  const coverages = reports.flatMap((report) => report.coverage ?? []);
  const total = (of: (one: (typeof tests)[number]) => number): number => tests.reduce((sum, one) => sum + of(one), 0);
  const lines = coverages.reduce((sum, one) => sum + one.lines, 0);
  const covered = coverages.reduce((sum, one) => sum + one.lines_covered, 0);
  return {
    tests: total((one) => one.total),
    failed: total((one) => one.failed + one.errored),
    skipped: total((one) => one.skipped),
    line_coverage: lines === 0 ? null : Math.round((covered / lines) * 10_000) / 100,
  };
}
