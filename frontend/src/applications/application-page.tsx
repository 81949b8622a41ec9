/** One application: its environments, its releases, its deployments. */
import { Button } from '@mantine/core';
import { IconRocket } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { applicationQuery } from '../api/applications.js';
import { asApiError } from '../api/problem.js';
import { may, meQuery } from '../api/session.js';
import { DeploymentsPanel } from '../deployments/deployments-panel.js';
import { isEnded } from '../deployments/states.js';
import { LoadingPanel, Problem } from '../ui/feedback.js';
import { NotFound } from '../ui/not-found.js';
import { Page } from '../ui/page.js';
import { EnvironmentCard } from './environment-card.js';
import { ReleasesPanel } from './releases-panel.js';
import classes from './application-page.module.css';

const route = getRouteApi('/signed-in/applications/$name');

export function ApplicationPage() {
  const { name } = route.useParams();
  const me = useQuery(meQuery);
  const query = useQuery({
    ...applicationQuery(name),
    refetchInterval: ({ state }) =>
      state.data?.environments.some(({ last_deployment: last }) => last && !isEnded(last.state)) ? 3_000 : 15_000,
  });
  const application = query.data;
  const mayDeploy = may(me.data, 'deployment:create');
  if (!application) {
    if (query.error && asApiError(query.error).status === 404) return <NotFound what="application" name={name} />;
    return (
      <Page title={name}>
        {query.error ? (
          <Problem error={query.error} what="The application" onRetry={() => void query.refetch()} />
        ) : (
          <>
            <LoadingPanel height={170} label="Loading the application" />
            <LoadingPanel height={260} label="Loading its releases" />
          </>
        )}
      </Page>
    );
  }
  return (
    <Page
      title={application.name}
      lead={application.description === '' ? undefined : application.description}
      actions={
        mayDeploy ? (
          <Button
            leftSection={<IconRocket size={16} />}
            renderRoot={(props) => <Link to="/deploy" search={{ application: application.name }} {...props} />}
          >
            Deploy again
          </Button>
        ) : undefined
      }
    >
      <div className={classes.environments}>
        {application.environments.map((environment) => (
          <EnvironmentCard
            key={environment.environment}
            application={application.name}
            environment={environment}
            mayDeploy={mayDeploy}
          />
        ))}
      </div>
      <ReleasesPanel application={application} />
      <DeploymentsPanel filter={{ application: application.name }} title="Deployments" filters={['state']} />
    </Page>
  );
}
