/**
 * What a build does otherwise than its project → StartBuild's overrides. Pure.
 *
 * Only what was overridden is said, so that the project's own settings in AWS hold for the rest; variables are always said,
 * for the plan already has those of the project with the build's own in their place.
 */
import type { EnvironmentVariable, StartBuildInput } from '@aws-sdk/client-codebuild';
import type { EngineBuild } from '../../ports/build-engine.js';
import { pullsAs, toAwsArtifacts } from './project-mapping.js';
import { toAwsSource } from './source-mapping.js';

/** `secrets`: variables that AWS keeps for this build alone. `upload`: `bucket/key.zip` that is the source instead. */
export function toStartRequest(
  build: EngineBuild,
  secrets: readonly EnvironmentVariable[],
  upload?: string,
): StartBuildInput {
  const { id, attempt, plan } = build;
  const { overridden, environment } = plan;
  const buildspec = 'text' in plan.buildspec ? plan.buildspec.text : plan.buildspec.path;
  return {
    projectName: plan.project,
    // The same for a start that is sent again after a lost answer, another for each new attempt; valid for 5 minutes.
    idempotencyToken: `${id}-${attempt}`,
    ...(plan.sourceVersion === undefined ? {} : { sourceVersion: plan.sourceVersion }),
    ...(upload !== undefined
      ? { sourceTypeOverride: 'S3', sourceLocationOverride: upload }
      : overridden.source
        ? sourceOverride(build)
        : {}),
    ...(overridden.buildspec ? { buildspecOverride: buildspec } : {}),
    ...(overridden.image
      ? { imageOverride: environment.image, imagePullCredentialsTypeOverride: pullsAs(environment.image) }
      : {}),
    ...(overridden.compute ? { computeTypeOverride: environment.compute } : {}),
    ...(overridden.privileged ? { privilegedModeOverride: environment.privileged } : {}),
    ...(overridden.timeout ? { timeoutInMinutesOverride: plan.timeoutMinutes } : {}),
    ...(overridden.artifacts ? { artifactsOverride: toAwsArtifacts(plan.artifacts, plan.project) } : {}),
    environmentVariablesOverride: [
      ...environment.variables.map(({ name, value, type }) => ({ name, value, type })),
      ...secrets,
    ],
  };
}

function sourceOverride({ plan }: EngineBuild): Partial<StartBuildInput> {
  const buildspec = 'text' in plan.buildspec ? plan.buildspec : { path: plan.buildspec.path };
  const source = toAwsSource(
    plan.source,
    'text' in buildspec ? { type: 'inline', text: buildspec.text } : { type: 'file', path: buildspec.path },
  );
  return {
    sourceTypeOverride: source.type,
    ...(source.location === undefined ? {} : { sourceLocationOverride: source.location }),
    ...(source.auth === undefined ? {} : { sourceAuthOverride: source.auth }),
    ...(source.gitCloneDepth === undefined ? {} : { gitCloneDepthOverride: source.gitCloneDepth }),
    ...(source.gitSubmodulesConfig === undefined ? {} : { gitSubmodulesConfigOverride: source.gitSubmodulesConfig }),
  };
}
