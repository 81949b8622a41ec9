/**
 * Takes the files out of a place that patterns name. Links to files inside the source are followed; links that lead out of
 * it, and links to folders, are left out and told.
 */
import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { filePattern, rootsOf } from './file-patterns.js';
import type { PlaceFile, Workplace } from './workplace.js';

export interface CollectRequest {
  readonly files: readonly string[];
  readonly baseDirectory: string | null;
  readonly excludePaths: readonly string[];
  readonly discardPaths: boolean;
  /** Of this machine; made. */
  readonly into: string;
  readonly mostFiles: number;
  readonly mostBytes: number;
  readonly say: (text: string) => void;
}
export interface CollectedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Throws AppError invalid/`pattern_refused`, `too_many_files`, `too_many_bytes`. Answers patterns without any match as well. */
export async function collectFiles(
  place: Workplace,
  request: CollectRequest,
  signal: AbortSignal,
): Promise<{ readonly files: readonly CollectedFile[]; readonly unmatched: readonly string[] }> {
  const base = request.baseDirectory ?? '';
  const wanted = request.files.map((text) => ({ text, ...pattern(text, base) }));
  const excluded = request.excludePaths.map((text) => pattern(text, base));
  const collected = new Map<string, number>();
  const matched = new Set<string>();
  /** Target in the source → the links that lead there. */
  const links = new Map<string, string[]>();
  let bytes = 0;

  const nameOf = (path: string): string | undefined => {
    // The repository is no result of a build, unless it is asked for by name.
    const hidden = /^\.git(?:\/|$)/.test(path);
    const hits = wanted
      .filter(({ text }) => !hidden || text.includes('.git'))
      .map(({ text, matches }) => ({ text, relative: matches(path) }));
    const hit = hits.find(({ relative }) => relative !== undefined);
    if (hit?.relative === undefined || excluded.some(({ matches }) => matches(path) !== undefined)) return undefined;
    for (const { text, relative } of hits) if (relative !== undefined) matched.add(text);
    return request.discardPaths ? basename(hit.relative) : hit.relative;
  };
  const take = async (file: PlaceFile, name: string): Promise<void> => {
    if (collected.has(name)) request.say(`warning: ${name} is there more than once, the last one counts`);
    bytes += file.size;
    if (bytes > request.mostBytes)
      throw tooMuch('too_many_bytes', `more than ${String(Math.round(request.mostBytes / 1024 ** 2))} MiB`);
    const to = join(request.into, name);
    await mkdir(dirname(to), { recursive: true });
    await pipeline(file.open(), createWriteStream(to), { signal });
    await chmod(to, file.mode & 0o111 ? 0o755 : 0o644);
    collected.set(name, file.size);
    if (collected.size > request.mostFiles)
      throw tooMuch('too_many_files', `more than ${String(request.mostFiles)} files`);
  };

  for await (const { path, file } of filesBelow(place, rootsOf(wanted), signal)) {
    const name = nameOf(path);
    if (name === undefined) continue;
    if (file.type === 'file') await take(file, name);
    else {
      const target = targetOf(place, path, file.linkTarget ?? '');
      if (target === undefined) request.say(`warning: ${path} is a link that leads out of the source, it is left out`);
      else links.set(target, [...(links.get(target) ?? []), name]);
    }
  }
  for (const [target, names] of links) {
    let found = false;
    for await (const { path, file } of filesBelow(place, [target], signal))
      if (path === target && file.type === 'file') {
        found = true;
        await take(file, names[0] ?? '');
      }
    if (!found || names.length > 1)
      request.say(`warning: ${(found ? names.slice(1) : names).join(', ')}: links to ${target} are left out`);
  }
  return {
    files: [...collected].map(([path, sizeBytes]) => ({ path, sizeBytes })),
    unmatched: wanted.map(({ text }) => text).filter((text) => !matched.has(text)),
  };
}

async function* filesBelow(
  place: Workplace,
  roots: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<{ readonly path: string; readonly file: PlaceFile }> {
  for (const root of roots)
    for await (const file of place.files(posix.join(place.folders.source, root), signal))
      yield { path: [root, file.path].filter((part) => part !== '').join('/'), file };
}

/** Where a link in the source leads, relative to the source; undefined: out of it. */
function targetOf(place: Workplace, path: string, link: string): string | undefined {
  const { source } = place.folders;
  const target = posix.relative(source, posix.resolve(source, posix.dirname(path), link));
  return target === '..' || target.startsWith('../') ? undefined : target;
}

function pattern(text: string, base: string): ReturnType<typeof filePattern> {
  try {
    return filePattern(text, base);
  } catch (cause) {
    throw new AppError(
      'invalid',
      'pattern_refused',
      `${base === '' ? text : `${base}/${text}`} leads out of the source`,
      {
        cause,
        fields: [
          { field: 'buildspec', message: 'a path leads out of the source', mend: 'Give paths below the source folder' },
        ],
      },
    );
  }
}

const tooMuch = (code: string, what: string): AppError =>
  new AppError('invalid', code, `The patterns match ${what}`, {
    fields: [{ field: 'buildspec', message: `the patterns match ${what}`, mend: 'Name fewer files' }],
  });
