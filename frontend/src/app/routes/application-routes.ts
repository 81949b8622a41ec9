/** Applications, their deployments, and the form that starts one. */
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { isState } from '../../deployments/states.js';
import { signedIn } from './frame.js';
import { searchOf, text } from './search-params.js';

export const applicationPages = [
  createRoute({
    getParentRoute: () => signedIn,
    path: '/',
    beforeLoad: () => {
      redirect({ to: '/applications', replace: true, throw: true });
    },
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/applications',
    validateSearch: (search) => searchOf(search, ['q']),
    component: lazyRouteComponent(() => import('../../applications/applications-page.js'), 'ApplicationsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/applications/$name',
    component: lazyRouteComponent(() => import('../../applications/application-page.js'), 'ApplicationPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/deploy',
    validateSearch: (search) => searchOf(search, ['from', 'application', 'environment']),
    component: lazyRouteComponent(() => import('../../deploy/deploy-page.js'), 'DeployPage'),
  }),
  createRoute({
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
    component: lazyRouteComponent(() => import('../../deployments/deployments-page.js'), 'DeploymentsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/deployments/$id',
    component: lazyRouteComponent(() => import('../../deployments/deployment-page.js'), 'DeploymentPage'),
  }),
] as const;
