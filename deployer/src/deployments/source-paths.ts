/**
 * What a source's paths and names show by themselves, before anything is fetched. Links are checked in the checkout.
 * Throws invalid/`context_escapes`, `dockerfile_escapes`, `image_reference_invalid`.
 */
import { posix } from 'node:path';
import type { DeploymentSource } from '@aws-deployer/platform/contracts/deployments';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { parseImageReference } from '@aws-deployer/platform/oci/image-reference';

export const escapes = (field: 'context' | 'dockerfile', path: string): AppError =>
  invalidField(
    `source.${field}`,
    `${path} leads out of the repository`,
    'give a path inside the repository',
    `${field}_escapes`,
  );

const leadsOut = (path: string): boolean => path === '..' || path.startsWith('../') || posix.isAbsolute(path);

export function checkSourcePaths(source: DeploymentSource): void {
  if (source.type === 'git') {
    const { context, dockerfile } = source;
    if (leadsOut(posix.normalize(context))) throw escapes('context', context);
    if (posix.isAbsolute(dockerfile) || leadsOut(posix.join(context, dockerfile)))
      throw escapes('dockerfile', dockerfile);
  }
  if (source.type === 'image') checkImage(source.image);
}

function checkImage(image: string): void {
  try {
    parseImageReference(image);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw invalidField(
      'source.image',
      error.message,
      'give a reference such as registry.example.com/team/shop:1.4.2',
      error.code,
    );
  }
}
