/** The test and coverage reports of a build, from CodeBuild's report groups: bounded, the failed and the least covered first. */
import type { CodeCoverage, Report, TestCase } from '@aws-sdk/client-codebuild';
import type { BuildReportView, FileCoverageView, TestCaseView } from '@aws-deployer/platform/contracts/builds';
import { delay } from '@aws-deployer/platform/runtime/clock';
import type { AwsSession } from '../../ports/aws-session.js';
import type { AwsCaller, AwsClients } from '../aws/aws-caller.js';
import { worded } from './codebuild-errors.js';

const ITEMS_MAX = 2_000;
const REPORTS_A_CALL = 100;
/** A report may still be read by AWS when its build has ended. */
const GENERATING_LOOKS = 10;
const LOOK_AGAIN_MS = 1_000;
const NANOSECONDS = 1e9;

const OUTCOMES: Readonly<Record<string, TestCaseView['outcome']>> = {
  SUCCEEDED: 'passed',
  FAILED: 'failed',
  ERROR: 'errored',
  SKIPPED: 'skipped',
  UNKNOWN: 'errored',
};
/** AWS filters by one status a call. */
const WORST_FIRST = ['FAILED', 'ERROR', 'UNKNOWN', 'SKIPPED', 'SUCCEEDED'] as const;

export class BuildReports {
  constructor(
    private readonly aws: AwsCaller,
    private readonly lookAgainMs = LOOK_AGAIN_MS,
  ) {}

  async read(
    session: AwsSession,
    project: string,
    arns: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly BuildReportView[]> {
    const reports = await this.finished(session, arns, signal);
    const views: BuildReportView[] = [];
    for (const report of reports)
      views.push(
        report.type === 'CODE_COVERAGE'
          ? coverageView(report, project, await this.files(session, report, signal))
          : testView(report, project, await this.cases(session, report, signal)),
      );
    return views;
  }

  private async finished(
    session: AwsSession,
    arns: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly Report[]> {
    const { BatchGetReportsCommand } = await import('@aws-sdk/client-codebuild');
    const reports: Report[] = [];
    for (let from = 0; from < arns.length; from += REPORTS_A_CALL) {
      const command = new BatchGetReportsCommand({ reportArns: arns.slice(from, from + REPORTS_A_CALL) });
      for (let look = 1; ; look++) {
        const read = await this.call(session, (client, abortSignal) => client.send(command, { abortSignal }), signal);
        const found = read.reports ?? [];
        if (look < GENERATING_LOOKS && found.some(({ status }) => status === 'GENERATING')) {
          await delay(this.lookAgainMs, signal);
          continue;
        }
        reports.push(...found);
        break;
      }
    }
    return reports;
  }

  private async cases(session: AwsSession, { arn }: Report, signal: AbortSignal): Promise<TestCase[]> {
    const { paginateDescribeTestCases } = await import('@aws-sdk/client-codebuild');
    const cases: TestCase[] = [];
    for (const status of WORST_FIRST) {
      const left = ITEMS_MAX - cases.length;
      if (left <= 0) break;
      const read = (client: AwsClients['codebuild'], abortSignal: AbortSignal) =>
        firstItems(
          paginateDescribeTestCases({ client }, { reportArn: arn, filter: { status } }, { abortSignal }),
          (page) => page.testCases,
          left,
        );
      cases.push(...(await this.call(session, read, signal)));
    }
    return cases;
  }
  private async files(session: AwsSession, { arn }: Report, signal: AbortSignal): Promise<CodeCoverage[]> {
    const { paginateDescribeCodeCoverages } = await import('@aws-sdk/client-codebuild');
    const query = { reportArn: arn, sortBy: 'LINE_COVERAGE_PERCENTAGE', sortOrder: 'ASCENDING' } as const;
    const read = (client: AwsClients['codebuild'], abortSignal: AbortSignal) =>
      firstItems(
        paginateDescribeCodeCoverages({ client }, query, { abortSignal }),
        (page) => page.codeCoverages,
        ITEMS_MAX,
      );
    return this.call(session, read, signal);
  }

  private call<Output>(
    session: AwsSession,
    work: (client: AwsClients['codebuild'], abortSignal: AbortSignal) => Promise<Output>,
    signal: AbortSignal,
  ): Promise<Output> {
    return worded(this.aws.call(session, 'codebuild', work, { signal }), 'build');
  }
}

async function firstItems<Page, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
  most: number,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pages) {
    items.push(...(itemsOf(page) ?? []));
    if (items.length >= most) break;
  }
  return items.slice(0, most);
}

/** Groups that a buildspec names are called `<project>-<name>` in AWS. */
function groupName({ reportGroupArn = '' }: Report, project: string): string {
  const name = reportGroupArn.slice(reportGroupArn.lastIndexOf('/') + 1);
  return name.startsWith(`${project}-`) ? name.slice(project.length + 1) : name;
}
function problemsOf({ status, truncated }: Report): string[] {
  return [
    ...(status === 'INCOMPLETE' ? ['AWS could not read all files of the report'] : []),
    ...(status === 'GENERATING' ? ['AWS is still reading the report'] : []),
    ...(truncated === true ? ['AWS kept only the first results: the report has more than it takes'] : []),
  ];
}

function testView(report: Report, project: string, cases: readonly TestCase[]): BuildReportView {
  const { total = cases.length, statusCounts = {}, durationInNanoSeconds = 0 } = report.testSummary ?? {};
  const count = (status: string): number => statusCounts[status] ?? 0;
  return {
    name: groupName(report, project),
    type: 'test',
    format: 'CODEBUILD', // AWS does not tell what it read
    tests: {
      total,
      passed: count('SUCCEEDED'),
      failed: count('FAILED'),
      errored: count('ERROR') + count('UNKNOWN'),
      skipped: count('SKIPPED'),
      seconds: durationInNanoSeconds / NANOSECONDS,
    },
    cases: cases.map((test) => ({
      suite: test.testSuiteName ?? test.prefix ?? '',
      name: test.name ?? '',
      outcome: OUTCOMES[test.status ?? ''] ?? 'errored',
      seconds: test.durationInNanoSeconds === undefined ? null : test.durationInNanoSeconds / NANOSECONDS,
      message: test.message || null,
    })),
    coverage: null,
    files: [],
    problems: problemsOf(report),
  };
}

function coverageView(report: Report, project: string, files: readonly CodeCoverage[]): BuildReportView {
  const {
    linesCovered = 0,
    linesMissed = 0,
    branchesCovered = 0,
    branchesMissed = 0,
  } = report.codeCoverageSummary ?? {};
  const lines = linesCovered + linesMissed;
  return {
    name: groupName(report, project),
    type: 'coverage',
    format: 'CODEBUILD',
    tests: null,
    cases: [],
    coverage: {
      lines,
      lines_covered: linesCovered,
      branches: branchesCovered + branchesMissed,
      branches_covered: branchesCovered,
      line_percent: lines === 0 ? null : (100 * linesCovered) / lines,
    },
    files: files.map((file): FileCoverageView => ({
      file: file.filePath ?? '',
      lines: (file.linesCovered ?? 0) + (file.linesMissed ?? 0),
      lines_covered: file.linesCovered ?? 0,
      branches: (file.branchesCovered ?? 0) + (file.branchesMissed ?? 0),
      branches_covered: file.branchesCovered ?? 0,
    })),
    problems: problemsOf(report),
  };
}
