/** What a build makes: files kept in the build's folder as `artifacts/<artifact>/<path>`, or one archive of them. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Buildspec, BuildspecArtifacts } from '../../buildspec/buildspec.js';
import type { BuildPlan, EngineArtifact } from '../../ports/build-engine.js';
import { collectFiles } from './collect-files.js';
import type { Workplace } from './workplace.js';

const MOST_FILES = 50_000;
const MOST_BYTES = 2 * 1024 ** 3;

export interface KeepArtifactsRequest {
  readonly place: Workplace;
  readonly plan: BuildPlan;
  readonly buildspec: Buildspec;
  /** `artifacts/` of the build. */
  readonly folder: string;
  /** The name of an artifact is a shell word. */
  readonly expand: (name: string) => Promise<string>;
  readonly say: (text: string) => void;
}

/** Throws AppError invalid/`artifacts_missing` for a pattern that matches nothing, as CodeBuild does. */
export async function keepArtifacts(request: KeepArtifactsRequest, signal: AbortSignal): Promise<void> {
  const { plan, buildspec, say } = request;
  const { artifacts } = plan;
  if (artifacts.type === 'none') {
    if (buildspec.artifacts !== null) say('No artifacts are kept: the project says none');
    return;
  }
  const all: readonly (readonly [string, BuildspecArtifacts])[] = [
    ...(buildspec.artifacts === null ? [] : [['primary', buildspec.artifacts] as const]),
    ...Object.entries(buildspec.secondaryArtifacts),
  ];
  for (const [artifact, wanted] of all) await keepArtifact(request, artifact, wanted, signal);
}

async function keepArtifact(
  request: KeepArtifactsRequest,
  artifact: string,
  wanted: BuildspecArtifacts,
  signal: AbortSignal,
): Promise<void> {
  const { place, plan, folder, say } = request;
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(artifact))
    throw new AppError('invalid', 'artifact_name_refused', `${artifact} cannot be the name of an artifact`);
  const zipped = plan.artifacts.type === 's3' && plan.artifacts.packaging === 'zip';
  const into = join(folder, zipped ? `.${artifact}` : artifact);
  say(`Expanding base directory path: ${wanted.baseDirectory ?? '.'}`);
  say(`Expanding file paths for base directory ${wanted.baseDirectory ?? '.'}: ${wanted.files.join(', ')}`);
  const { files, unmatched } = await collectFiles(
    place,
    {
      files: wanted.files,
      baseDirectory: wanted.baseDirectory,
      excludePaths: wanted.excludePaths,
      discardPaths: wanted.discardPaths,
      into,
      mostFiles: MOST_FILES,
      mostBytes: MOST_BYTES,
      say,
    },
    signal,
  );
  if (files.length === 0) {
    const what = unmatched.join(', ') || wanted.files.join(', ');
    throw new AppError('invalid', 'artifacts_missing', `No matching artifact paths found: ${what}`, {
      fields: [
        {
          field: 'buildspec',
          message: `nothing matches ${what}`,
          mend: 'Name files that the build makes, relative to base-directory',
        },
      ],
    });
  }
  for (const text of unmatched) say(`warning: nothing matches ${text}`);
  say(`Found ${String(files.length)} file(s)`);
  if (!zipped) return;
  const given = (wanted.name === null ? null : await request.expand(wanted.name)) ?? nameOf(plan);
  const name = given.replace(/[/\\]/g, '-').replace(/(\.zip)?$/i, '.zip');
  await mkdir(join(folder, artifact), { recursive: true });
  await writeZip(
    into,
    files.map(({ path }) => path),
    join(folder, artifact, name),
    signal,
  );
  await rm(into, { recursive: true });
}

const nameOf = (plan: BuildPlan): string =>
  plan.artifacts.type === 's3' && plan.artifacts.name !== undefined ? plan.artifacts.name : plan.project;

async function writeZip(from: string, paths: readonly string[], to: string, signal: AbortSignal): Promise<void> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  for (const path of [...paths].sort()) zip.addFile(join(from, path), path);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(to), { signal });
}

export async function listArtifacts(folder: string): Promise<readonly EngineArtifact[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const file = join(entry.parentPath, entry.name);
        const [artifact = '', ...path] = relative(folder, file).split('/');
        return { artifact, path: path.join('/'), sizeBytes: (await stat(file)).size };
      }),
  );
  return found
    .filter(({ artifact, path }) => !artifact.startsWith('.') && path !== '')
    .sort((a, b) => (`${a.artifact}/${a.path}` < `${b.artifact}/${b.path}` ? -1 : 1));
}

/** Throws AppError not_found/`artifact_not_found`, also for a path that leads out of the artifact. */
export async function openArtifactFile(
  folder: string,
  artifact: string,
  path: string,
): Promise<{ readonly body: Readable; readonly sizeBytes: number }> {
  const missing = (cause?: unknown): AppError =>
    new AppError('not_found', 'artifact_not_found', `The build has no file ${path} in its artifact ${artifact}`, {
      cause,
    });
  if (path.includes('\0') || artifact.includes('\0')) throw missing();
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, artifact, path));
    const inner = relative(root, file);
    if (inner.startsWith('..') || inner.startsWith('.') || inner.split('/')[0] !== artifact) throw missing();
    const found = await stat(file);
    if (!found.isFile()) throw missing();
    return { body: createReadStream(file), sizeBytes: found.size };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw missing(error);
  }
}
