/** Every address of the console, area by area. A page's code is loaded when it is first visited (or its link is pointed at). */
import { createRoute, createRouter, type RouterHistory } from '@tanstack/react-router';
import { whenSignedOut } from '../api/client.js';
import { meQuery } from '../api/session.js';
import { NotFound } from '../ui/not-found.js';
import { PageFailed } from './page-failed.js';
import { queryClient } from './query-client.js';
import { applicationPages } from './routes/application-routes.js';
import { awsPages } from './routes/aws-routes.js';
import { buildPages } from './routes/build-routes.js';
import { backTo, login, root, signedIn } from './routes/frame.js';
import { infraPages } from './routes/infra-routes.js';
import { recordPages } from './routes/record-routes.js';
import { settingsRoutes } from './routes/settings-routes.js';

const nowhere = createRoute({
  getParentRoute: () => signedIn,
  path: '$',
  component: () => <NotFound what="page" />,
});

const routeTree = root.addChildren([
  login,
  signedIn.addChildren([
    ...applicationPages,
    ...recordPages,
    ...buildPages,
    ...awsPages,
    ...infraPages,
    nowhere,
    settingsRoutes,
  ]),
]);

/** One router for a page's life; a test gives it a history of its own. */
export function createConsoleRouter(history?: RouterHistory) {
  const router = createRouter({
    routeTree,
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: PageFailed,
    ...(history ? { history } : {}),
  });
  // A session that ends while a page is open: to the login, and back to the very page after it.
  whenSignedOut(() => {
    const { location } = router.state;
    queryClient.removeQueries({ queryKey: meQuery.queryKey });
    if (location.pathname !== '/login') void router.navigate({ to: '/login', search: backTo(location.href) });
  });
  return router;
}
export type ConsoleRouter = ReturnType<typeof createConsoleRouter>;

declare module '@tanstack/react-router' {
  interface Register {
    router: ConsoleRouter;
  }
}
