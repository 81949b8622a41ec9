/** The places of infrastructure. */
import { PlaceTabs } from '../ui/place-tabs.js';

export const InfraTabs = () => (
  <PlaceTabs
    label="Infrastructure"
    places={[
      { to: '/infrastructure', label: 'Environments', permission: 'infra:read', exact: true },
      { to: '/infrastructure/runs', label: 'Runs', permission: 'infra:read' },
    ]}
  />
);
