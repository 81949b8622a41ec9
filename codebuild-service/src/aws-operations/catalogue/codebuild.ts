/** CodeBuild: what is there in the account, also what this platform did not make. Builds are run from build projects. */
import { z } from 'zod';
import { page, part } from '../console-link.js';
import { operation } from '../operation.js';
import { ProjectName } from '../parameters.js';

const projectPage = ({ parameters: { project_name } }: { parameters: { project_name: string } }) =>
  page(`codesuite/codebuild/projects/${part(project_name)}`);

export const listProjects = operation({
  name: 'codebuild.list_projects',
  title: 'List CodeBuild projects',
  description: 'Names of all projects of the account, the one changed last first.',
  effect: 'read',
  parameters: z.strictObject({}),
  permissions: ['codebuild:ListProjects'],
  columns: ['project_name'],
  paged: true,
  console: () => page('codesuite/codebuild/projects'),
  phrases: ['list codebuild projects', 'show build projects', 'which projects build in aws'],
});
export const getProject = operation({
  name: 'codebuild.batch_get_projects',
  title: 'Describe a CodeBuild project',
  description: 'Source, image, compute and role of one project.',
  effect: 'read',
  parameters: z.strictObject({ project_name: ProjectName }),
  permissions: ['codebuild:BatchGetProjects'],
  columns: [
    'project_name',
    'source_type',
    'source_location',
    'image',
    'compute',
    'privileged',
    'role_arn',
    'created_at',
    'modified_at',
  ],
  paged: false,
  console: projectPage,
  phrases: [
    'describe codebuild project',
    'details of build project',
    'image of the codebuild project',
    'source of build project',
  ],
});
export const listBuildsForProject = operation({
  name: 'codebuild.list_builds_for_project',
  title: 'List builds of a CodeBuild project',
  description: 'Ids of the builds of one project, the newest first.',
  effect: 'read',
  parameters: z.strictObject({ project_name: ProjectName }),
  permissions: ['codebuild:ListBuildsForProject'],
  columns: ['build_id'],
  paged: true,
  console: projectPage,
  phrases: ['list builds of codebuild project', 'show builds of project', 'latest builds'],
});

export const codebuildOperations = [listProjects, getProject, listBuildsForProject];
