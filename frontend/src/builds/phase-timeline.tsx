/** The phases below each other, each a bar where and as long as it was in time; a running one grows. */
import type { BuildPhaseView } from '@aws-deployer/platform/contracts/builds';
import { useNow } from '../ui/use-now.js';
import { duration } from '../ui/words.js';
import { barsOf } from './phase-bars.js';
import { phaseFace, phaseLabel } from './statuses.js';
import classes from './phase-timeline.module.css';

export function PhaseTimeline({ phases }: { phases: readonly BuildPhaseView[] }) {
  const running = phases.some(({ status, ended_at: end }) => status === 'in_progress' && end === null);
  const now = useNow(running ? 500 : null);
  return (
    <ol className={classes.phases} aria-label="Phases">
      {barsOf(phases, now).map(({ phase, from, width, ms }) => {
        const { word, tone } = phaseFace(phase.status);
        return (
          <li key={phase.name} className={classes.phase} data-tone={tone} data-status={phase.status}>
            <span className={classes.name}>{phaseLabel(phase.name)}</span>
            <span className={classes.lane} aria-hidden>
              <span className={classes.bar} style={{ left: `${from}%`, width: `${width}%` }} />
            </span>
            <span className={classes.time}>{ms === null ? '' : duration(ms)}</span>
            <span className={classes.word}>{word}</span>
            {phase.message !== null && phase.message !== '' && <span className={classes.message}>{phase.message}</span>}
          </li>
        );
      })}
    </ol>
  );
}
