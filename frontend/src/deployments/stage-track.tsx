/** The stages as a line of stations, the running one moving, the rollback as a way back. */
import type { DeploymentState, StageView } from '@aws-deployer/platform/contracts/deployments';
import { IconArrowBackUp, IconCheck, IconMinus, IconX } from '@tabler/icons-react';
import { useNow } from '../ui/use-now.js';
import { duration } from '../ui/words.js';
import { trackOf, trackSentence, type TrackStatus, type TrackStep } from './stage-track-model.js';
import { isEnded } from './states.js';
import classes from './stage-track.module.css';

const OUTCOME_WORDS: Readonly<Record<TrackStatus, string>> = {
  ahead: 'to come',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  skipped: 'not run',
};

export function StageTrack({ stages, state }: { stages: readonly StageView[]; state: DeploymentState }) {
  const now = useNow(isEnded(state) ? null : 250);
  const track = trackOf(stages, state, now);
  return (
    <div className={classes.scroller}>
      <p className={classes.spoken} aria-live="polite">
        {trackSentence(track)}
      </p>
      <ol className={classes.track} aria-label="Stages">
        {track.forward.map((step) => (
          <Station key={step.name} step={step} />
        ))}
        {track.back && <Station step={track.back} back />}
      </ol>
    </div>
  );
}

function Station({ step, back = false }: { step: TrackStep; back?: boolean }) {
  return (
    <li className={classes.station} data-status={step.status} data-back={back}>
      <span className={classes.rail} aria-hidden />
      <span className={classes.node} aria-hidden>
        <StationIcon status={step.status} back={back} />
      </span>
      <span className={classes.label}>{step.label}</span>
      <span className={classes.time}>
        <span className={classes.spoken}>{OUTCOME_WORDS[step.status]} </span>
        {step.durationMs === null ? (step.status === 'skipped' ? 'not run' : ' ') : duration(step.durationMs)}
      </span>
    </li>
  );
}

function StationIcon({ status, back }: { status: TrackStatus; back: boolean }) {
  if (status === 'failed') return <IconX size={15} stroke={2.6} />;
  if (back) return <IconArrowBackUp size={15} stroke={2.4} />;
  if (status === 'succeeded') return <IconCheck size={15} stroke={2.8} />;
  if (status === 'cancelled' || status === 'skipped') return <IconMinus size={14} stroke={2.4} />;
  return null;
}
