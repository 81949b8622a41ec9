/**
 * One run, live. Of a plan: what it would do, what that costs, and the gate. Of an apply: each resource as it goes, and what
 * it left. Of a look for drift: what was changed outside of Terraform. Why it failed comes before all else.
 */
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { infraRunEventsPath, infraRunLogPath, infraRunQuery } from '../api/infra.js';
import { isAbsent } from '../api/problem.js';
import { LiveMark } from '../live/live-mark.js';
import { LoadingPanel, Notice, Problem } from '../ui/feedback.js';
import { NotFound } from '../ui/not-found.js';
import { Page } from '../ui/page.js';
import { StatusBadge } from '../ui/status-badge.js';
import { capital, stop } from '../ui/words.js';
import { ApprovalPanel } from './approval-panel.js';
import { CostPanel } from './cost-panel.js';
import { OrphansPanel } from './orphans-panel.js';
import { OutputsPanel } from './outputs-panel.js';
import { PlanChanges } from './plan-changes.js';
import { PlanCounts } from './plan-counts.js';
import { ResourceProgress } from './resource-progress.js';
import { RunActions } from './run-actions.js';
import { RunFacts } from './run-facts.js';
import { RunFailure } from './run-failure.js';
import { RunTrack } from './run-track.js';
import { SweepPanel } from './sweep-panel.js';
import { isRunEnded, kindLabel, phaseLabel, runFace } from './statuses.js';
import { useLiveRun, type LiveRun } from './use-live-run.js';
import classes from './run-page.module.css';

const LogViewer = lazy(async () => ({ default: (await import('../logs/log-viewer.js')).LogViewer }));
const route = getRouteApi('/signed-in/infrastructure/runs/$id');

export function RunPage() {
  const { id } = route.useParams();
  return <Run key={id} id={id} />;
}

function Run({ id }: { id: string }) {
  const live = useLiveRun(id);
  const { run, problem, status, retry } = live;
  if (!run) {
    if (problem && isAbsent(problem)) return <NotFound what="run" name={id} />;
    return (
      <Page title="Run">
        {problem ? (
          <Problem error={problem} what="The run" onRetry={retry} />
        ) : (
          <>
            <LoadingPanel height={70} label="Loading the run" />
            <LoadingPanel height={260} label="Loading its plan" />
          </>
        )}
      </Page>
    );
  }
  const face = runFace(run);
  return (
    <Page
      title={`${kindLabel(run.kind)} of ${run.environment}: ${face.label}`}
      heading={<Heading run={run} />}
      actions={<RunActions run={run} />}
    >
      <p className={classes.sentence} data-tone={face.tone} aria-live="polite">
        <StatusBadge face={face} state={run.status} large />
        {run.failure === null && <span className={classes.reason}>{sentenceOf(run)}</span>}
        {!isRunEnded(run.status) && <LiveMark status={status} />}
      </p>
      <RunTrack run={run} />
      <RunFailure run={run} />
      <LockNotice run={run} />
      <ApprovalPanel run={run} />
      {run.kind === 'apply' ? <Applied run={run} live={live} /> : <Planned run={run} />}
      <RunFacts run={run} />
      <Suspense fallback={<LoadingPanel height={420} label="Loading the log" />}>
        <LogViewer
          path={infraRunEventsPath(run.id)}
          fileName={`${run.environment}-${run.kind}.log`}
          partLabel={(part) => part}
          wholeLog={infraRunLogPath(run.id)}
        />
      </Suspense>
    </Page>
  );
}

function Heading({ run }: { run: InfraRunView }) {
  return (
    <span className={classes.heading}>
      <Link to="/infrastructure/environments/$name" params={{ name: run.environment }} className={classes.name ?? ''}>
        {run.environment}
      </Link>
      <span className={classes.kind}>{kindLabel(run.kind).toLowerCase()}</span>
    </span>
  );
}

function Planned({ run }: { run: InfraRunView }) {
  const { summary, cost, kind } = run;
  if (summary === null) return null;
  if (kind === 'drift')
    return (
      <PlanChanges
        title="What would bring it back"
        note="a look changes nothing; plan and approve to do it"
        changes={summary.changes}
        more={summary.more_changes}
      />
    );
  return (
    <>
      <PlanCounts summary={summary} cost={cost} />
      <PlanChanges title="Changes" changes={summary.changes} more={summary.more_changes} outputs={summary.outputs} />
      {run.sweep !== null && <SweepPanel sweep={run.sweep} ended={false} />}
      {summary.drift.length > 0 && (
        <PlanChanges
          title="Changed outside of Terraform"
          note="since the last apply; the plan above takes it into account"
          changes={summary.drift}
        />
      )}
      {cost !== null && <CostPanel cost={cost} />}
    </>
  );
}

function Applied({ run, live }: { run: InfraRunView; live: LiveRun }) {
  const plan = useQuery({ ...infraRunQuery(run.plan_run ?? ''), enabled: run.plan_run !== null });
  return (
    <>
      {run.orphans !== null && <OrphansPanel orphans={run.orphans} />}
      <OutputsPanel outputs={live.outputs} />
      <ResourceProgress run={run} planned={plan.data?.summary?.changes ?? []} progress={live.progress} />
      {run.sweep !== null && <SweepPanel sweep={run.sweep} ended={isRunEnded(run.status)} />}
    </>
  );
}

function LockNotice({ run }: { run: InfraRunView }) {
  const { lock } = run;
  if (lock === null) return null;
  return (
    <Notice tone="warn" title={`The state is locked by ${lock.who}`}>
      {lock.operation}, since {lock.created}. See who it is, and break it if nobody is there any more, on{' '}
      <Link to="/infrastructure/environments/$name" params={{ name: run.environment }}>
        the page of {run.environment}
      </Link>
      .
    </Notice>
  );
}

/** Where it stands, or how it ended. */
function sentenceOf({ status, phase, reason, kind }: InfraRunView): string {
  if (status === 'running' && phase !== null) return `${phaseLabel(phase)} …`;
  if (status === 'queued') return reason === '' ? 'Waits for the runs before it.' : capital(stop(reason));
  if (kind !== 'apply' && status === 'succeeded' && reason === '') return '';
  return capital(stop(reason));
}
