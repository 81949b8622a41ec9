/** The mission's own three fields as a build project with the service's usual settings, in the default account. */
import {
  CreateBuildProjectBody,
  type MissionCreateProjectBody,
  type MissionCreateProjectView,
} from '@aws-deployer/platform/contracts/build-projects';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import type { Origin } from '@aws-deployer/platform/outbox/outbox';
import type { z } from 'zod';
import type { BuildProjectService } from '../build-projects/build-project-service.js';
import { sourceOfUrl } from '../build-projects/source-of-url.js';
import type { AccountAccess } from '../ports/account-access.js';

/** Characters; what is longer and has no newline is a text that lost its lines. */
const LONGEST_PATH = 500;

export type MissionProject = z.output<typeof MissionCreateProjectBody>;

export class MissionCreateProject {
  constructor(
    private readonly projects: BuildProjectService,
    private readonly accounts: AccountAccess,
  ) {}

  /** Throws as `BuildProjectService.create`, with the fields named as in this body. */
  async create(body: MissionProject, by: string, origin: Origin): Promise<z.output<typeof MissionCreateProjectView>> {
    const { name: account, engine } = await this.accounts.facts(undefined);
    const project = missionProject(body, account, engine);
    const view = await this.projects.create(project, by, origin).catch((error: unknown) => {
      throw error instanceof AppError && error.fields.length > 0 ? inMissionWords(error) : error;
    });
    return { success: true, project_name: view.name, arn: view.arn ?? '', region: view.region };
  }
}

/** LINUX_CONTAINER, BUILD_GENERAL1_SMALL, standard:7.0 and no artifacts are the defaults of a create body. */
function missionProject(
  { project_name, source_location, build_spec }: MissionProject,
  account: string,
  engine: 'local' | 'codebuild',
): CreateBuildProjectBody {
  const isInline = build_spec.includes('\n') || /^\s*version\s*:/.test(build_spec);
  if (!isInline && build_spec.length > LONGEST_PATH)
    throw invalidField(
      'build_spec',
      `is a path of ${String(build_spec.length)} characters`,
      'give the path of the buildspec in the source, or its text beginning with version: 0.2',
    );
  return CreateBuildProjectBody.parse({
    name: project_name,
    account,
    source: sourceOfUrl(source_location, engine),
    buildspec: isInline ? { type: 'inline', text: build_spec } : { type: 'file', path: build_spec },
  });
}

const FIELDS: readonly (readonly [string, string])[] = [
  ['name', 'project_name'],
  ['source', 'source_location'],
  ['buildspec', 'build_spec'],
];

function inMissionWords(error: AppError): AppError {
  const named = (field: string): string => {
    const [, word] = FIELDS.find(([ours]) => field === ours || field.startsWith(`${ours}.`)) ?? [];
    return word ?? field;
  };
  const fields = error.fields.map((problem) => ({ ...problem, field: named(problem.field) }));
  const [first] = fields;
  const message =
    error.kind === 'invalid' && first !== undefined ? `${first.field} ${first.message}: ${first.mend}` : error.message;
  return new AppError(error.kind, error.code, message, { fields, cause: error });
}
