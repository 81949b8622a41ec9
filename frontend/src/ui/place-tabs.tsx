/** One line of places above pages that belong together; those that the person may not see are left out. */
import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import { may, meQuery } from '../api/session.js';
import classes from './place-tabs.module.css';

export interface TabPlace {
  readonly to: NonNullable<LinkProps['to']>;
  readonly label: string;
  readonly permission: string;
  /** Marked on its very address only: its neighbours' addresses begin with it. */
  readonly exact?: boolean;
}

export function PlaceTabs({ label, places }: { label: string; places: readonly TabPlace[] }) {
  const me = useQuery(meQuery);
  return (
    <nav className={classes.tabs} aria-label={label}>
      {places
        .filter(({ permission }) => may(me.data, permission))
        .map(({ to, label: text, exact = false }) => (
          <Link key={to} to={to} activeOptions={{ exact, includeSearch: false }} className={classes.tab ?? ''}>
            {text}
          </Link>
        ))}
    </nav>
  );
}
