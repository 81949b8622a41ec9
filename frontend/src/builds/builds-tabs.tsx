/** The places of the build service. */
import { PlaceTabs } from '../ui/place-tabs.js';

const PLACES = [
  { to: '/builds', label: 'Builds', permission: 'build:read', exact: true },
  { to: '/builds/projects', label: 'Projects', permission: 'build:read' },
  { to: '/builds/queue', label: 'Queue', permission: 'build:read' },
  { to: '/builds/usage', label: 'Usage', permission: 'build:read' },
] as const;

export function BuildsTabs() {
  return <PlaceTabs label="Builds" places={PLACES} />;
}
