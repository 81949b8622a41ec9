/** Two builds side by side: how they ended, what was different, where the time went, which tests changed. */
import type { BuildComparison, BuildView } from '@aws-deployer/platform/contracts/builds';
import { IconEqual } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { buildComparisonQuery } from '../api/builds.js';
import { Empty, LoadingPanel, Notice, Problem } from '../ui/feedback.js';
import { DataTable } from '../ui/list-panel.js';
import { Page } from '../ui/page.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { duration } from '../ui/words.js';
import { BuildBadge } from './build-badge.js';
import { phaseLabel } from './statuses.js';
import classes from './compare-page.module.css';

const route = getRouteApi('/signed-in/builds/compare');

export function ComparePage() {
  const { a = '', b = '' } = route.useSearch();
  const query = useQuery({ ...buildComparisonQuery(a, b), enabled: a !== '' && b !== '' });
  return (
    <Page title="Compare builds" lead="Only what differs is listed.">
      {(a === '' || b === '') && (
        <Notice tone="mute" title="Two builds are needed">
          Pick two in the <Link to="/builds">list of builds</Link>.
        </Notice>
      )}
      {query.isLoading && <LoadingPanel height={260} label="Loading the comparison" />}
      {query.error && <Problem error={query.error} what="The comparison" onRetry={() => void query.refetch()} />}
      {query.data && <Comparison comparison={query.data} />}
    </Page>
  );
}

function Comparison({ comparison }: { comparison: BuildComparison }) {
  const { a, b, differences, phases, tests } = comparison;
  const nameA = nameOf(a, b);
  const nameB = nameOf(b, a);
  return (
    <>
      <div className={classes.sides}>
        <Side build={a} />
        <Side build={b} />
      </div>
      <Panel title="What differs" flush>
        {differences.length === 0 ? (
          <Empty icon={<IconEqual size={34} stroke={1.3} />} title="Nothing differs">
            Both were built from the same source with the same settings.
          </Empty>
        ) : (
          <DataTable
            label="Differences"
            items={differences}
            rowKey={({ field }) => field}
            columns={[
              { name: 'What', wide: true, render: ({ field }) => <b>{field}</b> },
              { name: nameA, labelled: true, className: classes.value, render: (each) => <Value value={each.a} /> },
              { name: nameB, labelled: true, className: classes.value, render: (each) => <Value value={each.b} /> },
            ]}
          />
        )}
      </Panel>
      {phases.length > 0 && (
        <Panel title="Phases" flush>
          <DataTable
            label="Phases"
            items={phases}
            rowKey={({ name }) => name}
            columns={[
              { name: 'Phase', wide: true, render: ({ name }) => phaseLabel(name) },
              { name: nameA, right: true, labelled: true, render: ({ a_seconds: seconds }) => spanWords(seconds) },
              { name: nameB, right: true, labelled: true, render: ({ b_seconds: seconds }) => spanWords(seconds) },
              {
                name: 'Change',
                right: true,
                labelled: true,
                render: ({ a_seconds: from, b_seconds: to }) => <Change from={from} to={to} />,
              },
            ]}
          />
        </Panel>
      )}
      <TestChanges tests={tests} />
    </>
  );
}

function Side({ build }: { build: BuildView }) {
  return (
    <section className={classes.side} aria-label={`${build.project} ${build.number}`}>
      <div className={classes.sideHead}>
        <Link to="/builds/$id" params={{ id: build.id }}>
          {build.project} #{build.number}
        </Link>
        <BuildBadge status={build.status} />
      </div>
      <p>{build.failure?.message ?? build.status_reason}</p>
      <p className={cell.dim}>
        <TimeAgo at={build.created_at} /> by {build.created_by}
        {build.duration_seconds !== null && `, ${duration(build.duration_seconds * 1000)}`}
      </p>
    </section>
  );
}

function TestChanges({ tests }: { tests: BuildComparison['tests'] }) {
  const { newly_failing: failing, newly_passing: passing, added, removed } = tests;
  if (failing.length + passing.length + added + removed === 0) return null;
  return (
    <Panel title="Tests" note={`${added} added, ${removed} removed`}>
      <div className={classes.tests}>
        <Names title={`Newly failing: ${failing.length}`} names={failing} tone="bad" />
        <Names title={`Newly passing: ${passing.length}`} names={passing} tone="good" />
      </div>
    </Panel>
  );
}

function Names({ title, names, tone }: { title: string; names: readonly string[]; tone: 'good' | 'bad' }) {
  if (names.length === 0) return null;
  return (
    <div data-tone={tone}>
      <h3 className={classes.testsTitle}>{title}</h3>
      <ul className={classes.names}>
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </div>
  );
}

function Change({ from, to }: { from: number | null; to: number | null }) {
  if (from === null || to === null || Math.abs(to - from) < 0.1) return <span className={cell.dim}>–</span>;
  const slower = to > from;
  return (
    <span className={classes.change} data-tone={slower ? 'bad' : 'good'}>
      {slower ? '+' : '−'}
      {duration(Math.abs(to - from) * 1000)}
    </span>
  );
}

function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === '') return <span className={cell.dim}>none</span>;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return <>{String(value)}</>;
  return <code>{JSON.stringify(value)}</code>;
}

const spanWords = (seconds: number | null): string => (seconds === null ? '' : duration(seconds * 1000));
/** Builds of one project are told apart by number, of two by both. */
const nameOf = (build: BuildView, other: BuildView): string =>
  build.project === other.project ? `#${build.number}` : `${build.project} #${build.number}`;
