/** The mission's own bodies as deployments, and a deployment's end as the mission's own answer. */
import type { Principal } from '@aws-deployer/platform/auth/principal';
import { CreateDeploymentBody, type DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import type {
  MissionDeployBody,
  MissionDeployCodeBody,
  MissionDeployRepoBody,
  MissionEndedView,
  ValidateView,
} from '@aws-deployer/platform/contracts/mission';
import { DnsLabel } from '@aws-deployer/platform/contracts/wire';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { z } from 'zod';
import type { DeploymentService } from '../deployments/deployment-service.js';
import type { DeploymentReadModel } from '../deployments/deployment-read-model.js';
import type { LiveFeed } from '../deployments/live-feed.js';
import { SERVICE_PORT } from '../deployments/manifests/network-manifests.js';
import type { DockerLogins } from '../registries/docker-logins.js';
import type { DeployerSchema } from '../schema.js';
import { checkSnippet, describeProblem } from '../snippets/snippet-check.js';

const MOST_LOG_LINES = 20_000;

export interface MissionParts {
  readonly database: Database<DeployerSchema>;
  readonly deployments: DeploymentService;
  readonly views: DeploymentReadModel;
  readonly feed: LiveFeed;
  readonly logins: DockerLogins;
}

export class MissionDeploy {
  constructor(private readonly parts: MissionParts) {}

  /** Throws invalid on `code` when no language takes it. */
  async toRequest(
    body: z.output<typeof MissionDeployBody>,
    principal: Principal,
    signal: AbortSignal,
  ): Promise<CreateDeploymentBody> {
    return 'repo_url' in body ? this.#ofRepository(body, principal) : this.#ofCode(body, signal);
  }

  async #ofRepository(
    { repo_url, image_name, tag, namespace }: z.output<typeof MissionDeployRepoBody>,
    principal: Principal,
  ): Promise<CreateDeploymentBody> {
    const dockerUser = await this.parts.logins.userOf(principal.userId);
    return CreateDeploymentBody.parse({
      application: image_name,
      ...(namespace === undefined ? {} : { namespace }),
      source: { type: 'git', repo_url },
      image: { repository: dockerUser === undefined ? image_name : `docker.io/${dockerUser}/${image_name}`, tag },
    });
  }

  async #ofCode(
    {
      app_name,
      code,
      k8s_kind,
      replicas,
      service_type,
      container_port,
      namespace,
    }: z.output<typeof MissionDeployCodeBody>,
    signal: AbortSignal,
  ): Promise<CreateDeploymentBody> {
    const { language, problems } = await checkSnippet(code, undefined, signal);
    const [problem] = problems;
    if (language === undefined || problem !== undefined)
      throw invalidField(
        'code',
        problem === undefined ? 'is in no language that is taken' : describeProblem(problem),
        'give Python, JavaScript for Node, or an HTML page that begins with <!doctype html>',
        'snippet_invalid',
      );
    return CreateDeploymentBody.parse({
      application: app_name,
      ...(namespace === undefined ? {} : { namespace }),
      source: { type: 'snippet', language, code },
      workload: {
        kind: k8s_kind,
        replicas,
        service_type,
        ...(container_port === undefined ? {} : { container_port }),
      },
    });
  }

  async validate(code: string, appName: string, signal: AbortSignal): Promise<z.output<typeof ValidateView>> {
    const { language, problems, warnings } = await checkSnippet(code, undefined, signal);
    const name = DnsLabel.safeParse(appName);
    const errors = [
      ...(name.success ? [] : [`app_name ${name.error.issues[0]?.message ?? 'is not valid'}`]),
      ...problems.map(describeProblem),
      ...(language === undefined && problems.length === 0 ? ['no language takes this code'] : []),
    ];
    const [reason] = errors;
    return {
      success: errors.length === 0,
      valid: errors.length === 0,
      app_name: appName,
      language: language ?? null,
      errors,
      warnings: [...warnings],
      ...(reason === undefined ? {} : { reason }),
    };
  }

  /** Waits for the end; a client that leaves cancels nothing. */
  async ended(id: string, signal: AbortSignal): Promise<z.output<typeof MissionEndedView>> {
    for await (const { type } of this.parts.feed.follow('deployment', id, 0, signal)) if (type === 'end') break;
    const view = await this.parts.views.view(id);
    const success = view.state === 'stable';
    return {
      success,
      deployment_id: id,
      image: view.image,
      logs: await this.#logOf(id),
      manifest: await this.#manifestOf(id),
      service_url_hint: serviceHint(view),
      ...(success ? {} : { error: view.verdict?.reason ?? view.state_reason }),
    };
  }

  async #logOf(id: string): Promise<string> {
    const rows = await this.parts.database.db
      .selectFrom('deployment_logs')
      .select('text')
      .where('deployment_id', '=', id)
      .orderBy('seq')
      .limit(MOST_LOG_LINES)
      .execute();
    return rows.map(({ text }) => text).join('\n');
  }

  /** YAML, as people keep manifests; empty when nothing was made. */
  async #manifestOf(id: string): Promise<string> {
    try {
      const { text } = await this.parts.deployments.manifest(id);
      const { stringify } = await import('yaml');
      return (JSON.parse(text) as unknown[]).map((manifest) => stringify(manifest)).join('---\n');
    } catch (error) {
      if (error instanceof AppError && error.code === 'no_manifest') return '';
      throw new AppError('internal', 'manifest_unreadable', messageOf(error), { cause: error });
    }
  }
}

/** The address, else the name inside the cluster; null when nothing runs. */
const serviceHint = ({ url, application, namespace, state }: DeploymentView): string | null =>
  url ?? (state === 'stable' ? `http://${application}.${namespace}.svc.cluster.local:${SERVICE_PORT}` : null);
