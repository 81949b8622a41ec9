/** CodeBuild: projects and builds as the account has them. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import * as declared from '../../aws-operations/catalogue/codebuild.js';
import { carriedOut } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-codebuild');

export const codebuildCalls = [
  carriedOut(declared.listProjects, async (call) => {
    const { ListProjectsCommand } = await sdk();
    const from = await call.send('codebuild', (codebuild, options) =>
      codebuild.send(
        new ListProjectsCommand({ nextToken: call.token, sortBy: 'LAST_MODIFIED_TIME', sortOrder: 'DESCENDING' }),
        options,
      ),
    );
    return { rows: (from.projects ?? []).map((project_name) => ({ project_name })), next: from.nextToken, from };
  }),
  carriedOut(declared.getProject, async (call, { project_name }) => {
    const { BatchGetProjectsCommand } = await sdk();
    const from = await call.send('codebuild', (codebuild, options) =>
      codebuild.send(new BatchGetProjectsCommand({ names: [project_name] }), options),
    );
    if (from.projectsNotFound?.includes(project_name) === true || from.projects?.length === 0)
      // an unknown one answers 200
      throw new AppError(
        'not_found',
        'codebuild_project_unknown',
        `The account has no CodeBuild project ${project_name} in ${call.region} (AWS request ${from.$metadata.requestId})`,
      );
    const rows = (from.projects ?? []).map((project) => ({
      project_name: project.name,
      source_type: project.source?.type,
      source_location: project.source?.location,
      image: project.environment?.image,
      compute: project.environment?.computeType,
      privileged: project.environment?.privilegedMode,
      role_arn: project.serviceRole,
      created_at: project.created,
      modified_at: project.lastModified,
    }));
    return { rows, from };
  }),
  carriedOut(declared.listBuildsForProject, async (call, { project_name }) => {
    const { ListBuildsForProjectCommand } = await sdk();
    const from = await call.send('codebuild', (codebuild, options) =>
      codebuild.send(
        new ListBuildsForProjectCommand({ projectName: project_name, nextToken: call.token, sortOrder: 'DESCENDING' }),
        options,
      ),
    );
    return { rows: (from.ids ?? []).map((build_id) => ({ build_id })), next: from.nextToken, from };
  }),
];
