/** Facts in a grid: a name above each value. `Hash` shows a long one short, to copy whole. */
import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.js';
import classes from './facts.module.css';

export function Facts({ children }: { children: ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Hash({ full, short, what }: { full: string; short: string; what: string }) {
  return (
    <span className={classes.hash}>
      <code title={full}>{short}</code>
      <CopyButton value={full} what={what} size={20} />
    </span>
  );
}

export const fact = { clip: classes.clip ?? '', dim: classes.dim ?? '', tabular: classes.tabular ?? '' };
