/** Builds and pushes the image, or looks up the one that was named. From here on the image is known by its digest. */
import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';
import type { GateResult } from '@aws-deployer/platform/contracts/builds';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import type { BuiltImageFacts } from '../../ports/built-images.js';
import { accountOfImage } from '../release-rollout.js';
import { retryWhileUnavailable } from '../retry-while-unavailable.js';
import { stageLimitMs } from '../stage-limits.js';
import { done, skipped, type Step, type StepContext } from '../step.js';
import { lookAtBuilt } from './look-at-built.js';
import { fetchSource } from './prepare.js';
import { buildFolderOf, folderOf, type BuildFolder } from '../work-folder.js';
import { pickBuilder } from './pick-builder.js';

const OUTAGE_MS = 60_000;

export const build: Step = async (context, signal) => {
  const { deployment } = context;
  if (deployment.rollbackOf !== null) return skipped('The release is restored as it was stored: nothing is built.');
  const { source } = deployment.spec;
  const known = deployment.imageDigest !== null;
  let account: RegistryAccount | undefined;
  if (source.type !== 'image')
    account = known ? (await placeToPush(context)).account : await buildAndPush(context, signal);
  else if (!known) await lookUp(context, source.image, signal);
  checkRuntime(context);
  const stopped = account && (await lookAtBuilt(context, account, signal));
  if (stopped !== undefined) return stopped;
  const { image, imageDigest, spec } = context.deployment;
  return spec.source.type === 'image'
    ? skipped(`${image ?? ''} is ${imageDigest ?? ''}: it is used as it is.`)
    : done(`${image ?? ''} was built and pushed as ${imageDigest ?? ''}.`);
};

async function lookUp(context: StepContext, image: string, signal: AbortSignal): Promise<void> {
  const { parts, deployment } = context;
  const { source } = deployment.spec;
  const built =
    source.type === 'image' && source.build_id !== undefined
      ? await parts.builtImages.ofBuild(source.build_id, signal)
      : undefined;
  if (built !== undefined) await passGates(context, { id: built.buildId, gates: built.gates });
  const account = await parts.accounts.open(
    await accountOfImage(context, image),
    context.origin,
    `for deployment ${context.deployment.id} of ${context.deployment.application}`,
  );
  context.masker.add(account.password ?? '');
  const facts = await parts.imageRegistry.resolve(image, account, signal);
  if (built !== undefined) checkMadeBy(built, image, facts.digest);
  context.log('system', `${image} is ${facts.digest}`);
  await context.record({
    image,
    imageDigest: facts.digest,
    exposedPort: facts.exposedPort ?? null,
    imageUser: facts.user ?? null,
    imageRuntime: facts.runtime,
  });
}

/** Answers the login of the registry that it pushed to. */
async function buildAndPush(context: StepContext, signal: AbortSignal): Promise<RegistryAccount> {
  const { deployment } = context;
  const { spec } = deployment;
  const builder = pickBuilder(context);
  await context.record({ builder: builder.name });
  context.log('system', `building with ${builder.name}`);
  const folder = await folderToBuild(context, signal);
  const { target, account } = await placeToPush(context);
  const commit = context.deployment.commit;
  const built = await throughOutages(context, signal, () =>
    builder.build(
      {
        key: deployment.id,
        application: deployment.application,
        contextDir: folder.contextDir,
        dockerfile: folder.dockerfile,
        buildArgs: (spec.source.type === 'git' ? spec.source.build_args : undefined) ?? {},
        labels: {}, // the release knows commit and digest; a label would make another image of the same commit
        repository: target.repository,
        tag: spec.image?.tag ?? commit ?? deployment.id,
        registry: account,
        onLine: (stream, text) => context.log(stream, text),
      },
      signal,
    ),
  );
  if (built.build !== undefined) await passGates(context, built.build);
  await context.record({
    image: built.image,
    imageDigest: built.digest,
    exposedPort: built.exposedPort ?? null,
    imageRuntime: built.runtime,
    baseSubstituted: built.baseSubstituted ?? null,
  });
  return account;
}

