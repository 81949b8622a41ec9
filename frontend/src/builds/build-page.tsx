/** One build, live: why it failed before all else, then its place, phases, facts, gates, reports, artifacts and log. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { getRouteApi, Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { buildLogsPath, buildWholeLogPath } from '../api/builds.js';
import { isAbsent } from '../api/problem.js';
import { LiveMark } from '../live/live-mark.js';
import { LoadingPanel, Notice, Problem } from '../ui/feedback.js';
import { NotFound } from '../ui/not-found.js';
import { Page } from '../ui/page.js';
import { Panel } from '../ui/panel.js';
import { readable } from '../ui/words.js';
import { ArtifactsPanel } from './artifacts-panel.js';
import { BuildActions } from './build-actions.js';
import { BuildBadge } from './build-badge.js';
import { BuildSummary } from './build-summary.js';
import { FailurePanel } from './failure-panel.js';
import { GatesPanel } from './gates-panel.js';
import { PhaseTimeline } from './phase-timeline.js';
import { QueuePlaceNotice } from './queue-place.js';
import { ReportsPanel } from './reports-panel.js';
import { buildFace, isBuildEnded, phaseLabel } from './statuses.js';
import { useLiveBuild } from './use-live-build.js';
import classes from './build-page.module.css';

const LogViewer = lazy(async () => ({ default: (await import('../logs/log-viewer.js')).LogViewer }));
const route = getRouteApi('/signed-in/builds/$id');

export function BuildPage() {
  const { id } = route.useParams();
  const { build, problem, status, retry } = useLiveBuild(id);
  if (!build) {
    if (problem && isAbsent(problem)) return <NotFound what="build" name={id} />;
    return (
      <Page title="Build">
        {problem ? (
          <Problem error={problem} what="The build" onRetry={retry} />
        ) : (
          <>
            <LoadingPanel height={120} label="Loading the build" />
            <LoadingPanel height={260} label="Loading its phases" />
            <LoadingPanel height={320} label="Loading its log" />
          </>
        )}
      </Page>
    );
  }
  return (
    <Page
      title={`${build.project} #${build.number}: ${buildFace(build.status).label}`}
      heading={<Heading build={build} />}
      actions={<BuildActions build={build} />}
    >
      <p className={classes.sentence} data-tone={buildFace(build.status).tone} aria-live="polite">
        <BuildBadge status={build.status} large />
        {build.status_reason !== build.failure?.message && (
          <span className={classes.reason} title={build.status_reason}>
            {readable(build.status_reason)}
          </span>
        )}
        {!isBuildEnded(build.status) && <LiveMark status={status} />}
      </p>
      <FailurePanel build={build} />
      {build.queue && <QueuePlaceNotice place={build.queue} team={build.team} />}
      <RuntimeMarks build={build} />
      {build.phases.length > 0 && (
        <Panel title="Phases">
          <PhaseTimeline phases={build.phases} />
        </Panel>
      )}
      <BuildSummary build={build} />
      <GatesPanel gates={build.gates} />
      <ReportsPanel build={build} />
      <ArtifactsPanel build={build} />
      <Suspense fallback={<LoadingPanel height={420} label="Loading the log" />}>
        <LogViewer
          path={buildLogsPath(build.id)}
          fileName={`${build.project}-${build.number}.log`}
          partLabel={phaseLabel}
          wholeLog={buildWholeLogPath(build.id)}
        />
      </Suspense>
    </Page>
  );
}

function Heading({ build }: { build: BuildView }) {
  return (
    <span className={classes.heading}>
      <Link to="/builds/projects/$name" params={{ name: build.project }} className={classes.project ?? ''}>
        {build.project}
      </Link>
      <span className={classes.number}>#{build.number}</span>
    </span>
  );
}

/** How it ran, where that is less than what the project asked for. */
function RuntimeMarks({ build }: { build: BuildView }) {
  return (
    <>
      {build.runtime === 'host' && (
        <Notice
          tone="warn"
          title={`This build ${isBuildEnded(build.status) ? 'ran' : 'runs'} on the host, without isolation`}
        >
          No container engine answered on this machine, so its commands are processes of the machine itself, with its
          tools. On AWS CodeBuild the same buildspec runs in the project’s image.
        </Notice>
      )}
      {build.image_substituted !== null && (
        <Notice tone="warn" title={`The build image ${build.image_substituted} was substituted`}>
          It could not be pulled on this machine; the tools found here took its place. Versions may differ.
        </Notice>
      )}
      {build.attempt > 1 && (
        <Notice tone="warn" title={`This is attempt ${build.attempt}`}>
          The process that ran it before was ended; the build began again from its source.
        </Notice>
      )}
    </>
  );
}
