/** A sheet of paper on the page: a titled section with tools at its right. `flush` is for tables, which bring their own padding. */
import { useId, type ReactNode } from 'react';
import classes from './panel.module.css';

export interface PanelProps {
  readonly title?: ReactNode;
  readonly note?: ReactNode;
  readonly tools?: ReactNode;
  readonly flush?: boolean;
  readonly children: ReactNode;
}

export function Panel({ title, note, tools, flush = false, children }: PanelProps) {
  const headingId = useId();
  return (
    <section className={classes.panel} aria-labelledby={title === undefined ? undefined : headingId}>
      {title !== undefined && (
        <div className={classes.head}>
          <h2 id={headingId} className={classes.title}>
            {title}
          </h2>
          {note !== undefined && <span className={classes.note}>{note}</span>}
          {tools !== undefined && <div className={classes.tools}>{tools}</div>}
        </div>
      )}
      <div className={flush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}
