/** Makes a build project, or changes one. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import type { CreatedBuildProjectView } from '@aws-deployer/platform/contracts/build-projects';
import { buildProjectKey, buildProjectQuery, createBuildProject, updateBuildProject } from '../api/build-projects.js';
import { asApiError } from '../api/problem.js';
import { may, meQuery } from '../api/session.js';
import { useSubmit } from '../api/submission.js';
import { LoadingPanel, Notice, Problem } from '../ui/feedback.js';
import { NotFound } from '../ui/not-found.js';
import { Page } from '../ui/page.js';
import { ProjectForm } from './project-form.js';
import { BLANK_PROJECT, bodyOfProject, settingsOf, valuesOfProject } from './project-values.js';
import { useShownOnce } from './webhook-secret.js';

const route = getRouteApi('/signed-in/builds/projects/$name/edit');

function useKept(): (project: CreatedBuildProjectView) => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { keep } = useShownOnce();
  return ({ webhook_secret: secret, ...project }) => {
    client.setQueryData(buildProjectKey(project.name), project);
    void client.invalidateQueries({ queryKey: ['build-projects', 'list'] });
    if (secret) keep(project.name, secret);
    void navigate({ to: '/builds/projects/$name', params: { name: project.name } });
  };
}

export function NewProjectPage() {
  const kept = useKept();
  const create = useSubmit(createBuildProject, { onDone: kept });
  return (
    <Page title="New build project" lead="Paste where the source is. Everything else has a default.">
      <MayWrite>
        <ProjectForm
          isNew
          initial={BLANK_PROJECT}
          busy={create.isPending}
          problem={create.error}
          onSave={(values) => create.mutate(bodyOfProject(values))}
        />
      </MayWrite>
    </Page>
  );
}

export function EditProjectPage() {
  const { name } = route.useParams();
  const query = useQuery({ ...buildProjectQuery(name), staleTime: Infinity });
  const kept = useKept();
  const update = useMutation({ mutationFn: updateBuildProject, onSuccess: kept });
  if (query.error && asApiError(query.error).status === 404) return <NotFound what="build project" name={name} />;
  return (
    <Page title={`Change ${name}`} lead="Builds that run go on as they were begun.">
      <MayWrite>
        {query.isPending && <LoadingPanel height={420} label="Loading the project" />}
        {query.error && <Problem error={query.error} what="The project" onRetry={() => void query.refetch()} />}
        {query.data && (
          <ProjectForm
            isNew={false}
            initial={valuesOfProject(query.data)}
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
function MayWrite({ children }: { children: React.ReactNode }) {
  const me = useQuery(meQuery);
  if (may(me.data, 'build:write')) return children;
  return (
    <Notice tone="warn" title="Your role may not do this">
      Build projects are made and changed by the role devops or admin.
    </Notice>
  );
}
