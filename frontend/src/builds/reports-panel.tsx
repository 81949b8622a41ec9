/** What the tests said, failed ones first, and how much of the code they reached, least covered first. */
import type {
  BuildReportView,
  BuildView,
  FileCoverageView,
  TestCaseView,
} from '@aws-deployer/platform/contracts/builds';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { buildReportsQuery } from '../api/builds.js';
import { Chip } from '../ui/chip.js';
import { LoadingRows, Notice, Problem } from '../ui/feedback.js';
import { DataTable } from '../ui/list-panel.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { count, duration } from '../ui/words.js';
import classes from './reports-panel.module.css';

const SHOWN = 10;
const OUTCOMES = { passed: 'good', failed: 'bad', errored: 'bad', skipped: 'mute' } as const;

export function ReportsPanel({ build }: { build: BuildView }) {
  const query = useQuery({ ...buildReportsQuery(build.id), enabled: build.reports !== null });
  if (build.reports === null) return null;
  return (
    <>
      {query.isPending && (
        <Panel title="Reports" flush>
          <LoadingRows rows={3} label="Loading the reports" />
        </Panel>
      )}
      {query.error && <Problem error={query.error} what="The reports" onRetry={() => void query.refetch()} />}
      {(query.data ?? []).map((report) =>
        report.type === 'test' ? (
          <TestReport key={`test ${report.name}`} report={report} />
        ) : (
          <CoverageReport key={`coverage ${report.name}`} report={report} />
        ),
      )}
    </>
  );
}

function TestReport({ report }: { report: BuildReportView }) {
  const [all, setAll] = useState(false);
  const { tests, cases } = report;
  const bad = cases.filter(({ outcome }) => outcome === 'failed' || outcome === 'errored').length;
  // Every failed test is shown at once; of the good ones a few, until they are asked for.
  const shown = all ? cases : cases.slice(0, Math.max(SHOWN, bad));
  return (
    <Panel title={`Tests: ${report.name}`} note={tests ? testWords(tests) : report.format} flush>
      <Problems problems={report.problems} />
      {shown.length > 0 && (
        <DataTable<TestCaseView>
          label={`Tests of ${report.name}`}
          items={shown}
          rowKey={({ suite, name }) => `${suite}\n${name}`}
          columns={[
            { name: 'Outcome', render: ({ outcome }) => <Chip tone={OUTCOMES[outcome]}>{outcome}</Chip> },
            { name: 'Test', wide: true, className: classes.test, render: (test) => <TestName test={test} /> },
            {
              name: 'Took',
              right: true,
              className: `${cell.dim} ${cell.nowrap}`,
              render: ({ seconds }) => (seconds === null ? '' : duration(seconds * 1000)),
            },
          ]}
        />
      )}
      <ShowAll all={all} total={cases.length} shown={shown.length} what="tests" onAll={() => setAll(true)} />
    </Panel>
  );
}

function TestName({ test }: { test: TestCaseView }) {
  return (
    <>
      <span className={cell.dim}>{test.suite}</span> {test.name}
      {test.message !== null && test.message !== '' && test.outcome !== 'passed' && (
        <pre className={classes.message} tabIndex={0}>
          {test.message}
        </pre>
      )}
    </>
  );
}

function CoverageReport({ report }: { report: BuildReportView }) {
  const [all, setAll] = useState(false);
  const { coverage, files } = report;
  const shown = all ? files : files.slice(0, SHOWN);
  return (
    <Panel title={`Coverage: ${report.name}`} note={coverage ? coverageWords(coverage) : report.format} flush>
      <Problems problems={report.problems} />
      {shown.length > 0 && (
        <DataTable<FileCoverageView>
          label={`Coverage of ${report.name}`}
          items={shown}
          rowKey={({ file }) => file}
          columns={[
            { name: 'File', wide: true, className: `${cell.mono} ${classes.file}`, render: ({ file }) => file },
            {
              name: 'Lines',
              labelled: true,
              render: ({ lines, lines_covered: covered }) => <Share of={covered} whole={lines} />,
            },
            {
              name: 'Branches',
              labelled: true,
              render: ({ branches, branches_covered: covered }) => <Share of={covered} whole={branches} />,
            },
          ]}
        />
      )}
      <ShowAll all={all} total={files.length} shown={shown.length} what="files" onAll={() => setAll(true)} />
    </Panel>
  );
}

function Share({ of, whole }: { of: number; whole: number }) {
  if (whole === 0) return <span className={cell.dim}>none</span>;
  const percent = (of / whole) * 100;
  const tone = percent >= 80 ? 'good' : percent >= 50 ? 'warn' : 'bad';
  return (
    <span className={classes.share} data-tone={tone}>
      <span className={classes.meter} aria-hidden>
        <span style={{ width: `${percent}%` }} />
      </span>
      <span>{percent.toFixed(0)} %</span>
      <span className={cell.dim}>
        {of}/{whole}
      </span>
    </span>
  );
}

function Problems({ problems }: { problems: readonly string[] }) {
  if (problems.length === 0) return null;
  return (
    <div className={classes.problems}>
      <Notice tone="warn" title="Some report files could not be read">
        {problems.map((problem) => (
          <div key={problem}>{problem}</div>
        ))}
      </Notice>
    </div>
  );
}

function ShowAll(props: { all: boolean; total: number; shown: number; what: string; onAll: () => void }) {
  if (props.all || props.shown >= props.total) return null;
  return (
    <div className={classes.more}>
      <Button variant="default" size="xs" onClick={props.onAll}>
        Show all {props.total.toLocaleString()} {props.what}
      </Button>
    </div>
  );
}

const testWords = (tests: NonNullable<BuildReportView['tests']>): string =>
  [
    ...(tests.failed + tests.errored > 0 ? [`${tests.failed + tests.errored} failed`] : []),
    `${tests.passed} of ${count(tests.total, 'test')} passed`,
    ...(tests.skipped > 0 ? [`${tests.skipped} skipped`] : []),
    duration(tests.seconds * 1000),
  ].join(', ');
const coverageWords = (coverage: NonNullable<BuildReportView['coverage']>): string =>
  `${coverage.line_percent === null ? 'no' : `${coverage.line_percent.toFixed(1)} % of`} lines, ${coverage.lines_covered.toLocaleString()} of ${coverage.lines.toLocaleString()}`;
