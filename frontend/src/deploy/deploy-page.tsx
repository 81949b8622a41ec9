/** Asks for a deployment: the source, the name and the place; everything else has a default and is folded away. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { applicationEarlierQuery } from '../api/applications.js';
import { deploymentQuery } from '../api/deployments.js';
import { LoadingPanel, Problem } from '../ui/feedback.js';
import { Page } from '../ui/page.js';
import { DeployForm } from './deploy-form.js';
import { BLANK, valuesOf } from './form-values.js';

const route = getRouteApi('/signed-in/deploy');

export function DeployPage() {
  const { from, application, environment } = route.useSearch();
  const byDeployment = useQuery({ ...deploymentQuery(from ?? ''), enabled: from !== undefined, staleTime: Infinity });
  const byApplication = useQuery({
    ...applicationEarlierQuery(application ?? '', environment),
    enabled: from === undefined && application !== undefined,
    staleTime: Infinity,
  });
  const query = from !== undefined ? byDeployment : application !== undefined ? byApplication : null;
  const start = { ...BLANK, application: application ?? '', environment: environment ?? BLANK.environment };
  const lead = query?.data
    ? 'Filled in as it was asked for last time. Change what you like.'
    : 'Name a source and press Deploy. It is built, rolled out without a gap, tested, watched, and put back by itself if it is bad.';
  return (
    <Page title={query?.data ? 'Deploy again' : 'Deploy'} lead={lead}>
      {query?.isPending && <LoadingPanel height={420} label="Loading the last deployment" />}
      {query?.error && <Problem error={query.error} what="The last deployment" onRetry={() => void query.refetch()} />}
      {(query === null || query.isSuccess) && (
        <DeployForm
          key={`${from ?? ''}/${application ?? ''}/${environment ?? ''}`}
          initial={query?.data ? valuesOf(query.data) : start}
        />
      )}
    </Page>
  );
}
