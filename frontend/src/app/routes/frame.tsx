/** What every page stands in: the login without the shell, all else with it, for those who are signed in. */
import { createRootRoute, createRoute, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { asApiError } from '../../api/problem.js';
import { meQuery } from '../../api/session.js';
import { NotFound } from '../../ui/not-found.js';
import { PageFailed } from '../page-failed.js';
import { queryClient } from '../query-client.js';
import { Shell } from '../shell.js';
import { searchOf } from './search-params.js';

export const root = createRootRoute({ component: Outlet, notFoundComponent: () => <NotFound what="page" /> });

export const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search) => searchOf(search, ['redirect']),
  component: lazyRouteComponent(() => import('../../login/login-page.js'), 'LoginPage'),
});

export const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (asApiError(error).status === 401) redirect({ to: '/login', search: backTo(location.href), throw: true });
      throw error;
    }
  },
  component: Shell,
  errorComponent: PageFailed,
});

/** Where to return to after the login; the start page needs no mention. */
export function backTo(href: string): { redirect?: string } {
  return href === '/' || href === '/applications' ? {} : { redirect: href };
}
