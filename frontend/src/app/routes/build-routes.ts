/** Builds, their queue and usage, and the projects that they are of. */
import type { BuildStatus } from '@aws-deployer/platform/contracts/builds';
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { isBuildStatus } from '../../builds/statuses.js';
import { signedIn } from './frame.js';
import { searchOf, text } from './search-params.js';

export const buildPages = [
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
    component: lazyRouteComponent(() => import('../../builds/builds-page.js'), 'BuildsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/$id',
    component: lazyRouteComponent(() => import('../../builds/build-page.js'), 'BuildPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/queue',
    component: lazyRouteComponent(() => import('../../builds/queue-page.js'), 'QueuePage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/usage',
    validateSearch: (search) => searchOf(search, ['days']),
    component: lazyRouteComponent(() => import('../../builds/usage-page.js'), 'UsagePage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/compare',
    validateSearch: (search) => searchOf(search, ['a', 'b']),
    component: lazyRouteComponent(() => import('../../builds/compare-page.js'), 'ComparePage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/projects',
    validateSearch: (search) => searchOf(search, ['q', 'account', 'team']),
    component: lazyRouteComponent(() => import('../../build-projects/projects-page.js'), 'ProjectsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/projects/new',
    component: lazyRouteComponent(() => import('../../build-projects/project-form-page.js'), 'NewProjectPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/projects/$name',
    component: lazyRouteComponent(() => import('../../build-projects/project-page.js'), 'ProjectPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/builds/projects/$name/edit',
    component: lazyRouteComponent(() => import('../../build-projects/project-form-page.js'), 'EditProjectPage'),
  }),
] as const;
