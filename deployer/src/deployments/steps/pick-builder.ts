/** Which builder builds: the one asked for, else a Docker Engine where there is one, else this machine; never by itself CodeBuild. Pure. */
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import type { ImageBuilder } from '@aws-deployer/image-builder/image-builder';
import type { Deployment } from '../deployment.js';
import type { StepParts } from '../step.js';

/** Throws invalid/`builder_missing` on `builder`. */
export function pickBuilder({
  deployment,
  parts,
}: {
  readonly deployment: Pick<Deployment, 'spec'>;
  readonly parts: Pick<StepParts, 'builders'>;
}): ImageBuilder {
  const { docker, host, codebuild } = parts.builders;
  const { builder } = deployment.spec;
  const picked = builder === 'auto' ? (docker ?? host) : { docker, host, codebuild }[builder];
  if (picked !== undefined) return picked;
  throw invalidField(
    'builder',
    builder === 'auto' ? 'there is no builder' : `there is no ${builder} builder here`,
    'start a Docker Engine and set DOCKER_HOST, or choose builder auto',
    'builder_missing',
  );
}
