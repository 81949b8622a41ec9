/**
 * Whether what a build made may be deployed: each gate that the project sets, judged on what is known. Pure. What is not known
 * never passes.
 */
import type { QualityGates } from '@aws-deployer/platform/contracts/build-projects';
import type { BuildReportView, GateResult } from '@aws-deployer/platform/contracts/builds';
import { summaryOf } from '../reports/read-report.js';

/** What is known of the image that a build made. A `reason` says why something is not known. */
export interface ImageKnowledge {
  /** `repository@sha256:…`; null: the build exported no IMAGE_URI and IMAGE_DIGEST. */
  readonly image: string | null;
  readonly findings: { readonly bySeverity: Readonly<Record<string, number>> } | { readonly reason: string };
  readonly signature: { readonly found: boolean; readonly verified: boolean | null; readonly detail: string };
}
export interface GateFacts {
  readonly reports: readonly BuildReportView[];
  /** Only where a gate asks for it. */
  readonly image: ImageKnowledge | null;
}

export function judgeGates(gates: QualityGates, { reports, image }: GateFacts): GateResult[] {
  return [
    ...(gates.tests_passed ? [testsPassed(reports)] : []),
    ...(gates.line_coverage_min === undefined ? [] : [covered(gates.line_coverage_min, reports)]),
    ...(gates.findings_max === undefined ? [] : [findings(gates.findings_max, image)]),
    ...(gates.image_signed ? [signed(gates.signing_key !== undefined, image)] : []),
  ];
}
export const needsImage = (gates: QualityGates): boolean => gates.findings_max !== undefined || gates.image_signed;

function testsPassed(reports: readonly BuildReportView[]): GateResult {
  const gate = 'tests_passed';
  const summary = summaryOf(reports.filter(({ type }) => type === 'test'));
  const unread = reports.find(({ type, problems }) => type === 'test' && problems.length > 0);
  if (summary === null || summary.tests === 0)
    return {
      gate,
      passed: false,
      detail: `No test ran that a report tells of${unread === undefined ? ': name one under reports in the buildspec' : ` (${unread.problems[0] ?? ''})`}.`,
    };
  if (unread !== undefined)
    return { gate, passed: false, detail: `A report could not be read: ${unread.problems[0] ?? ''}.` };
  return summary.failed === 0
    ? { gate, passed: true, detail: `${counted(summary.tests, 'test')}, none failed.` }
    : { gate, passed: false, detail: `${String(summary.failed)} of ${counted(summary.tests, 'test')} failed.` };
}

function covered(least: number, reports: readonly BuildReportView[]): GateResult {
  const gate = 'line_coverage_min';
  const percent = summaryOf(reports)?.line_coverage ?? null;
  if (percent === null)
    return {
      gate,
      passed: false,
      detail: `At least ${String(least)} % of lines were asked for, and there is no coverage report.`,
    };
  return {
    gate,
    passed: percent >= least,
    detail: `${String(percent)} % of lines are covered; at least ${String(least)} % were asked for.`,
  };
}

function findings(most: NonNullable<QualityGates['findings_max']>, image: ImageKnowledge | null): GateResult {
  const gate = 'findings_max';
  if (image === null || image.image === null) return { gate, passed: false, detail: NO_IMAGE };
  if ('reason' in image.findings)
    return { gate, passed: false, detail: `The findings of the image scan are not known: ${image.findings.reason}.` };
  const { bySeverity } = image.findings;
  const limits = Object.entries(most).flatMap(([severity, limit]) =>
    limit === undefined ? [] : [{ severity, limit }],
  );
  const counts = limits.map(({ severity, limit }) => ({
    severity,
    limit,
    found: Object.entries(bySeverity).reduce(
      (sum, [name, count]) => sum + (name.toLowerCase() === severity ? count : 0),
      0,
    ),
  }));
  return {
    gate,
    passed: counts.every(({ found, limit }) => found <= limit),
    detail: `${counts.map(({ severity, found, limit }) => `${String(found)} ${severity} (at most ${String(limit)})`).join(', ')}.`,
  };
}

function signed(keyed: boolean, image: ImageKnowledge | null): GateResult {
  const gate = 'image_signed';
  if (image === null || image.image === null) return { gate, passed: false, detail: NO_IMAGE };
  const { found, verified, detail } = image.signature;
  return { gate, passed: found && (keyed ? verified === true : true), detail };
}

const NO_IMAGE = 'The build names no image: it must export IMAGE_URI and IMAGE_DIGEST.';
const counted = (count: number, what: string): string => `${String(count)} ${what}${count === 1 ? '' : 's'}`;
