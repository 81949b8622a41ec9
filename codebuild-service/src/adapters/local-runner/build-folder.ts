/**
 * What is kept of a build on disk: `builds/<id>-<attempt>/` with
 *
 * ```
 * state.json   what is known of it, written anew at each change
 * log          JSON lines
 * src/ home/ tmp/   while it runs
 * reports/     files of its reports, and index.json
 * artifacts/   <artifact>/<path>
 * ```
 *
 * Old builds lose all but state and artifacts; the oldest artifacts go where they are more than their limit together.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildObservation } from '../../ports/build-engine.js';

export interface BuildState {
  readonly project: string;
  readonly id: string;
  readonly attempt: number;
  readonly startedAt: string;
  readonly ended: boolean;
  readonly observation: BuildObservation;
}
export interface KeptBuilds {
  /** Of one project: builds whose log and reports are kept. */
  readonly buildsPerProject: number;
  /** Of all artifacts together. */
  readonly artifactBytes: number;
}
export const KEPT_BUILDS: KeptBuilds = { buildsPerProject: 20, artifactBytes: 5 * 1024 ** 3 };

export class BuildFolder {
  private writing: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {}

  get log(): string {
    return join(this.path, 'log');
  }
  get artifacts(): string {
    return join(this.path, 'artifacts');
  }
  get reports(): string {
    return join(this.path, 'reports');
  }

  /** Empty, whatever was there. */
  async make(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    await mkdir(this.path, { recursive: true, mode: 0o700 });
  }

  /** One after the other; a reader sees the old or the new, never half of one. */
  write(state: BuildState): Promise<void> {
    const next = this.writing.then(async () => {
      const file = join(this.path, 'state.json');
      await writeFile(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
      await rename(`${file}.new`, file);
    });
    this.writing = next.catch(() => undefined); // told to its own caller
    return next;
  }

  /** Undefined: there is no such build, or it died before it was written. */
  async read(): Promise<BuildState | undefined> {
    try {
      return JSON.parse(await readFile(join(this.path, 'state.json'), 'utf8')) as BuildState;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** What only a running build needs. */
  async removeWork(): Promise<void> {
    for (const name of ['src', 'home', 'tmp', 'docker']) await removeTree(join(this.path, name));
  }

  async removeRecords(): Promise<void> {
    for (const path of [this.log, this.reports]) await removeTree(path);
  }
}

/** Takes away what is too old of all builds that have ended or died. `spared`: folders that are in use. */
export async function pruneBuilds(root: string, kept: KeptBuilds, spared: ReadonlySet<string>): Promise<void> {
  const builds: { readonly folder: BuildFolder; readonly state: BuildState; readonly bytes: number }[] = [];
  for (const name of await readdir(root)) {
    const folder = new BuildFolder(join(root, name));
    if (spared.has(name)) continue;
    const state = await folder.read();
    if (state === undefined) await removeTree(folder.path);
    else builds.push({ folder, state, bytes: await sizeOf(folder.artifacts) });
  }
  builds.sort((a, b) => (a.state.startedAt < b.state.startedAt ? 1 : -1));
  const perProject = new Map<string, number>();
  let bytes = 0;
  for (const build of builds) {
    const place = (perProject.get(build.state.project) ?? 0) + 1;
    perProject.set(build.state.project, place);
    bytes += build.bytes;
    const tooMuch = bytes > kept.artifactBytes;
    if (tooMuch) await removeTree(build.folder.artifacts);
    if (place <= kept.buildsPerProject) continue;
    if (build.bytes === 0 || tooMuch) await removeTree(build.folder.path);
    else await build.folder.removeRecords();
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const sizes = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name));
      return found.isFile() ? found.size : 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Builds leave folders behind that cannot be written (Go's module cache): they are opened first. */
async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(async (error: unknown) => {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'ENOTEMPTY')))
      throw error;
    const { chmod } = await import('node:fs/promises');
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true }))
      if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o700);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  });
}
