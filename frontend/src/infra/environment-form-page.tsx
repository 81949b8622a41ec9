/** Makes an environment of infrastructure, or changes what is wanted of one. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import {
  createInfraEnvironment,
  infraEnvironmentKey,
  infraEnvironmentQuery,
  updateInfraEnvironment,
} from '../api/infra.js';
import { asApiError } from '../api/problem.js';
import { may, meQuery } from '../api/session.js';
import { useSubmit } from '../api/submission.js';
import { LoadingPanel, Notice, Problem } from '../ui/feedback.js';
import { NotFound } from '../ui/not-found.js';
import { Page } from '../ui/page.js';
import { EnvironmentForm } from './environment-form.js';
import { BLANK_ENVIRONMENT, bodyOf, settingsOf, valuesOf } from './environment-values.js';

const route = getRouteApi('/signed-in/infrastructure/environments/$name/edit');

function useKept(): (environment: InfraEnvironmentView) => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  return (environment) => {
    client.setQueryData(infraEnvironmentKey(environment.name), environment);
    void client.invalidateQueries({ queryKey: ['infra'] });
    void navigate({ to: '/infrastructure/environments/$name', params: { name: environment.name } });
  };
}

export function NewEnvironmentPage() {
  const create = useSubmit(createInfraEnvironment, { onDone: useKept() });
  return (
    <Page
      title="New environment"
      lead="A module of Terraform with its variables. Nothing is made before a plan is approved."
    >
      <MayWrite>
        <EnvironmentForm
          isNew
          initial={BLANK_ENVIRONMENT}
          busy={create.isPending}
          problem={create.error}
          onSave={(values) => create.mutate(bodyOf(values))}
        />
      </MayWrite>
    </Page>
  );
}

export function EditEnvironmentPage() {
  const { name } = route.useParams();
  const query = useQuery({ ...infraEnvironmentQuery(name), staleTime: Infinity });
  const update = useMutation({ mutationFn: updateInfraEnvironment, onSuccess: useKept() });
  if (query.error && asApiError(query.error).status === 404) return <NotFound what="environment" name={name} />;
  return (
    <Page title={`Change ${name}`} lead="What is there stays as it is until a plan of the change is approved.">
      <MayWrite>
        {query.isPending && <LoadingPanel height={420} label="Loading the environment" />}
        {query.error && <Problem error={query.error} what="The environment" onRetry={() => void query.refetch()} />}
        {query.data && (
          <EnvironmentForm
            isNew={false}
            initial={valuesOf(query.data)}
            busy={update.isPending}
            problem={update.error ? asApiError(update.error) : null}
            onSave={(values) => update.mutate({ name, change: settingsOf(values) })}
          />
        )}
      </MayWrite>
    </Page>
  );
}

/** The address may be typed by somebody who may not: the page says so, before the server does. */
function MayWrite({ children }: { children: ReactNode }) {
  const me = useQuery(meQuery);
  if (may(me.data, 'infra:write')) return children;
  return (
    <Notice tone="warn" title="Your role may not do this">
      Infrastructure is changed by the role devops or admin.
    </Notice>
  );
}
