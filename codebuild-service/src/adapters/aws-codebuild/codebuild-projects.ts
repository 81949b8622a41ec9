/**
 * Build projects in AWS CodeBuild. A project and its webhook are two things there: where the second cannot be made, the first is
 * taken away again, so that nothing half-made stays.
 */
import type { Project, Webhook } from '@aws-sdk/client-codebuild';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { AwsSession } from '../../ports/aws-session.js';
import type { FoundProject, MirroredProject, ProjectMirror, ProjectSettings } from '../../ports/project-mirror.js';
import type { AwsCaller, AwsClients } from '../aws/aws-caller.js';
import { awsErrorName, inOurWords, worded } from './codebuild-errors.js';
import { toCreateRequest, toUpdateRequest } from './project-mapping.js';
import { toMirrored, toSettings } from './project-reading.js';
import type { ServiceRoles } from './service-roles.js';
import { toFilterGroups } from './webhook-mapping.js';

const NAMES_A_LOOK = 100;

export class CodeBuildProjects implements ProjectMirror {
  constructor(
    private readonly aws: AwsCaller,
    private readonly roles: ServiceRoles,
  ) {}

  async create(session: AwsSession, settings: ProjectSettings, signal: AbortSignal): Promise<MirroredProject> {
    const { CreateProjectCommand } = await import('@aws-sdk/client-codebuild');
    toCreateRequest(settings, ''); // a setting that CodeBuild cannot have is refused before a role is made
    const role = await this.roles.roleFor(session, settings, signal);
    const command = new CreateProjectCommand(toCreateRequest(settings, role.arn));
    const { project = {} } = await worded(
      this.roles.withPropagation(
        role,
        () => this.call(session, (client, abortSignal) => client.send(command, { abortSignal }), signal),
        signal,
      ),
    );
    if (settings.webhook === null) return toMirrored(project);
    try {
      const webhook = await this.createWebhook(session, settings.name, settings.webhook, signal);
      return toMirrored({ ...project, webhook }, webhook.secret ?? null);
    } catch (error) {
      await this.remove(session, settings.name, AbortSignal.timeout(10_000));
      throw error;
    }
  }

  async update(
    session: AwsSession,
    settings: ProjectSettings,
    before: ProjectSettings,
    signal: AbortSignal,
  ): Promise<MirroredProject> {
    const { UpdateProjectCommand } = await import('@aws-sdk/client-codebuild');
    const current = await this.find(session, settings.name, signal);
    toUpdateRequest(settings, '', current);
    const present = { arn: current.serviceRole, settings: before };
    const role = await this.roles.roleFor(session, settings, signal, present);
    const command = new UpdateProjectCommand(toUpdateRequest(settings, role.arn, current));
    const { project = {} } = await worded(
      this.roles.withPropagation(
        role,
        () => this.call(session, (client, abortSignal) => client.send(command, { abortSignal }), signal),
        signal,
      ),
    );
    const webhook = await this.matchWebhook(session, settings, before, current.webhook, signal);
    const secret = webhook !== current.webhook ? (webhook?.secret ?? null) : null;
    return toMirrored({ ...project, webhook }, secret);
  }

  async remove(session: AwsSession, name: string, signal: AbortSignal): Promise<void> {
    const { DeleteProjectCommand } = await import('@aws-sdk/client-codebuild');
    try {
      await this.call(
        session,
        (client, abortSignal) => client.send(new DeleteProjectCommand({ name }), { abortSignal }),
        signal,
      );
    } catch (error) {
      if (awsErrorName(error) !== 'ResourceNotFoundException') throw inOurWords(error);
    }
    await this.roles.forgetProject(session, name, signal).catch((error: unknown) => {
      // The project is gone; credentials that may not touch IAM never gave its role anything either.
      if (!(error instanceof AppError) || signal.aborted) throw error;
    });
  }

  async list(session: AwsSession, signal: AbortSignal): Promise<readonly FoundProject[]> {
    const { BatchGetProjectsCommand, paginateListProjects } = await import('@aws-sdk/client-codebuild');
    return worded(
      this.call(
        session,
        async (client, abortSignal) => {
          const names: string[] = [];
          const pages = paginateListProjects({ client }, { sortBy: 'NAME' }, { abortSignal });
          for await (const { projects } of pages) names.push(...(projects ?? []));
          const found: FoundProject[] = [];
          for (let from = 0; from < names.length; from += NAMES_A_LOOK) {
            const look = new BatchGetProjectsCommand({ names: names.slice(from, from + NAMES_A_LOOK) });
            const { projects } = await client.send(look, { abortSignal });
            for (const { name = '', arn = '', description = '' } of projects ?? [])
              found.push({ name, arn, description });
          }
          return found;
        },
        signal,
      ),
    );
  }

  async read(session: AwsSession, name: string, signal: AbortSignal) {
    const project = await this.find(session, name, signal);
    return { ...toSettings(project), mirrored: toMirrored(project) };
  }

  private async find(session: AwsSession, name: string, signal: AbortSignal): Promise<Project> {
    const { BatchGetProjectsCommand } = await import('@aws-sdk/client-codebuild');
    const { projects } = await worded(
      this.call(
        session,
        (client, abortSignal) => client.send(new BatchGetProjectsCommand({ names: [name] }), { abortSignal }),
        signal,
      ),
    );
    const [project] = projects ?? [];
    if (project === undefined)
      throw new AppError(
        'not_found',
        'project_not_found',
        `The account has no CodeBuild project ${name} in ${session.region}`,
      );
    return project;
  }

  /** Makes, changes or takes away the webhook where it is no longer as it should be. */
  private async matchWebhook(
    session: AwsSession,
    { name: projectName, webhook }: ProjectSettings,
    before: ProjectSettings,
    present: Webhook | undefined,
    signal: AbortSignal,
  ): Promise<Webhook | undefined> {
    const { DeleteWebhookCommand, UpdateWebhookCommand } = await import('@aws-sdk/client-codebuild');
    if (webhook === null) {
      if (present === undefined) return undefined;
      const command = new DeleteWebhookCommand({ projectName });
      await worded(this.call(session, (client, abortSignal) => client.send(command, { abortSignal }), signal));
      return undefined;
    }
    if (present === undefined) return this.createWebhook(session, projectName, webhook, signal);
    if (JSON.stringify(webhook) === JSON.stringify(before.webhook)) return present;
    const command = new UpdateWebhookCommand({ projectName, filterGroups: toFilterGroups(webhook) });
    const changed = await worded(
      this.call(session, (client, abortSignal) => client.send(command, { abortSignal }), signal),
    );
    return changed.webhook ?? present;
  }

  private async createWebhook(
    session: AwsSession,
    projectName: string,
    webhook: NonNullable<ProjectSettings['webhook']>,
    signal: AbortSignal,
  ): Promise<Webhook> {
    const { CreateWebhookCommand } = await import('@aws-sdk/client-codebuild');
    const command = new CreateWebhookCommand({
      projectName,
      filterGroups: toFilterGroups(webhook),
      buildType: 'BUILD',
    });
    const made = await worded(
      this.call(session, (client, abortSignal) => client.send(command, { abortSignal }), signal),
    );
    return made.webhook ?? {};
  }

  private call<Output>(
    session: AwsSession,
    work: (client: AwsClients['codebuild'], abortSignal: AbortSignal) => Promise<Output>,
    signal: AbortSignal,
  ): Promise<Output> {
    return this.aws.call(session, 'codebuild', work, { signal });
  }
}
