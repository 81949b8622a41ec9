/** One build project: its last builds, its settings, its webhook and badge, and what can be done with it. */
import type { BuildProjectView } from '@aws-deployer/platform/contracts/build-projects';
import { Button } from '@mantine/core';
import { IconCopy, IconExternalLink, IconHammer, IconPencil, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { buildProjectQuery, deleteBuildProject } from '../api/build-projects.js';
import { asApiError } from '../api/problem.js';
import { may, meQuery } from '../api/session.js';
import { BuildsPanel } from '../builds/builds-panel.js';
import { Chip } from '../ui/chip.js';
import { ConfirmButton } from '../ui/confirm.js';
import { Empty, LoadingPanel, Problem } from '../ui/feedback.js';
import { NotFound } from '../ui/not-found.js';
import { Page } from '../ui/page.js';
import { CloneDialog } from './clone-dialog.js';
import { ProjectSettingsPanel } from './project-settings-panel.js';
import { StartBuildDialog } from './start-build-dialog.js';
import { WebhookPanel } from './webhook-panel.js';

const route = getRouteApi('/signed-in/builds/projects/$name');

export function ProjectPage() {
  const { name } = route.useParams();
  const query = useQuery({ ...buildProjectQuery(name), refetchInterval: 15_000 });
  const project = query.data;
  if (!project) {
    if (query.error && asApiError(query.error).status === 404) return <NotFound what="build project" name={name} />;
    return (
      <Page title={name}>
        {query.error ? (
          <Problem error={query.error} what="The project" onRetry={() => void query.refetch()} />
        ) : (
          <>
            <LoadingPanel height={220} label="Loading the project" />
            <LoadingPanel height={260} label="Loading its builds" />
          </>
        )}
      </Page>
    );
  }
  return (
    <Page
      title={project.name}
      heading={
        <>
          {project.name} {project.imported && <Chip>imported</Chip>}
        </>
      }
      lead={project.description === '' ? undefined : project.description}
      actions={<Actions project={project} />}
    >
      <BuildsPanel
        title="Last builds"
        empty={
          <Empty icon={<IconHammer size={36} stroke={1.3} />} title="No builds yet">
            The first one stands here once it is started.
          </Empty>
        }
        filter={{ project: project.name }}
        limit={8}
        tools={
          <Link to="/builds" search={{ project: project.name }}>
            All builds
          </Link>
        }
      />
      <ProjectSettingsPanel project={project} />
      <WebhookPanel project={project} />
    </Page>
  );
}

function Actions({ project }: { project: BuildProjectView }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useQuery(meQuery);
  const [dialog, setDialog] = useState<'start' | 'clone' | null>(null);
  const close = () => setDialog(null);
  return (
    <>
      {project.aws_console_url !== null && (
        <Button
          component="a"
          variant="default"
          href={project.aws_console_url}
          target="_blank"
          rel="noreferrer"
          leftSection={<IconExternalLink size={16} />}
        >
          AWS console
        </Button>
      )}
      {may(me.data, 'build:write') && (
        <>
          <ConfirmButton
            place="page"
            verb="Delete"
            what={`project ${project.name}`}
            typed={project.name}
            icon={<IconTrash size={16} />}
            consequence={
              project.engine === 'codebuild'
                ? 'The project is deleted in AWS too, with its webhook. Builds that run are stopped; its history stays in the books.'
                : 'Builds that run are stopped. Logs and artifacts of its builds go with it; its history stays in the books.'
            }
            act={() => deleteBuildProject(project.name)}
            onDone={() => {
              void client.invalidateQueries({ queryKey: ['build-projects', 'list'] });
              void navigate({ to: '/builds/projects' });
            }}
          />
          <Button variant="default" leftSection={<IconCopy size={16} />} onClick={() => setDialog('clone')}>
            Clone
          </Button>
          <Button
            variant="default"
            leftSection={<IconPencil size={16} />}
            renderRoot={(props) => <Link to="/builds/projects/$name/edit" params={{ name: project.name }} {...props} />}
          >
            Change
          </Button>
          <Button leftSection={<IconPlayerPlay size={16} />} onClick={() => setDialog('start')}>
            Start build
          </Button>
        </>
      )}
      {dialog === 'start' && <StartBuildDialog project={project} onClose={close} />}
      {dialog === 'clone' && <CloneDialog project={project} onClose={close} />}
    </>
  );
}
