/** A state as a word with its tone; what moves, turns. */
import type { Tone } from './tone.js';
import classes from './status-badge.module.css';

export interface Face {
  readonly label: string;
  readonly tone: Tone;
  /** Work goes on: the mark moves. */
  readonly moving: boolean;
  readonly end: boolean;
}

export function StatusBadge({ face, state, large = false }: { face: Face; state: string; large?: boolean }) {
  return (
    <span className={classes.badge} data-tone={face.tone} data-large={large} data-state={state}>
      <span className={classes.dot} data-tone={face.tone} data-moving={face.moving} aria-hidden />
      {face.label}
    </span>
  );
}
