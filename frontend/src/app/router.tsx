/** Every address of the console. A page's code is loaded when it is first visited (or its link is pointed at). */
import type { BuildStatus } from '@aws-deployer/platform/contracts/builds';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  type RouterHistory,
} from '@tanstack/react-router';
import { whenSignedOut } from '../api/client.js';
import { asApiError } from '../api/problem.js';
import { meQuery } from '../api/session.js';
import { isBuildStatus } from '../builds/statuses.js';
import { isState } from '../deployments/states.js';
import { NotFound } from '../ui/not-found.js';
import { PageFailed } from './page-failed.js';
import { queryClient } from './query-client.js';
import { Shell } from './shell.js';

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
/** Leaves out what is undefined, so that addresses stay short. */
const searchOf = <K extends string>(search: Record<string, unknown>, keys: readonly K[]): { [key in K]?: string } =>
  Object.fromEntries(keys.flatMap((key) => (text(search[key]) === undefined ? [] : [[key, text(search[key])]]))) as {
    [key in K]?: string;
  };
const RECORD_KEYS = ['q', 'user_id', 'service', 'action_type', 'outcome', 'target', 'from', 'to'] as const;

const root = createRootRoute({ component: Outlet, notFoundComponent: () => <NotFound what="page" /> });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search) => searchOf(search, ['redirect']),
  component: lazyRouteComponent(() => import('../login/login-page.js'), 'LoginPage'),
});

const signedIn = createRoute({
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

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    redirect({ to: '/applications', replace: true, throw: true });
  },
});
const applications = createRoute({
  getParentRoute: () => signedIn,
  path: '/applications',
  validateSearch: (search) => searchOf(search, ['q']),
  component: lazyRouteComponent(() => import('../applications/applications-page.js'), 'ApplicationsPage'),
});
const application = createRoute({
  getParentRoute: () => signedIn,
  path: '/applications/$name',
  component: lazyRouteComponent(() => import('../applications/application-page.js'), 'ApplicationPage'),
});
const deploy = createRoute({
  getParentRoute: () => signedIn,
  path: '/deploy',
  validateSearch: (search) => searchOf(search, ['from', 'application', 'environment']),
  component: lazyRouteComponent(() => import('../deploy/deploy-page.js'), 'DeployPage'),
});
const deployments = createRoute({
  getParentRoute: () => signedIn,
  path: '/deployments',
  validateSearch: (
    search,
  ): { application?: string; environment?: string; state?: DeploymentState; active?: boolean } => {
    const state = text(search['state']);
    return {
      ...searchOf(search, ['application', 'environment']),
      ...(state !== undefined && isState(state) ? { state } : {}),
      ...(search['active'] === true ? { active: true } : {}),
    };
  },
  component: lazyRouteComponent(() => import('../deployments/deployments-page.js'), 'DeploymentsPage'),
});
const deployment = createRoute({
  getParentRoute: () => signedIn,
  path: '/deployments/$id',
  component: lazyRouteComponent(() => import('../deployments/deployment-page.js'), 'DeploymentPage'),
});
const activity = createRoute({
  getParentRoute: () => signedIn,
  path: '/activity',
  validateSearch: (search) => searchOf(search, RECORD_KEYS),
  component: lazyRouteComponent(() => import('../activity/activity-page.js'), 'ActivityPage'),
});
const audit = createRoute({
  getParentRoute: () => signedIn,
  path: '/audit',
  validateSearch: (search) => searchOf(search, RECORD_KEYS),
  component: lazyRouteComponent(() => import('../audit/audit-page.js'), 'AuditPage'),
});
const services = createRoute({
  getParentRoute: () => signedIn,
  path: '/services',
  component: lazyRouteComponent(() => import('../services/services-page.js'), 'ServicesPage'),
});

