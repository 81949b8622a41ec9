/**
 * Looks up the images that a Dockerfile stands on, once it is fetched and before it is built: a base that is not there, or may not be
 * pulled, ends the deployment at once and in one sentence. A registry that does not answer, or counts its visitors, is a
 * warning: the engine may have its own way to it.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { parseImageReference } from '@aws-deployer/platform/oci/image-reference';
import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';
import { passed, warned, type Check } from '../../preflight/check.js';
import { refused } from '../../preflight/checks/images.js';
import { amendPreflight } from '../preflight-store.js';
import type { StepContext, StepResult } from '../step.js';
import type { BuildFolder } from '../work-folder.js';
import { logChecks, stoppedBy } from './pass-preflight.js';
import { pickBuilder } from './pick-builder.js';

/** The build itself finds out what takes longer. */
const LOOK_MS = 1_000;

/** Undefined: nothing stands in the way. Throws AppError for a Dockerfile that cannot be read, and the signal's reason. */
export async function lookAtBases(
  context: StepContext,
  { dockerfile }: BuildFolder,
  signal: AbortSignal,
): Promise<StepResult | undefined> {
  const { deployment, parts } = context;
  const { source } = deployment.spec;
  const builder = pickBuilder(context);
  const buildArgs = (source.type === 'git' ? source.build_args : undefined) ?? {};
  const bases = (await builder.basesToFetch?.({ dockerfile, buildArgs }, signal).catch(leftToTheBuild(signal))) ?? [];
  if (bases.length === 0) return undefined;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
  const looked = await Promise.all(bases.map((image) => lookAt(context, image, limit)));
  signal.throwIfAborted();
  // Elsewhere the build has rights that are not ours.
  const checks = builder.name === 'docker' ? looked : looked.map(asWarning);
  await context.record({ warnings: await amendPreflight(parts.database.db, deployment.id, checks) });
  logChecks(context, checks);
  return stoppedBy(checks);
}

async function lookAt(context: StepContext, image: string, limit: AbortSignal): Promise<Check> {
  const unknown = (why: string): Check =>
    warned('base_image', {
      code: 'registry_unreachable',
      fault: 'platform',
      object: image,
      message: `Whether the base image ${image} can be pulled is not known: ${why}`,
      mend: 'If the build cannot fetch it, check the way to its registry',
    });
  try {
    await context.parts.imageRegistry.look(image, await loginFor(context, image), limit);
    return passed('base_image', `The base image ${image} is there and may be pulled.`, image);
  } catch (error) {
    if (limit.aborted) return unknown('its registry did not answer in time');
    if (!(error instanceof AppError)) throw error;
    const check = refused(image, error, 'base_image');
    if (check.state === 'unknown') return unknown(error.message);
    const mend =
      check.code === 'image_not_found' ? 'Check the name and the tag in the line FROM of the Dockerfile' : check.mend;
    return { ...check, message: check.message.replace(/^The image /, 'The base image '), mend };
  }
}

/** As the build pulls: with the login of the registry that it pushes to, elsewhere with none. */
async function loginFor({ deployment, parts, origin, masker }: StepContext, image: string): Promise<RegistryAccount> {
  const { registry: host } = parseImageReference(image);
  const { registry, image: asked } = deployment.spec;
  const target = await parts.accounts.pushTarget(deployment, { registry, repository: asked?.repository });
  if (parseImageReference(target.repository).registry !== host)
    return parts.accounts.open({ kind: 'anonymous', host }, origin, '');
  const why = `for the base image of deployment ${deployment.id} of ${deployment.application}`;
  const account = await parts.accounts.open(target.account, origin, why);
  masker.add(account.password ?? '');
  return account;
}

const asWarning = (check: Check): Check => (check.state === 'fail' ? { ...check, state: 'warn' } : check);

/** An engine that does not answer, or a Dockerfile that it does not understand, is told by the build. */
const leftToTheBuild =
  (signal: AbortSignal) =>
  (error: unknown): undefined => {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
  };
