/** A small word with a tone. */
import type { ReactNode } from 'react';
import type { Tone } from './tone.js';
import classes from './chip.module.css';

export function Chip({ tone = 'mute', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={classes.chip} data-tone={tone}>
      {children}
    </span>
  );
}
