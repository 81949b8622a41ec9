/** The settings: one line of places above each of its pages. */
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { may, meQuery } from '../api/session.js';
import { Page } from '../ui/page.js';
import classes from './settings.module.css';

const TABS = [
  { to: '/settings/tokens', label: 'API tokens', permission: 'token:own' },
  { to: '/settings/secrets', label: 'Secrets', permission: 'secret:read' },
  { to: '/settings/registries', label: 'Registries', permission: 'registry:read' },
  { to: '/settings/users', label: 'Users', permission: 'user:read' },
  { to: '/settings/engines', label: 'Engines', permission: 'deployment:read' },
] as const;

export function SettingsLayout() {
  const me = useQuery(meQuery);
  return (
    <Page title="Settings">
      <nav className={classes.tabs} aria-label="Settings">
        {TABS.filter(({ permission }) => may(me.data, permission)).map(({ to, label }) => (
          <Link key={to} to={to} className={classes.tab ?? ''}>
            {label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </Page>
  );
}
