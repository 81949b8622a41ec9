/** What was done and how the services are. */
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedIn } from './frame.js';
import { searchOf } from './search-params.js';

const RECORD_KEYS = ['q', 'user_id', 'service', 'action_type', 'outcome', 'target', 'from', 'to'] as const;

export const recordPages = [
  createRoute({
    getParentRoute: () => signedIn,
    path: '/activity',
    validateSearch: (search) => searchOf(search, RECORD_KEYS),
    component: lazyRouteComponent(() => import('../../activity/activity-page.js'), 'ActivityPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/audit',
    validateSearch: (search) => searchOf(search, RECORD_KEYS),
    component: lazyRouteComponent(() => import('../../audit/audit-page.js'), 'AuditPage'),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: '/services',
    component: lazyRouteComponent(() => import('../../services/services-page.js'), 'ServicesPage'),
  }),
] as const;
