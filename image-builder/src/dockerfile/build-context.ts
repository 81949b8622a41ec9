/**
 * The build context: what COPY may take. `.dockerignore` decides what is seen at all, and nothing outside of the folder
 * is: not by `..`, not by a symbolic link.
 *
 * Throws AppError invalid/`context_escape`; invalid/`build_failed` when a source is not there.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, matchesGlob, posix, relative } from 'node:path';
import type { Ignore } from '@balena/dockerignore';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { liesIn, statOf } from './file-facts.js';

const escapes = (source: string): AppError =>
  new AppError('invalid', 'context_escape', `${source} leads outside of the build context`, {
    fields: [
      {
        field: 'source.context',
        message: `${source} leads outside of the build context`,
        mend: 'Copy only what lies in the context folder, or choose a folder further up as source.context',
      },
    ],
  });

export class BuildContext {
  private constructor(
    readonly folder: string,
    private readonly rules: Ignore,
    /** A rule beginning with `!` may bring back what lies in an ignored folder. */
    private readonly hasExceptions: boolean,
  ) {}

  static async open(folder: string, dockerfile: string): Promise<BuildContext> {
    const { default: dockerIgnore } = await import('@balena/dockerignore'); // CommonJS: the function is under `default` twice
    // As BuildKit does: a file beside the Dockerfile with its name comes before the context's.
    const own = await readText(join(dirname(dockerfile), `${basename(dockerfile)}.dockerignore`));
    const text = own ?? (await readText(join(folder, '.dockerignore'))) ?? '';
    return new BuildContext(folder, dockerIgnore.default().add(text), /^\s*!/m.test(text));
  }

  ignores(path: string): boolean {
    return path !== '' && path !== '.' && this.rules.ignores(path);
  }
  /** True for a folder in which nothing can be seen: it need not be read. */
  hides(folder: string): boolean {
    return !this.hasExceptions && this.ignores(folder);
  }

  /** Paths in the context that a COPY source names, sorted; patterns as in Go's filepath.Match. */
  async match(source: string): Promise<readonly string[]> {
    const wanted = posix.normalize(source.replace(/^\/+/, '')).replace(/\/$/, '');
    if (wanted === '..' || wanted.startsWith('../')) throw escapes(source);
    if (!/[*?[\]]/.test(wanted)) {
      const path = wanted === '' ? '.' : wanted;
      const found = await statOf(join(this.folder, path));
      if (found === undefined || (this.ignores(path) && !(found.isDirectory() && this.hasExceptions)))
        throw new AppError(
          'invalid',
          'build_failed',
          `${source} is not in the build context (or .dockerignore hides it)`,
        );
      await this.requireInside(path);
      return [path];
    }
    let paths = [''];
    for (const part of wanted.split('/')) {
      const next: string[] = [];
      for (const parent of paths)
        for (const name of await namesIn(join(this.folder, parent)))
          if (matchesGlob(name, part)) next.push(posix.join(parent, name));
      paths = next;
    }
    const seen = paths.filter((path) => !this.ignores(path)).sort();
    if (seen.length === 0)
      throw new AppError('invalid', 'build_failed', `${source} matches nothing in the build context`);
    for (const path of seen) await this.requireInside(path);
    return seen;
  }

  /** Throws for a link whose end lies outside. */
  async requireInside(path: string): Promise<void> {
    if (!(await liesIn(this.folder, join(this.folder, path)).catch(() => false)))
      throw escapes(relative(this.folder, join(this.folder, path)) || path);
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
async function namesIn(folder: string): Promise<string[]> {
  const found = await statOf(folder);
  return found?.isDirectory() === true ? (await readdir(folder)).sort() : [];
}
