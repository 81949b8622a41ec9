/** The frame of every page: its heading, a lead sentence, its actions. Sets the document's title. */
import { useEffect, type ReactNode } from 'react';
import classes from './page.module.css';

export interface PageProps {
  readonly title: string;
  readonly heading?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly narrow?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, heading, lead, actions, narrow = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · AWS Deployer`;
  }, [title]);
  return (
    <div className={`${classes.page} ${narrow ? classes.narrow : ''}`}>
      <header className={classes.head}>
        <div className={classes.words}>
          <h1 className={classes.title}>{heading ?? title}</h1>
          {lead !== undefined && <p className={classes.lead}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
