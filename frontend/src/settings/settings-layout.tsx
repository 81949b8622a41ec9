/** The settings: one line of places above each of its pages. */
import { Outlet } from '@tanstack/react-router';
import { Page } from '../ui/page.js';
import { PlaceTabs } from '../ui/place-tabs.js';

const TABS = [
  { to: '/settings/tokens', label: 'API tokens', permission: 'token:own' },
  { to: '/settings/environments', label: 'Environments', permission: 'environment:read' },
  { to: '/settings/secrets', label: 'Secrets', permission: 'secret:read' },
  { to: '/settings/registries', label: 'Registries', permission: 'registry:read' },
  { to: '/settings/cloud-accounts', label: 'Cloud accounts', permission: 'aws:read' },
  { to: '/settings/users', label: 'Users', permission: 'user:read' },
  { to: '/settings/engines', label: 'Engines', permission: 'deployment:read' },
] as const;

export function SettingsLayout() {
  return (
    <Page title="Settings">
      <PlaceTabs label="Settings" places={TABS} />
      <Outlet />
    </Page>
  );
}
