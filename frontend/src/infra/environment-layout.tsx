/** One environment: how it stands and what can be done, above each of its pages. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { IconListSearch, IconRadar2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, Outlet } from '@tanstack/react-router';
import { infraEnvironmentQuery } from '../api/infra.js';
import { asApiError } from '../api/problem.js';
import { may, meQuery } from '../api/session.js';
import { LoadingPanel, Problem } from '../ui/feedback.js';
import { NotFound } from '../ui/not-found.js';
import { Page } from '../ui/page.js';
import { StatusBadge } from '../ui/status-badge.js';
import { EnvironmentContext } from './environment-context.js';
import { StartRunButton } from './start-run-button.js';
import { driftFace, environmentFace } from './statuses.js';
import classes from './environment-layout.module.css';
import { useTabInView } from '../ui/place-tabs.js';
import tabs from '../ui/place-tabs.module.css';

const route = getRouteApi('/signed-in/infrastructure/environments/$name');
const PLACES = [
  { to: '/infrastructure/environments/$name', label: 'Overview' },
  { to: '/infrastructure/environments/$name/runs', label: 'Runs' },
  { to: '/infrastructure/environments/$name/versions', label: 'Versions' },
  { to: '/infrastructure/environments/$name/drift', label: 'Drift' },
  { to: '/infrastructure/environments/$name/checks', label: 'Checks' },
  { to: '/infrastructure/environments/$name/settings', label: 'Settings' },
] as const;

export function EnvironmentLayout() {
  const { name } = route.useParams();
  const query = useQuery({
    ...infraEnvironmentQuery(name),
    refetchInterval: ({ state: { data } }) => (data?.active_run != null ? 3_000 : 10_000),
  });
  const environment = query.data;
  const line = useTabInView(environment?.name);
  if (!environment) {
    if (query.error && asApiError(query.error).status === 404) return <NotFound what="environment" name={name} />;
    return (
      <Page title={name}>
        {query.error ? (
          <Problem error={query.error} what="The environment" onRetry={() => void query.refetch()} />
        ) : (
          <LoadingPanel height={260} label="Loading the environment" />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={`${environment.name}, infrastructure`}
      heading={<Heading environment={environment} />}
      lead={environment.description === '' ? undefined : environment.description}
      actions={<Actions environment={environment} />}
    >
      <nav className={tabs.tabs} aria-label={`Pages of ${environment.name}`} ref={line}>
        {PLACES.map(({ to, label }) => (
          <Link key={to} to={to} params={{ name }} activeOptions={{ exact: true }} className={tabs.tab ?? ''}>
            {label}
          </Link>
        ))}
      </nav>
      <EnvironmentContext value={environment}>
        <Outlet />
      </EnvironmentContext>
    </Page>
  );
}

function Heading({ environment }: { environment: InfraEnvironmentView }) {
  const drift = driftFace(environment);
  return (
    <span className={classes.heading}>
      {environment.name}
      <span className={classes.badges}>
        <StatusBadge face={environmentFace(environment.status)} state={environment.status} />
        {environment.drift.status === 'drifted' && <StatusBadge face={drift} state="drifted" />}
      </span>
    </span>
  );
}

function Actions({ environment }: { environment: InfraEnvironmentView }) {
  const me = useQuery(meQuery);
  if (!may(me.data, 'infra:write')) return null;
  return (
    <>
      {environment.current_version !== null && (
        <StartRunButton
          environment={environment.name}
          body={{ kind: 'drift' }}
          label="Check drift"
          variant="default"
          leftSection={<IconRadar2 size={16} />}
        />
      )}
      <StartRunButton
        environment={environment.name}
        body={{ kind: 'plan' }}
        label="Plan"
        leftSection={<IconListSearch size={16} />}
      />
    </>
  );
}
