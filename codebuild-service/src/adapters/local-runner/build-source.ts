/**
 * Brings the source of a build into a folder of this machine: a repository of any Git server, an uploaded archive, or
 * nothing. Throws AppError with `fields` that name the project's `source`.
 */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import type { SourceRepository } from '@aws-deployer/platform/git/source-repository';
import type { BuildPlan } from '../../ports/build-engine.js';
import { unpackTar } from './tar-archive.js';

export interface SourceTools {
  readonly git: SourceRepository;
  /** The file of an uploaded source. */
  readonly uploads: string;
  readonly say: (text: string) => void;
}
/** The checks that need no network. */
export function checkSource(plan: BuildPlan, git: SourceRepository): void {
  const { source, sourceVersion } = plan;
  if (source.type === 'none' || plan.uploadSha256 !== undefined) return;
  if (source.type === 's3')
    throw invalidField(
      'source.type',
      'the local runner has no S3 to take a source from',
      'give a Git repository, or run the project in an AWS account',
    );
  const location = locationOf(plan);
  inSourceWords(() => git.check(location, sourceVersion));
}

/** Answers the commit; null where there is none. */
export async function fetchSource(
  plan: BuildPlan,
  into: string,
  tools: SourceTools,
  signal: AbortSignal,
): Promise<string | null> {
  checkSource(plan, tools.git);
  if (plan.uploadSha256 !== undefined) {
    await unpackUpload(join(tools.uploads, `${plan.uploadSha256}.tar`), into, signal);
    tools.say('Unpacked the uploaded source');
    return null;
  }
  if (plan.source.type === 'none') return null;
  const location = locationOf(plan);
  if (plan.source.credential !== undefined)
    tools.say(`warning: the credential ${plan.source.credential} lies in AWS: the source is fetched without it`);
  try {
    const { commit } = await tools.git.checkout(
      {
        repoUrl: location,
        ref: plan.sourceVersion,
        credential: undefined,
        repository: { depth: plan.source.clone_depth },
        into,
        onLine: tools.say,
      },
      signal,
    );
    return commit;
  } catch (error) {
    throw sourceWords(error);
  }
}

async function unpackUpload(file: string, into: string, signal: AbortSignal): Promise<void> {
  if (!existsSync(file))
    throw invalidField('source.location', 'the uploaded source is gone', 'upload it again', 'upload_missing');
  await unpackTar(createReadStream(file), into, signal);
}

function locationOf({ source }: BuildPlan): string {
  if (source.location === undefined)
    throw invalidField('source.location', 'is missing', 'give the address of the repository');
  return source.location;
}

function inSourceWords(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw sourceWords(error);
  }
}

/** The same problem with the names that the fields have in a build project. */
function sourceWords(error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  const named = (text: string): string =>
    text.replaceAll('source.repo_url', 'source.location').replaceAll('source.ref', 'source_version');
  return new AppError(error.kind, error.code, named(error.message), {
    cause: error,
    fields: error.fields.map((field) => ({ ...field, field: named(field.field) })),
  });
}
