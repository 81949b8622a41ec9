/** All deployments, filtered by what the address says, so that a filtered list can be shared. */
import { Autocomplete, Button, Switch } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconRocket } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { environmentsQuery } from '../api/applications.js';
import { may, meQuery } from '../api/session.js';
import { Page } from '../ui/page.js';
import { DeploymentsPanel, StateSelect } from './deployments-panel.js';

const route = getRouteApi('/signed-in/deployments');

export function DeploymentsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(meQuery);
  const environments = useQuery(environmentsQuery);
  const [application, setApplication] = useState(search.application ?? '');
  const change = (next: { [K in keyof typeof search]?: (typeof search)[K] | undefined }) =>
    void navigate({
      search: (before) =>
        Object.fromEntries(
          Object.entries({ ...before, ...next }).filter(([, value]) => value !== undefined && value !== ''),
        ),
      replace: true,
    });
  const seek = useDebouncedCallback((text: string) => change({ application: text }), 250);
  return (
    <Page
      title="Deployments"
      lead="Every deployment, newest first."
      actions={
        may(me.data, 'deployment:create') && (
          <Button leftSection={<IconRocket size={16} />} renderRoot={(props) => <Link to="/deploy" {...props} />}>
            Deploy
          </Button>
        )
      }
    >
      <DeploymentsPanel
        title="All deployments"
        filter={search}
        emptyText={Object.keys(search).length > 0 ? 'None match these filters.' : 'The first one will stand here.'}
        tools={
          <>
            <Switch
              size="xs"
              label="In progress only"
              checked={search.active === true}
              onChange={(event) => change({ active: event.currentTarget.checked ? true : undefined })}
            />
            <Autocomplete
              aria-label="Application"
              placeholder="Application"
              size="xs"
              w={150}
              value={application}
              onChange={(text) => {
                setApplication(text);
                seek(text.trim());
              }}
            />
            <Autocomplete
              aria-label="Environment"
              placeholder="Environment"
              size="xs"
              w={150}
              data={(environments.data ?? []).map(({ name }) => name)}
              value={search.environment ?? ''}
              onChange={(text) => change({ environment: text.trim() })}
            />
            <StateSelect value={search.state} onChange={(state) => change({ state })} />
          </>
        }
      />
    </Page>
  );
}
