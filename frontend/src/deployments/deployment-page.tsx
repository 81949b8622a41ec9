/** One deployment, live: why it failed before all else, then its state, stages, numbers, pods and log. */
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { deploymentLogsPath } from '../api/deployments.js';
import { GatesPanel } from '../builds/gates-panel.js';
import { isAbsent } from '../api/problem.js';
import { LiveMark } from '../live/live-mark.js';
import { LoadingPanel, Notice, Problem } from '../ui/feedback.js';
import { NotFound } from '../ui/not-found.js';
import { Page } from '../ui/page.js';
import { Panel } from '../ui/panel.js';
import { readable } from '../ui/words.js';
import { DeploymentActions } from './deployment-actions.js';
import { DeploymentChanges, DeploymentWarnings } from './deployment-changes.js';
import { DeploymentSummary } from './deployment-summary.js';
import { PodsTable } from './pods-table.js';
import { RolloutNumbers } from './rollout-numbers.js';
import { StageTrack } from './stage-track.js';
import { StateBadge } from './state-badge.js';
import { faceOf, isEnded, stageLabel } from './states.js';
import { useLiveDeployment } from './use-live-deployment.js';
import { VerdictPanel } from './verdict-panel.js';
import classes from './deployment-page.module.css';

const LogViewer = lazy(async () => ({ default: (await import('../logs/log-viewer.js')).LogViewer }));
const route = getRouteApi('/signed-in/deployments/$id');

export function DeploymentPage() {
  const { id } = route.useParams();
  const { deployment, pods, problem, status, retry } = useLiveDeployment(id);
  if (!deployment) {
    if (problem && isAbsent(problem)) return <NotFound what="deployment" name={id} />;
    return (
      <Page title="Deployment">
        {problem ? (
          <Problem error={problem} what="The deployment" onRetry={retry} />
        ) : (
          <>
            <LoadingPanel height={150} label="Loading the deployment" />
            <LoadingPanel height={120} label="Loading its stages" />
            <LoadingPanel height={320} label="Loading its log" />
          </>
        )}
      </Page>
    );
  }
  return (
    <Page
      title={`${deployment.application}: ${faceOf(deployment.state).label}`}
      heading={<Heading deployment={deployment} />}
      actions={<DeploymentActions deployment={deployment} />}
    >
      <p className={classes.sentence} data-tone={faceOf(deployment.state).tone} aria-live="polite">
        <StateBadge state={deployment.state} large />
        <span className={classes.reason} title={deployment.state_reason}>
          {readable(deployment.state_reason)}
        </span>
        {!isEnded(deployment.state) && <LiveMark status={status} />}
      </p>
      <VerdictPanel deployment={deployment} />
      <DeploymentWarnings deployment={deployment} />
      <Panel>
        <StageTrack stages={deployment.stages} state={deployment.state} />
      </Panel>
      {deployment.base_substituted !== null && (
        <Notice tone="warn" title={`The base image ${deployment.base_substituted} was substituted`}>
          It could not be pulled on this machine, so a base put together from the host’s own runtime stands in for it.
        </Notice>
      )}
      <DeploymentSummary deployment={deployment} />
      <GatesPanel gates={deployment.gates} />
      {deployment.rollout.requests > 0 && (
        <Panel title="Rollout" note="what a prober saw at the address, ten times a second" flush>
          <RolloutNumbers rollout={deployment.rollout} />
        </Panel>
      )}
      {pods && pods.length > 0 && (
        <Panel title="Pods" flush>
          <PodsTable pods={pods} />
        </Panel>
      )}
      <DeploymentChanges deployment={deployment} />
      <Suspense fallback={<LoadingPanel height={420} label="Loading the log" />}>
        <LogViewer
          path={deploymentLogsPath(deployment.id)}
          fileName={`${deployment.application}-${deployment.id.slice(0, 8)}.log`}
          partLabel={stageLabel}
        />
      </Suspense>
    </Page>
  );
}

function Heading({ deployment }: { deployment: DeploymentView }) {
  return (
    <span className={classes.heading}>
      {deployment.application}
      <span className={classes.environment}>{deployment.environment}</span>
    </span>
  );
}
