/** The settings: one frame, a page each. */
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { signedIn } from './frame.js';

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: '/settings',
  component: lazyRouteComponent(() => import('../../settings/settings-layout.js'), 'SettingsLayout'),
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
    component: lazyRouteComponent(() => import('../../settings/tokens-page.js'), 'TokensPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/environments',
    component: lazyRouteComponent(() => import('../../settings/environments-page.js'), 'EnvironmentsPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/secrets',
    component: lazyRouteComponent(() => import('../../settings/secrets-page.js'), 'SecretsPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/registries',
    component: lazyRouteComponent(() => import('../../settings/registries-page.js'), 'RegistriesPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/cloud-accounts',
    component: lazyRouteComponent(() => import('../../settings/cloud-accounts-page.js'), 'CloudAccountsPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/users',
    component: lazyRouteComponent(() => import('../../settings/users-page.js'), 'UsersPage'),
  }),
  createRoute({
    getParentRoute: () => settings,
    path: '/engines',
    component: lazyRouteComponent(() => import('../../settings/engines-page.js'), 'EnginesPage'),
  }),
] as const;

export const settingsRoutes = settings.addChildren([settingsHome, ...settingsPages]);
