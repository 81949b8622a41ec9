/**
 * Folders that a project's builds hand on to the next one, as one tar per project in `build-cache/`. Paths in it begin with
 * `src/`, `home/` (what the buildspec calls `/root` or `~`) or `root/` (absolute, in containers only).
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Pack } from 'tar-stream';
import { filePattern, type FilePattern } from './file-patterns.js';
import { innerPath } from './tar-archive.js';
import type { PlaceFile, Workplace } from './workplace.js';

export interface CacheLimits {
  readonly projectBytes: number;
  readonly totalBytes: number;
}
export const CACHE_LIMITS: CacheLimits = { projectBytes: 2 * 1024 ** 3, totalBytes: 10 * 1024 ** 3 };

export class BuildCache {
  constructor(
    private readonly folder: string,
    private readonly limits: CacheLimits = CACHE_LIMITS,
  ) {}

  /** A cache that cannot be read is as good as none: it is told, and taken away. */
  async restore(project: string, place: Workplace, say: (text: string) => void, signal: AbortSignal): Promise<void> {
    const file = this.fileOf(project);
    const found = await stat(file).catch(() => undefined); // none yet
    if (found === undefined) return say('No cache yet');
    try {
      for (const area of areasOf(place)) await restoreArea(file, area, place, signal);
      await utimes(file, new Date(), new Date());
      say(`Cache restored (${mebibytes(found.size)})`);
    } catch (error) {
      signal.throwIfAborted();
      say(
        `warning: the cache cannot be read and is dropped: ${error instanceof Error ? error.message : String(error)}`,
      );
      await rm(file, { force: true });
    }
  }

  async save(
    project: string,
    paths: readonly string[],
    place: Workplace,
    say: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { pack } = await import('tar-stream');
    await mkdir(this.folder, { recursive: true });
    const file = this.fileOf(project);
    const fresh = `${file}.${String(process.pid)}.new`;
    const tar = pack();
    const written = pipeline(tar, createGzip({ level: 1 }), createWriteStream(fresh), { signal });
    const write = async (): Promise<number> => {
      let bytes = 0;
      for (const wanted of paths.flatMap((path) => cachePath(path, place, say)))
        for await (const entry of place.files(posix.join(wanted.area.folder, wanted.pattern.root), signal)) {
          const path = [wanted.pattern.root, entry.path].filter((part) => part !== '').join('/');
          if (wanted.pattern.matches(path) === undefined) continue;
          bytes += entry.size;
          if (bytes > this.limits.projectBytes)
            throw new RangeError(`more than ${mebibytes(this.limits.projectBytes)}`);
          await addEntry(tar, `${wanted.area.name}/${path}`, entry);
        }
      tar.finalize();
      return bytes;
    };
    try {
      const [bytes] = await Promise.all([
        write().catch((error: unknown) => {
          tar.destroy(error instanceof Error ? error : new Error(String(error)));
          throw error;
        }),
        written,
      ]);
      if (bytes === 0) return say('Nothing to cache');
      await rename(fresh, file);
      say(`Cache saved (${mebibytes((await stat(file)).size)})`);
      await this.prune();
    } catch (error) {
      signal.throwIfAborted();
      // A good build stays good.
      say(`warning: the cache is not saved: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await rm(fresh, { force: true });
    }
  }

  private fileOf(project: string): string {
    return join(this.folder, `${project}.tar.gz`);
  }

  /** The caches that were used longest ago go first. */
  private async prune(): Promise<void> {
    const files = await Promise.all(
      (await readdir(this.folder)).map(async (name) => {
        const file = join(this.folder, name);
        const { size, mtimeMs } = await stat(file);
        return { file, size, mtimeMs };
      }),
    );
    let total = 0;
    for (const { file, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      total += size;
      if (total > this.limits.totalBytes) await rm(file, { force: true });
    }
  }
}

interface Area {
  readonly name: 'src' | 'home' | 'root';
  readonly folder: string;
}
const areasOf = ({ folders, runtime }: Workplace): readonly Area[] => [
  { name: 'src', folder: folders.source },
  { name: 'home', folder: folders.home },
  ...(runtime === 'container' ? [{ name: 'root' as const, folder: '/' }] : []),
];

function cachePath(
  text: string,
  place: Workplace,
  say: (text: string) => void,
): readonly { readonly area: Area; readonly pattern: FilePattern }[] {
  const home = /^(?:~|\$HOME|\$\{HOME\}|\/root)(?:\/|$)/.exec(text);
  const name = home !== null ? 'home' : text.startsWith('/') ? 'root' : 'src';
  const area = areasOf(place).find((each) => each.name === name);
  if (area === undefined) {
    say(`warning: ${text} is not cached: on this machine only the source and the home folder are`);
    return [];
  }
  try {
    return [{ area, pattern: filePattern(home === null ? text : text.slice(home[0].length)) }];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    say(`warning: ${text} is not cached: ${error.message}`);
    return [];
  }
}

async function addEntry(tar: Pack, name: string, file: PlaceFile): Promise<void> {
  const header = { name, mode: file.mode, mtime: new Date() };
  if (file.type === 'symlink') tar.entry({ ...header, type: 'symlink', linkname: file.linkTarget ?? '' });
  else await pipeline(file.open(), tar.entry({ ...header, size: file.size }));
}

/** One area of the archive at a time: each goes to a folder of its own. */
async function restoreArea(file: string, area: Area, place: Workplace, signal: AbortSignal): Promise<void> {
  const { extract, pack } = await import('tar-stream');
  const entries = extract();
  const inner = pack();
  const read = pipeline(createReadStream(file), createGunzip(), entries, { signal });
  const filter = async (): Promise<void> => {
    for await (const entry of entries) {
      const path = innerPath(entry.header.name);
      if (!path.startsWith(`${area.name}/`)) {
        entry.resume();
        continue;
      }
      const header = { ...entry.header, name: path.slice(area.name.length + 1), pax: null };
      if (header.type === 'symlink') {
        inner.entry(header);
        entry.resume();
      } else await pipeline(entry, inner.entry(header));
    }
    inner.finalize();
  };
  await Promise.all([
    filter().catch((error: unknown) => {
      inner.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }),
    read,
    place.put(area.folder, Readable.from(inner), signal),
  ]);
}

const mebibytes = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
