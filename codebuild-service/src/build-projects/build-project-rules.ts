/**
 * Whether a project can be kept and built: its parts against each other and against the account it belongs to. Pure; all
 * problems at once, each with its field and the mend.
 */
import { AppError, type FieldProblem } from '@aws-deployer/platform/errors/app-error';
import { parseBuildspec } from '../buildspec/parse-buildspec.js';
import type { ProjectSettings } from '../ports/project-mirror.js';
import { environmentProblems } from './environment-rules.js';
import { sourceProblems } from './source-rules.js';
import { webhookProblems } from './webhook-rules.js';

export interface ProjectPlace {
  readonly engine: 'local' | 'codebuild';
  readonly region: string;
  /** The platform runs for one machine and its owner: folders of that machine may be built. */
  readonly isLocalMode: boolean;
}

/** Key of the tag on all that the platform makes in AWS. */
export const PLATFORM_TAG = 'aws-deployer';
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const BUCKET_PREFIX = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/;

/** Throws AppError invalid/`build_project_invalid` with every problem. */
export function refuseBadProject(settings: ProjectSettings, place: ProjectPlace): void {
  const fields = projectProblems(settings, place);
  const [first] = fields;
  if (first === undefined) return;
  const more = fields.length > 1 ? ` (and ${String(fields.length - 1)} more)` : '';
  throw new AppError('invalid', 'build_project_invalid', `${first.field} ${first.message}${more}`, { fields });
}

export function projectProblems(settings: ProjectSettings, place: ProjectPlace): FieldProblem[] {
  return [
    ...sourceProblems(settings.source, place),
    ...buildspecProblems(settings, place),
    ...environmentProblems(settings, place),
    ...artifactProblems(settings, place),
    ...cacheProblems(settings),
    ...placeProblems(settings, place),
    ...webhookProblems(settings, place),
    ...badgeProblems(settings, place),
    ...tagProblems(settings),
  ];
}

function buildspecProblems({ buildspec, source }: ProjectSettings, place: ProjectPlace): FieldProblem[] {
  switch (buildspec.type) {
    case 'template':
      return [];
    case 'inline':
      return parseBuildspec(buildspec.text).problems.map(({ line, column, path, message, mend }) => ({
        field: 'buildspec.text',
        message: `line ${String(line)}, column ${String(column)}: ${path === '' ? '' : `${path} `}${message}`,
        mend,
      }));
    case 'file': {
      const wrong = (message: string, mend: string): FieldProblem[] => [{ field: 'buildspec.path', message, mend }];
      const { path } = buildspec;
      if (/^arn:aws[a-z-]*:s3:::[^/]+\/.+/.test(path))
        return place.engine === 'codebuild'
          ? []
          : wrong('lies in a bucket, and this account is this machine', 'give the path inside the source');
      if (source.type === 'none')
        return wrong('there is no source to find it in', 'give the buildspec inline, or name a source');
      return path.startsWith('/') || path.split(/[/\\]/).includes('..') || /[\n\r\0]/.test(path)
        ? wrong('must be a path inside the source', 'write it as buildspec.yml or ci/buildspec.yml')
        : [];
    }
  }
}

function artifactProblems({ artifacts, source }: ProjectSettings, { engine }: ProjectPlace): FieldProblem[] {
  if (artifacts.type === 'none') return [];
  const problems: FieldProblem[] = [];
  const wrong = (field: string, message: string, mend: string) =>
    problems.push({ field: `artifacts.${field}`, message, mend });
  if (engine === 'codebuild' && !BUCKET.test(artifacts.bucket))
    wrong('bucket', 'is no name of a bucket', 'give 3 to 63 lower-case letters, digits, dots and hyphens');
  if (artifacts.path.split('/').includes('..')) wrong('path', 'leaves its bucket', 'take .. out of it');
  if (artifacts.path.startsWith('/'))
    wrong('path', 'begins with a slash', `write ${artifacts.path.replace(/^\/+/, '')}`);
  if (artifacts.name !== undefined && /(^|\/)\.\.(\/|$)/.test(artifacts.name))
    wrong('name', 'leaves its bucket', 'take .. out of it');
  if (source.type === 's3' && source.location === `${artifacts.bucket}/${artifacts.path}`)
    wrong('path', 'is the source itself, which a build would then overwrite', 'keep artifacts under another path');
  return problems;
}

function cacheProblems({ cache, source }: ProjectSettings): FieldProblem[] {
  if (cache.type === 's3' && !BUCKET_PREFIX.test(cache.location))
    return [
      { field: 'cache.location', message: 'is no bucket/prefix', mend: 'write it as bucket/prefix, without s3://' },
    ];
  if (cache.type !== 'local') return [];
  if (cache.modes.includes('source') && (source.type === 's3' || source.type === 'none'))
    return [
      {
        field: 'cache.modes',
        message: `a source of type ${source.type} cannot be cached`,
        mend: 'take source out of it: it is for Git repositories',
      },
    ];
  return [];
}

function placeProblems({ vpc, logs, service_role: role }: ProjectSettings, { engine }: ProjectPlace): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const wrong = (field: string, message: string, mend: string) => problems.push({ field, message, mend });
  if (engine === 'local') {
    const here = 'is a part of AWS, and this account is this machine';
    if (vpc !== null) wrong('vpc', here, 'set it to null');
    if (role !== null) wrong('service_role', here, 'set it to null');
    if (logs.s3.enabled) wrong('logs.s3.enabled', here, 'set it to false: the platform keeps the log itself');
    return problems;
  }
  if (role !== null && !ROLE.test(role))
    wrong('service_role', 'is no ARN of a role', 'write it as arn:aws:iam::123456789012:role/name, or set it to null');
  if (logs.s3.enabled && (logs.s3.location === undefined || !BUCKET_PREFIX.test(logs.s3.location)))
    wrong('logs.s3.location', 'must say where the log goes', 'write it as bucket/prefix, without s3://');
  return problems;
}

function badgeProblems({ badge, source }: ProjectSettings, { engine }: ProjectPlace): FieldProblem[] {
  if (!badge || engine === 'local' || (source.type !== 's3' && source.type !== 'none')) return [];
  return [
    {
      field: 'badge',
      message: `CodeBuild has no badge for a source of type ${source.type}`,
      mend: 'set it to false, or use a Git repository',
    },
  ];
}

function tagProblems({ tags }: ProjectSettings): FieldProblem[] {
  const problems = Object.keys(tags).flatMap((key): FieldProblem[] => {
    if (/^aws:/i.test(key) || key === PLATFORM_TAG)
      return [{ field: `tags.${key}`, message: 'this key is reserved', mend: 'give the tag another key' }];
    return /^[\p{L}\p{N}\s_.:/=+@-]+$/u.test(key)
      ? []
      : [
          {
            field: `tags.${key}`,
            message: 'has a character that tags do not take',
            mend: 'use letters, digits and _.:/=+-@',
          },
        ];
  });
  const most = 49; // of AWS's fifty, one is the platform's own
  return Object.keys(tags).length > most
    ? [...problems, { field: 'tags', message: 'are too many', mend: `keep at most ${String(most)}` }]
    : problems;
}