const buildPages = [
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds',
    validateSearch: (
      search,
    ): { project?: string; team?: string; batch?: string; status?: BuildStatus; active?: boolean } => {
      const status = text(search['status']);
      return {
        ...searchOf(search, ['project', 'team', 'batch']),
        ...(status !== undefined && isBuildStatus(status) ? { status } : {}),
        ...(search['active'] === true ? { active: true } : {}),
      };
    },
    component: lazyRouteComponent(() => import('../builds/builds-page.js'), 'BuildsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/$id',
    component: lazyRouteComponent(() => import('../builds/build-page.js'), 'BuildPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/queue',
    component: lazyRouteComponent(() => import('../builds/queue-page.js'), 'QueuePage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/usage',
    validateSearch: (search) => searchOf(search, ['days']),
    component: lazyRouteComponent(() => import('../builds/usage-page.js'), 'UsagePage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/compare',
    validateSearch: (search) => searchOf(search, ['a', 'b']),
    component: lazyRouteComponent(() => import('../builds/compare-page.js'), 'ComparePage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/projects',
    validateSearch: (search) => searchOf(search, ['q', 'account', 'team']),
    component: lazyRouteComponent(() => import('../build-projects/projects-page.js'), 'ProjectsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/projects/new',
    component: lazyRouteComponent(() => import('../build-projects/project-form-page.js'), 'NewProjectPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/projects/$name',
    component: lazyRouteComponent(() => import('../build-projects/project-page.js'), 'ProjectPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/projects/$name/edit',
    component: lazyRouteComponent(() => import('../build-projects/project-form-page.js'), 'EditProjectPage'),
  }),
] as const;

const awsPages = [
  createRoute({
    getParentRoute: () => signedIn,
    path: '/aws',
    validateSearch: (search) => searchOf(search, ['q', 'service', 'operation', 'account', 'region']),
    component: lazyRouteComponent(() => import('../aws/aws-page.js'), 'AwsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/images',
    validateSearch: (search) => searchOf(search, ['q', 'account', 'region']),
    component: lazyRouteComponent(() => import('../images/repositories-page.js'), 'RepositoriesPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/images/repository',
    validateSearch: (search) => searchOf(search, ['repository', 'account', 'region']),
    component: lazyRouteComponent(() => import('../images/repository-page.js'), 'RepositoryPage'),
  }),
] as const;

const nowhere = createRoute({
  getParentRoute: () => signedIn,
  path: '$',
  component: () => <NotFound what="page" />,
});

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: '/settings',
  component: lazyRouteComponent(() => import('../settings/settings-layout.js'), 'SettingsLayout'),
});
const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    redirect({ to: '/settings/tokens', replace: true, throw: true });
  },
});
const settingsPages = [
  createRoute({
    getParentRoute: () => settings,
    path: '/tokens',
    component: lazyRouteComponent(() => import('../settings/tokens-page.js'), 'TokensPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/secrets',
    component: lazyRouteComponent(() => import('../settings/secrets-page.js'), 'SecretsPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/registries',
    component: lazyRouteComponent(() => import('../settings/registries-page.js'), 'RegistriesPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/cloud-accounts',
    component: lazyRouteComponent(() => import('../settings/cloud-accounts-page.js'), 'CloudAccountsPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/users',
    component: lazyRouteComponent(() => import('../settings/users-page.js'), 'UsersPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/engines',
    component: lazyRouteComponent(() => import('../settings/engines-page.js'), 'EnginesPage'),
  }),
] as const;

const routeTree = root.addChildren([
  login,
  signedIn.addChildren([
    home,
    applications,
    application,
    deploy,
    deployments,
    deployment,
    activity,
    audit,
    services,
    ...buildPages,
    ...awsPages,
    nowhere,
    settings.addChildren([settingsHome, ...settingsPages]),
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

/** Where to return to after the login; the start page needs no mention. */
function backTo(href: string): { redirect?: string } {
  return href === '/' || href === '/applications' ? {} : { redirect: href };
}
