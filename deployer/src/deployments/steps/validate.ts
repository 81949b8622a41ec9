/** Everything that can be known to be wrong before anything is fetched, built or changed. */
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import type { Manifest } from '../../ports/cluster.js';
import { liveSpecs } from '../../releases/release-store.js';
import { checkSnippet, describeProblem } from '../../snippets/snippet-check.js';
import { foreignOwner, labelsOf, LABEL } from '../manifests/identity.js';
import { accountOfImage } from '../release-rollout.js';
import { done, type Step, type StepContext } from '../step.js';
import { pickBuilder } from './pick-builder.js';

export const validate: Step = async (context, signal) => {
  const { deployment, parts } = context;
  if (deployment.rollbackOf === null) {
    await checkSource(context, signal);
    await parts.secrets.references(deployment.spec.workload.secrets, deployment.environment);
  }
  await checkNamespace(context, signal);
  await checkNames(context, signal);
  await checkRoute(context);
  return done('The request is in order.');
};

async function checkSource(context: StepContext, signal: AbortSignal): Promise<void> {
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

async function checkNamespace({ deployment, parts }: StepContext, signal: AbortSignal): Promise<void> {
  const { namespace } = deployment;
  const ref = { apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: namespace };
  const found = await parts.cluster.get(ref, signal).catch((error: unknown) => {
    // Without the right to read namespaces the first apply tells.
    if (error instanceof AppError && error.code === 'cluster_forbidden') return undefined;
    throw error;
  });
  if (found?.metadata.deletionTimestamp !== undefined)
    throw invalidField(
      'namespace',
      `${namespace} is being deleted`,
      'wait until it is gone and deploy again, or choose another namespace',
      'namespace_terminating',
    );
}

/** What has the application's name already must be ours: nothing of others is taken over. */
async function checkNames({ deployment, parts }: StepContext, signal: AbortSignal): Promise<void> {
  const { application, environment, namespace } = deployment;
  const labels = labelsOf({ application, environment, namespace, releaseId: '', deploymentId: deployment.id });
  const wanted = (apiVersion: string, kind: string): Manifest => ({
    apiVersion,
    kind,
    metadata: { name: application, namespace, labels },
  });
  const { kind, route } = deployment.spec.workload;
  for (const manifest of [
    wanted('v1', 'Service'),
    ...(kind === 'Deployment' ? [wanted('apps/v1', 'Deployment')] : []),
    ...(route === undefined ? [] : [wanted('networking.k8s.io/v1', 'Ingress')]),
  ]) {
    const { apiVersion, kind: what } = manifest;
    const live = await parts.cluster.get({ apiVersion, kind: what, namespace, name: application }, signal);
    const owner = live && foreignOwner(live, manifest);
    if (owner !== undefined)
      throw invalidField(
        'application',
        owner,
        'choose another application name or namespace, or remove the other object',
        'name_collision',
      );
  }
  await checkNodePort({ deployment, parts }, wanted('v1', 'Service'), signal);
}

/** Asks the cluster itself whether the port is free: a dry run of the Service, where its namespace is there already. */
async function checkNodePort(
  { deployment, parts }: Pick<StepContext, 'deployment' | 'parts'>,
  service: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const { node_port: nodePort, service_type: type } = deployment.spec.workload;
  if (nodePort === undefined) return;
  const spec = {
    type,
    selector: { [LABEL.application]: deployment.application },
    ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'http', nodePort }],
  };
  try {
    await parts.cluster.apply({ ...service, spec }, { dryRun: true, force: true }, signal);
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'namespace_missing') return;
    if (error.code !== 'node_port_taken' && error.code !== 'manifest_rejected') throw error;
    throw new AppError('invalid', error.code, `workload.node_port: ${error.message}`, {
      cause: error,
      fields: [
        {
          field: 'workload.node_port',
          message: error.message,
          mend: 'choose another node_port, or leave it out to get a free one',
        },
      ],
    });
  }
}

/** A host and path lead to one application only. */
async function checkRoute({ deployment, parts }: StepContext): Promise<void> {
  const { route } = deployment.spec.workload;
  if (route === undefined) return;
  const other = (await liveSpecs(parts.database.db)).find(
    ({ application, environment, spec }) =>
      (application !== deployment.application || environment !== deployment.environment) &&
      spec.workload.route?.host === route.host &&
      spec.workload.route.path === route.path,
  );
  if (other)
    throw invalidField(
      'workload.route',
      `${route.host}${route.path} already leads to ${other.application} in ${other.environment}`,
      'choose another host or path',
      'route_taken',
    );
}
