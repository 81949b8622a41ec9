/** One line of places above pages that belong together; those that the person may not see are left out. */
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation, type LinkProps } from '@tanstack/react-router';
import { useEffect, useRef, type RefObject } from 'react';
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
  const line = useTabInView(me.data);
  return (
    <nav className={classes.tabs} aria-label={label} ref={line}>
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

/** For the line of tabs: on a narrow screen it is longer than it shows, and the place one is at must not be out of sight. */
export function useTabInView(drawnAnew?: unknown): RefObject<HTMLElement | null> {
  const line = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    const [nav, tab] = [line.current, line.current?.querySelector<HTMLElement>('[aria-current="page"]')];
    if (nav && tab) nav.scrollLeft = tab.offsetLeft - nav.offsetLeft - (nav.clientWidth - tab.offsetWidth) / 2;
  }, [pathname, drawnAnew]);
  return line;
}
