/** Infrastructure: its environments, what was run for them, and each of both. */
import type { RunKind, RunStatus } from '@aws-deployer/platform/contracts/infra';
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { isRunKind, isRunStatus } from '../../infra/statuses.js';
import { signedIn } from './frame.js';
import { searchOf, text } from './search-params.js';

const environment = createRoute({
  getParentRoute: () => signedIn,
  path: '/infrastructure/environments/$name',
  component: lazyRouteComponent(() => import('../../infra/environment-layout.js'), 'EnvironmentLayout'),
});
const environmentPages = [
  createRoute({
    getParentRoute: () => environment,
    path: '/',
    component: lazyRouteComponent(() => import('../../infra/overview-page.js'), 'OverviewPage'),
  }),
  createRoute({
    getParentRoute: () => environment,
    path: '/runs',
    component: lazyRouteComponent(() => import('../../infra/environment-runs-page.js'), 'EnvironmentRunsPage'),
  }),
  createRoute({
    getParentRoute: () => environment,
    path: '/versions',
    component: lazyRouteComponent(() => import('../../infra/versions-page.js'), 'VersionsPage'),
  }),
  createRoute({
    getParentRoute: () => environment,
    path: '/drift',
    component: lazyRouteComponent(() => import('../../infra/drift-page.js'), 'DriftPage'),
  }),
  createRoute({
    getParentRoute: () => environment,
    path: '/checks',
    component: lazyRouteComponent(() => import('../../infra/checks-page.js'), 'ChecksPage'),
  }),
  createRoute({
    getParentRoute: () => environment,
    path: '/settings',
    component: lazyRouteComponent(() => import('../../infra/settings-page.js'), 'SettingsPage'),
  }),
] as const;

export const infraPages = [
  createRoute({
    getParentRoute: () => signedIn,
    path: '/infrastructure',
    component: lazyRouteComponent(() => import('../../infra/environments-page.js'), 'EnvironmentsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/infrastructure/new',
    component: lazyRouteComponent(() => import('../../infra/environment-form-page.js'), 'NewEnvironmentPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/infrastructure/runs',
    validateSearch: (search): { environment?: string; kind?: RunKind; status?: RunStatus } => {
      const kind = text(search['kind']);
      const status = text(search['status']);
      return {
        ...searchOf(search, ['environment']),
        ...(kind !== undefined && isRunKind(kind) ? { kind } : {}),
        ...(status !== undefined && isRunStatus(status) ? { status } : {}),
      };
    },
    component: lazyRouteComponent(() => import('../../infra/runs-page.js'), 'RunsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/infrastructure/runs/$id',
    component: lazyRouteComponent(() => import('../../infra/run-page.js'), 'RunPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/infrastructure/environments/$name/edit',
    component: lazyRouteComponent(() => import('../../infra/environment-form-page.js'), 'EditEnvironmentPage'),
  }),
  environment.addChildren([...environmentPages]),
] as const;
