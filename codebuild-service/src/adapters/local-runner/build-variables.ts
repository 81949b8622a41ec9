/** The environment of a build: what CodeBuild sets, the buildspec, the project, and what only this start carries. Pure. */
import { AppError, invalidField, type FieldProblem } from '@aws-deployer/platform/errors/app-error';
import type { Buildspec } from '../../buildspec/buildspec.js';
import type { BuildPlan, EngineBuild } from '../../ports/build-engine.js';

/** There is no AWS region here: the platform calls its own machine so. */
export const LOCAL_REGION = 'local';

/**
 * Parameter Store and Secrets Manager lie in AWS. Throws AppError invalid/`variable_unavailable` for each variable that comes
 * from there, unless the start itself brings its value.
 */
export function refuseAwsVariables(
  variables: Readonly<Record<string, 'PARAMETER_STORE' | 'SECRETS_MANAGER'>>,
  provided: ReadonlySet<string>,
): void {
  const fields: FieldProblem[] = Object.entries(variables)
    .filter(([name]) => !provided.has(name))
    .map(([name, type]) => ({
      field: 'environment.variables',
      message: `${name} comes from ${type === 'PARAMETER_STORE' ? 'Parameter Store' : 'Secrets Manager'}, which the local runner has not got`,
      mend: `Start the build with ${name} as a PLAINTEXT variable, or run the project in an AWS account`,
    }));
  const [first] = fields;
  if (first !== undefined)
    throw new AppError('invalid', 'variable_unavailable', `${first.field}: ${first.message}`, { fields });
}

/** Throws AppError invalid on `environment.type`: only Linux runs here. */
export function checkEnvironment({ environment }: BuildPlan): void {
  if (environment.type.startsWith('WINDOWS'))
    throw invalidField(
      'environment.type',
      `${environment.type} cannot be run by the local runner`,
      'use LINUX_CONTAINER, or run the project in an AWS account',
    );
}

export function awsVariablesOfPlan({ environment }: BuildPlan): Record<string, 'PARAMETER_STORE' | 'SECRETS_MANAGER'> {
  return Object.fromEntries(
    environment.variables.flatMap(({ name, type }) => (type === 'PLAINTEXT' ? [] : [[name, type] as const])),
  );
}
export const awsVariablesOfBuildspec = ({ env }: Buildspec): Record<string, 'PARAMETER_STORE' | 'SECRETS_MANAGER'> => ({
  ...Object.fromEntries(Object.keys(env.parameterStore).map((name) => [name, 'PARAMETER_STORE' as const])),
  ...Object.fromEntries(Object.keys(env.secretsManager).map((name) => [name, 'SECRETS_MANAGER' as const])),
});
/** Names that have a value whatever AWS holds. */
export const providedVariables = (build: EngineBuild): ReadonlySet<string> =>
  new Set([
    ...build.plan.environment.variables.filter(({ type }) => type === 'PLAINTEXT').map(({ name }) => name),
    ...Object.keys(build.secretVariables),
  ]);

export interface BuildFacts {
  readonly build: EngineBuild;
  readonly buildspec: Buildspec;
  readonly folders: { readonly source: string; readonly home: string };
  readonly commit: string | null;
  readonly startedAt: Date;
}

/** Later ones win: CodeBuild's own, the buildspec's, the project's with the start's, the start's secret ones. */
export function buildVariables({ build, buildspec, folders, commit, startedAt }: BuildFacts): Record<string, string> {
  const { plan } = build;
  const buildId = `${plan.project}:${build.id}`;
  return {
    LANG: 'C.UTF-8',
    HOME: folders.home,
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    CODEBUILD_CI: 'true',
    CODEBUILD_BUILD_ID: buildId,
    CODEBUILD_BUILD_ARN: `arn:aws-deployer:codebuild:local:000000000000:build/${buildId}`,
    CODEBUILD_BUILD_NUMBER: String(build.number),
    CODEBUILD_BUILD_IMAGE: plan.environment.image,
    CODEBUILD_BUILD_SUCCEEDING: '1',
    CODEBUILD_INITIATOR: 'aws-deployer',
    CODEBUILD_LOG_PATH: build.id,
    CODEBUILD_PROJECT_NAME: plan.project,
    CODEBUILD_SRC_DIR: folders.source,
    CODEBUILD_START_TIME: String(startedAt.getTime()),
    ...(plan.source.location === undefined ? {} : { CODEBUILD_SOURCE_REPO_URL: plan.source.location }),
    ...(plan.sourceVersion === undefined ? {} : { CODEBUILD_SOURCE_VERSION: plan.sourceVersion }),
    ...(commit === null ? {} : { CODEBUILD_RESOLVED_SOURCE_VERSION: commit }),
    ...buildspec.env.variables,
    ...Object.fromEntries(
      plan.environment.variables.filter(({ type }) => type === 'PLAINTEXT').map(({ name, value }) => [name, value]),
    ),
    ...build.secretVariables,
  };
}
