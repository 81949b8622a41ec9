/** A project's source and buildspec ↔ CodeBuild's one `source`. Pure; throws AppError invalid, naming the field. */
import type { ProjectSource as AwsSource, SourceAuth, SourceType } from '@aws-sdk/client-codebuild';
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import type { ProjectBuildspec, ProjectSource } from '@aws-deployer/platform/contracts/build-projects';

const GITLAB_HOST = 'gitlab.com';
const DEFAULT_BUILDSPEC = 'buildspec.yml';

const TYPES: Readonly<Record<Exclude<ProjectSource['type'], 'gitlab' | 'git'>, SourceType>> = {
  github: 'GITHUB',
  github_enterprise: 'GITHUB_ENTERPRISE',
  bitbucket: 'BITBUCKET',
  codecommit: 'CODECOMMIT',
  s3: 'S3',
  none: 'NO_SOURCE',
};
const OURS: Readonly<Partial<Record<SourceType, ProjectSource['type']>>> = {
  GITHUB: 'github',
  GITHUB_ENTERPRISE: 'github_enterprise',
  GITLAB: 'gitlab',
  GITLAB_SELF_MANAGED: 'gitlab',
  BITBUCKET: 'bitbucket',
  CODECOMMIT: 'codecommit',
  S3: 's3',
  NO_SOURCE: 'none',
};

export function toAwsSource(source: ProjectSource, buildspec: ProjectBuildspec): AwsSource {
  const type = toAwsType(source);
  if (type !== 'NO_SOURCE' && source.location === undefined)
    throw invalidField(
      'source.location',
      'is missing',
      `Give the repository's address, or bucket/path/object.zip for s3`,
    );
  if (type === 'NO_SOURCE' && buildspec.type === 'file')
    throw invalidField('buildspec', 'a project without a source has no file to read it from', 'Give the text inline');
  const isGit = type !== 'NO_SOURCE' && type !== 'S3';
  return {
    type,
    ...(type === 'NO_SOURCE' ? {} : { location: source.location }),
    buildspec: buildspecText(buildspec),
    ...(isGit
      ? { gitCloneDepth: source.clone_depth, gitSubmodulesConfig: { fetchSubmodules: source.submodules } }
      : {}),
    ...(source.credential === undefined ? {} : { auth: toAuth(source.credential) }),
  };
}

function toAwsType(source: ProjectSource): SourceType {
  if (source.type === 'gitlab') return hostOf(source.location) === GITLAB_HOST ? 'GITLAB' : 'GITLAB_SELF_MANAGED';
  if (source.type === 'git')
    throw invalidField(
      'source.type',
      'CodeBuild takes no Git server of another kind',
      'Use github, github_enterprise, gitlab, bitbucket or codecommit, or the local account',
    );
  return TYPES[source.type];
}
const hostOf = (location: string | undefined): string | null =>
  location !== undefined && URL.canParse(location) ? new URL(location).hostname : null;

/** The text itself, or the path: CodeBuild tells them apart by their form. */
export function buildspecText(buildspec: ProjectBuildspec): string {
  switch (buildspec.type) {
    case 'inline':
      return buildspec.text;
    case 'file':
      return buildspec.path;
    case 'template':
      throw new Error('A template is resolved before a project goes to AWS');
  }
}
export const isInlineBuildspec = (text: string): boolean => /\n|^\s*(version\s*:|\{)/.test(text);
export const toBuildspec = (text: string | undefined): ProjectBuildspec =>
  text === undefined || text === ''
    ? { type: 'file', path: DEFAULT_BUILDSPEC }
    : isInlineBuildspec(text)
      ? { type: 'inline', text }
      : { type: 'file', path: text };

/** The kind of the credential is in its ARN. CodeStar is the older name of CodeConnections. */
export function toAuth(credential: string): SourceAuth {
  if (/^arn:[^:]+:(codeconnections|codestar-connections):/.test(credential))
    return { type: 'CODECONNECTIONS', resource: credential };
  if (/^arn:[^:]+:secretsmanager:/.test(credential)) return { type: 'SECRETS_MANAGER', resource: credential };
  throw invalidField(
    'source.credential',
    'is neither the ARN of a connection nor of a secret',
    'Give arn:aws:codeconnections:… of a CodeConnections connection, or arn:aws:secretsmanager:… of a secret with the token',
  );
}

/** undefined where the platform has no word for the source: a pipeline hands it over. */
export function toSource(source: AwsSource | undefined, version: string | undefined): ProjectSource | undefined {
  const type = source?.type === undefined ? undefined : OURS[source.type];
  if (source === undefined || type === undefined) return undefined;
  // OAUTH means the credential that CodeBuild keeps for the whole account: nothing to name.
  const resource = source.auth?.type === 'OAUTH' ? undefined : source.auth?.resource;
  return {
    type,
    ...(type === 'none' || source.location === undefined ? {} : { location: source.location }),
    ...(version === undefined || version === '' ? {} : { version }),
    clone_depth: source.gitCloneDepth ?? 1,
    submodules: source.gitSubmodulesConfig?.fetchSubmodules ?? false,
    ...(resource === undefined ? {} : { credential: resource }),
  };
}
