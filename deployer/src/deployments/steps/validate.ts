/** What can be known to be wrong with a request by itself; what the cluster and the registries say of it is the preflight's. */
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import { checkSnippet, describeProblem } from '../../snippets/snippet-check.js';
import type { Deployment } from '../deployment.js';
import { accountOfImage } from '../release-rollout.js';
import { done, type Step, type StepParts } from '../step.js';
import { pickBuilder } from './pick-builder.js';

export const validate: Step = async (context, signal) => {
  if (context.deployment.rollbackOf === null) await checkRequest(context, signal);
  return done('The request is in order.');
};

export interface RequestToCheck {
  readonly deployment: Pick<Deployment, 'application' | 'environment' | 'spec' | 'createdById'>;
  readonly parts: Pick<StepParts, 'source' | 'secrets' | 'accounts' | 'builders' | 'cluster'>;
  log(stream: 'system', text: string): void;
}

/** Throws AppError invalid with the field and the mend. */
export async function checkRequest(context: RequestToCheck, signal: AbortSignal): Promise<void> {
  const { deployment, parts } = context;
  await checkSource(context, signal);
  await parts.secrets.references(deployment.spec.workload.secrets, deployment.environment);
}

async function checkSource(context: RequestToCheck, signal: AbortSignal): Promise<void> {
  const { deployment, parts } = context;
  const { source, registry, image } = deployment.spec;
  switch (source.type) {
    case 'git':
      parts.source.check(source.repo_url, source.ref);
      if (source.credential !== undefined)
        await parts.secrets.named(
          source.credential,
          deployment.environment,
          ['git_token', 'ssh_key'],
          'source.credential',
        );
      break;
    case 'snippet': {
      const { problems, warnings } = await checkSnippet(source.code, source.language, signal);
      for (const warning of warnings) context.log('system', `warning: ${warning}`);
      const [problem] = problems;
      if (problem !== undefined)
        throw invalidField(
          'source.code',
          `is not valid ${source.language}: ${describeProblem(problem)}`,
          'correct that line and deploy again',
          'snippet_invalid',
        );
      break;
    }
    case 'image':
      await accountOfImage(context, source.image);
      return;
  }
  const builder = pickBuilder(context);
  const target = await parts.accounts.pushTarget(deployment, { registry, repository: image?.repository });
  if (!parts.cluster.embedded && builder.name === 'host')
    throw invalidField(
      'builder',
      'a host-built image only runs on the cluster that comes with the platform',
      'use the docker builder for a real cluster',
      'host_image_on_cluster',
    );
  if (!parts.cluster.embedded && target.embedded)
    throw invalidField(
      'registry',
      'the cluster cannot pull from the embedded registry, which answers on this machine only',
      'add a registry that the cluster reaches under /api/v1/registries and make it the default',
      'embedded_registry_on_cluster',
    );
}
