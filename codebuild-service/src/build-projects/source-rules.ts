/** What a project may be built from: the address against the type of source, and both against the account. Pure. */
import type { ProjectSource } from '@aws-deployer/platform/contracts/build-projects';
import type { FieldProblem } from '@aws-deployer/platform/errors/app-error';
import type { ProjectPlace } from './build-project-rules.js';

/** Sources that a hosted or own Git server sends webhooks for. */
export const WEBHOOK_SOURCES: readonly ProjectSource['type'][] = ['github', 'github_enterprise', 'gitlab', 'bitbucket'];

const EXAMPLES: Readonly<Record<Exclude<ProjectSource['type'], 'none'>, string>> = {
  github: 'https://github.com/owner/repository.git',
  github_enterprise: 'https://github.example.com/owner/repository.git',
  gitlab: 'https://gitlab.com/group/repository.git',
  bitbucket: 'https://bitbucket.org/workspace/repository.git',
  codecommit: 'https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/repository',
  s3: 'bucket/path/source.zip',
  git: 'https://git.example.com/team/repository.git',
};
const HOSTS: Readonly<Partial<Record<ProjectSource['type'], string>>> = {
  github: 'github.com',
  bitbucket: 'bitbucket.org',
};
const CODECOMMIT_HOST = /^git-codecommit(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;
const CREDENTIAL = /^arn:[^:]+:(codeconnections|codestar-connections|secretsmanager):[^:]*:\d{12}:.+$/;

export function sourceProblems(source: ProjectSource, place: ProjectPlace): FieldProblem[] {
  return [...locationProblems(source, place), ...partProblems(source, place)];
}

function locationProblems(source: ProjectSource, place: ProjectPlace): FieldProblem[] {
  const { type, location } = source;
  const wrong = (message: string, mend: string): FieldProblem[] => [{ field: 'source.location', message, mend }];
  if (type === 'none')
    return location === undefined
      ? []
      : wrong('is given, but the type of the source is none', 'remove it, or set source.type to what it is');
  if (location === undefined) return wrong('is missing', `give it, such as ${EXAMPLES[type]}`);
  if (place.engine === 'local' && (type === 's3' || type === 'codecommit'))
    return [
      {
        field: 'source.type',
        message: `${type} is read with an AWS account, and this account is this machine`,
        mend: 'use a Git repository, or name a cloud account of AWS in account',
      },
    ];
  if (place.engine === 'codebuild' && type === 'git')
    return [
      {
        field: 'source.type',
        message: 'CodeBuild takes no Git server of another kind',
        mend: 'use github, github_enterprise, gitlab, bitbucket or codecommit, or the account local',
      },
    ];
  if (type === 's3') return bucketProblems(location, wrong);
  return addressProblems({ ...source, type, location }, place, wrong);
}

type Wrong = (message: string, mend: string) => FieldProblem[];

function bucketProblems(location: string, wrong: Wrong): FieldProblem[] {
  const bare = location.replace(/^(s3:\/\/|arn:aws[a-z-]*:s3:::)/, '');
  if (bare !== location) return wrong('must be bucket/path without a scheme', `write ${bare}`);
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/\S/.test(location)
    ? []
    : wrong('is no object of a bucket', `write it as ${EXAMPLES.s3}, or bucket/folder/ with a slash at its end`);
}

function addressProblems(
  { type, location }: { readonly type: Exclude<ProjectSource['type'], 'none' | 's3'>; readonly location: string },
  place: ProjectPlace,
  wrong: Wrong,
): FieldProblem[] {
  const like = `write it as ${EXAMPLES[type]}`;
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused
  if (/[\u0000-\u0020\u007f]/.test(location) || location.startsWith('-'))
    return wrong('is no address of a repository', like);
  const scp = /^[\w.-]+@([\w.-]+):(?!\/)(.+)$/.exec(location);
  if (scp !== null)
    return type === 'git'
      ? []
      : wrong('is an ssh address, and CodeBuild clones by https', `write https://${scp[1] ?? ''}/${scp[2] ?? ''}`);
  if (!URL.canParse(location)) return wrong('is no address of a repository', like);
  const url = new URL(location);
  const repository = url.pathname.replace(/\/+$/, '');
  if (url.protocol === 'file:') {
    if (type !== 'git') return wrong('is a folder of this machine', 'set source.type to git');
    return place.isLocalMode && url.host === ''
      ? []
      : wrong('file:// is only taken where the platform runs for one machine', 'give an https address');
  }
  if (url.password !== '' || (url.username !== '' && type !== 'bitbucket' && url.protocol !== 'ssh:'))
    return wrong(
      'holds a user name or a token',
      'remove it from the address; CodeBuild signs in with source.credential',
    );
  if (type === 'git')
    return ['https:', 'http:', 'ssh:'].includes(url.protocol) && repository !== ''
      ? []
      : wrong(`${url.protocol}// is no transport that is taken`, 'use https, http, ssh or file');
  if (url.protocol !== 'https:') return wrong('must be an https address', like);
  if (url.search !== '' || url.hash !== '') return wrong('holds a query or a fragment', `remove it: ${like}`);
  return serverProblems(type, url, repository, place, wrong);
}

function serverProblems(
  type: Exclude<ProjectSource['type'], 'none' | 's3' | 'git'>,
  url: URL,
  repository: string,
  place: ProjectPlace,
  wrong: Wrong,
): FieldProblem[] {
  const like = `write it as ${EXAMPLES[type]}`;
  const host = url.hostname;
  if (type === 'codecommit') {
    const region = CODECOMMIT_HOST.exec(host)?.[1];
    if (region === undefined || !/^\/v1\/repos\/[\w.-]+$/.test(repository))
      return wrong('is no CodeCommit repository', like);
    return region === place.region
      ? []
      : wrong(
          `lies in ${region}, and the project in ${place.region}`,
          `make the project in ${region}: CodeBuild reads CodeCommit in its own region`,
        );
  }
  const wanted = HOSTS[type];
  if (wanted !== undefined && host !== wanted && host !== `www.${wanted}`)
    return wrong(
      `${host} is not ${wanted}`,
      type === 'github' ? `use ${wanted}, or set source.type to github_enterprise` : like,
    );
  if (type === 'github_enterprise' && ['github.com', 'gitlab.com', 'bitbucket.org'].includes(host))
    return wrong(`${host} is no GitHub Enterprise server`, `set source.type to ${host.split('.')[0] ?? ''}`);
  return /^\/[^/]+\/.*[^/]$/.test(repository) ? [] : wrong('names no repository', like);
}

function partProblems({ type, credential, submodules, version }: ProjectSource, place: ProjectPlace): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const wrong = (field: string, message: string, mend: string) =>
    problems.push({ field: `source.${field}`, message, mend });
  const isGit = type !== 'none' && type !== 's3';
  if (submodules && !isGit) wrong('submodules', `a source of type ${type} has none`, 'set it to false');
  if (version !== undefined && type === 'none') wrong('version', 'there is no source to take it of', 'remove it');
  if (version !== undefined && isGit && /^-|[\s\\~^:?*[]|\.\./.test(version))
    wrong('version', 'is no branch, tag or commit', 'give one such as main, v1.2.0 or a commit id');
  if (credential === undefined) return problems;
  if (place.engine === 'local') wrong('credential', 'is for CodeBuild, and this account is this machine', 'remove it');
  else if (!isGit) wrong('credential', `a source of type ${type} takes none`, 'remove it');
  else if (!CREDENTIAL.test(credential))
    wrong(
      'credential',
      'is neither the ARN of a connection nor of a secret',
      'give arn:aws:codeconnections:… of a CodeConnections connection, or arn:aws:secretsmanager:… of a secret',
    );
  return problems;
}