/** Where the image goes, and the login for it. */
async function placeToPush(context: StepContext) {
  const { deployment, parts } = context;
  const { registry, image } = deployment.spec;
  const target = await parts.accounts.pushTarget(deployment, { registry, repository: image?.repository });
  const account = await parts.accounts.open(
    target.account,
    context.origin,
    `for deployment ${deployment.id} of ${deployment.application}`,
    target.repository,
  );
  context.masker.add(account.password ?? '');
  return { target, account };
}

/**
 * An engine that restarts or a registry that is down for a moment is no fault of the release: the build is asked for again, until
 * it has been out of reach for a minute.
 */
async function throughOutages<T>(context: StepContext, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let since: number | undefined;
  return retryWhileUnavailable(work, {
    forMs: stageLimitMs('building', context.deployment.spec, 0),
    signal,
    onTry: (error) => {
      since ??= Date.now();
      // What a build service itself calls its fault stays so, however often its build is looked at.
      if (error.code === 'build_fault' || Date.now() - since > OUTAGE_MS) throw error;
      context.log('system', `${error.message}; trying again`);
    },
  });
}

/** On the record first: what a gate found is seen also where it stops the deployment. Throws conflict/`quality_gate_failed`. */
async function passGates(
  context: StepContext,
  { id, gates }: { readonly id: string; readonly gates: readonly GateResult[] },
): Promise<void> {
  await context.record({ buildId: id, gates });
  for (const { gate, passed, detail } of gates)
    context.log('system', `quality gate ${gate}: ${passed ? 'passed' : 'not passed'}: ${detail}`);
  const refused = gates.find(({ passed }) => !passed);
  if (refused !== undefined)
    throw new AppError(
      'conflict',
      'quality_gate_failed',
      `The quality gate ${refused.gate} is not passed: ${refused.detail}`,
      {
        fields: [
          {
            field: 'source',
            message: refused.detail,
            mend: "mend what the gate found and build again, or change the project's quality gates",
          },
        ],
      },
    );
}

/** Throws invalid/`build_not_usable` on `source.build_id`. */
function checkMadeBy(built: BuiltImageFacts, image: string, digest: string): void {
  const field = 'source.build_id';
  if (!built.succeeded)
    throw invalidField(field, `${built.name} did not succeed`, 'name a build that succeeded', 'build_not_usable');
  if (built.digest !== digest)
    throw invalidField(
      field,
      `${built.name} made ${built.digest ?? 'no image'}, and ${image} is ${digest}`,
      'name the build that made the image, and the image by its digest',
      'build_not_usable',
    );
}

/** What the stage before prepared; fetched again where it was prepared on another machine, or lost. */
async function folderToBuild(context: StepContext, signal: AbortSignal): Promise<BuildFolder> {
  const { deployment, parts } = context;
  const { source } = deployment.spec;
  const folder = folderOf(parts.workDir, deployment.id);
  try {
    return await buildFolderOf(folder, source.type === 'git' ? source : { context: '.', dockerfile: 'Dockerfile' });
  } catch {
    context.log('system', 'the source is fetched again');
    return fetchSource(context, signal);
  }
}

/** Throws invalid/`image_runtime` where the cluster cannot run what was built or named. */
function checkRuntime({ deployment, parts }: StepContext): void {
  const field = deployment.spec.source.type === 'image' ? 'source.image' : 'builder';
  if (deployment.imageRuntime === 'host' && !parts.cluster.embedded)
    throw invalidField(
      field,
      'a host-built image only runs on the cluster that comes with the platform',
      'build it with the docker builder',
      'image_runtime',
    );
  if (deployment.imageRuntime === 'container' && parts.cluster.embedded && !parts.runsContainers)
    throw invalidField(
      field,
      'a container image needs a Docker Engine to run in, and none answers on this machine',
      'start a Docker Engine (DOCKER_HOST), set KUBECONFIG to a cluster, or deploy a source that is built here',
      'image_runtime',
    );
}
