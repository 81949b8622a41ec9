/** Reports of the stand-in for CodeBuild. Answers as AWS's API reference says. */
import type { DoubleReport } from './double-build.js';
import { notFound, now, page, text, type Json, type Operations } from './double-protocol.js';

export class DoubleReports {
  private readonly byArn = new Map<string, DoubleReport>();

  add(arn: string, report: DoubleReport): void {
    this.byArn.set(arn, report);
  }

  readonly operations: Operations = {
    BatchGetReports: (input) => ({
      reports: (input['reportArns'] as string[]).flatMap((arn) => {
        const report = this.byArn.get(arn);
        return report === undefined ? [] : [toAwsReport(arn, report)];
      }),
      reportsNotFound: (input['reportArns'] as string[]).filter((arn) => !this.byArn.has(arn)),
    }),
    DescribeTestCases: (input) => {
      const arn = text(input, 'reportArn');
      const cases = (this.find(arn).cases ?? []).map((test) => ({
        reportArn: arn,
        testRawDataPath: 'report.xml',
        prefix: test.suite,
        name: test.name,
        status: test.status,
        durationInNanoSeconds: Math.round(test.seconds * 1e9),
        testSuiteName: test.suite,
        ...(test.message === undefined ? {} : { message: test.message }),
      }));
      const { status } = (input['filter'] ?? {}) as { status?: string };
      return page(status === undefined ? cases : cases.filter((test) => test.status === status), input, 'testCases');
    },
    DescribeCodeCoverages: (input) => {
      const arn = text(input, 'reportArn');
      const files = (this.find(arn).files ?? []).map((file, index) => ({
        id: String(index),
        reportARN: arn,
        filePath: file.path,
        linesCovered: file.linesCovered,
        linesMissed: file.linesMissed,
        lineCoveragePercentage: (100 * file.linesCovered) / Math.max(1, file.linesCovered + file.linesMissed),
        branchesCovered: file.branchesCovered,
        branchesMissed: file.branchesMissed,
        branchCoveragePercentage:
          (100 * file.branchesCovered) / Math.max(1, file.branchesCovered + file.branchesMissed),
      }));
      if (input['sortBy'] === 'LINE_COVERAGE_PERCENTAGE')
        files.sort((a, b) => a.lineCoveragePercentage - b.lineCoveragePercentage);
      return page(files, input, 'codeCoverages');
    },
  };

  private find(arn: string): DoubleReport {
    const found = this.byArn.get(arn);
    if (found === undefined) throw notFound(`Report cannot be found: ${arn}`);
    return found;
  }
}

function toAwsReport(arn: string, { name, cases, files }: DoubleReport): Json {
  const count = (status: string) => cases?.filter((test) => test.status === status).length ?? 0;
  const sum = (of: (file: NonNullable<typeof files>[number]) => number) =>
    files?.reduce((total, file) => total + of(file), 0) ?? 0;
  return {
    arn,
    name: arn.slice(arn.lastIndexOf('/') + 1),
    reportGroupArn: arn.slice(0, arn.lastIndexOf(':')).replace(':report/', ':report-group/'),
    type: cases === undefined ? 'CODE_COVERAGE' : 'TEST',
    status: count('FAILED') + count('ERROR') > 0 ? 'FAILED' : 'SUCCEEDED',
    created: now(),
    truncated: false,
    ...(cases === undefined
      ? {
          codeCoverageSummary: {
            linesCovered: sum((file) => file.linesCovered),
            linesMissed: sum((file) => file.linesMissed),
            branchesCovered: sum((file) => file.branchesCovered),
            branchesMissed: sum((file) => file.branchesMissed),
          },
        }
      : {
          testSummary: {
            total: cases.length,
            statusCounts: Object.fromEntries(
              ['SUCCEEDED', 'FAILED', 'ERROR', 'SKIPPED', 'UNKNOWN'].map((status) => [status, count(status)]),
            ),
            durationInNanoSeconds: Math.round(cases.reduce((total, test) => total + test.seconds, 0) * 1e9),
          },
        }),
    exportConfig: { exportConfigType: 'NO_EXPORT' },
    executionId: name,
  };
}
