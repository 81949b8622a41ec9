/** AWS: operations, and the images in ECR. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedIn } from './frame.js';
import { searchOf } from './search-params.js';

export const awsPages = [
  createRoute({
    getParentRoute: () => signedIn,
    path: '/aws',
    validateSearch: (search) => searchOf(search, ['q', 'service', 'operation', 'account', 'region']),
    component: lazyRouteComponent(() => import('../../aws/aws-page.js'), 'AwsPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/images',
    validateSearch: (search) => searchOf(search, ['q', 'account', 'region']),
    component: lazyRouteComponent(() => import('../../images/repositories-page.js'), 'RepositoriesPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/images/repository',
    validateSearch: (search) => searchOf(search, ['repository', 'account', 'region']),
    component: lazyRouteComponent(() => import('../../images/repository-page.js'), 'RepositoryPage'),
  }),
] as const;
