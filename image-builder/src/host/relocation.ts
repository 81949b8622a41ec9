/**
 * Makes an image root run wherever it is unpacked: as host processes its `/` is some folder, found from the working
 * folder alone. Scripts of Python environments lose the absolute path in their first line, and commands name programs
 * of the image by path, programs of the host by name.
 */
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { statOf } from '../dockerfile/file-facts.js';

const MAX_DEPTH = 4;

/** Folders in the image that hold a Python environment. */
export async function pythonEnvironments(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  const visit = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(join(root, path), { withFileTypes: true });
    if (entries.some((entry) => entry.name === 'pyvenv.cfg')) {
      found.push(path);
      return;
    }
    if (depth === MAX_DEPTH) return;
    for (const entry of entries)
      if (entry.isDirectory() && entry.name !== 'node_modules') await visit(posix.join(path, entry.name), depth + 1);
  };
  await visit('/', 0);
  return found;
}

/** Lets the scripts of a Python environment find the Python beside them. */
export async function relocatePython(root: string, environment: string): Promise<void> {
  const folder = join(root, environment, 'bin');
  for (const name of (await statOf(folder)) === undefined ? [] : await readdir(folder)) {
    const path = join(folder, name);
    const found = await statOf(path);
    if (found?.isFile() !== true || found.size > 1_000_000) continue;
    const content = await readFile(path, 'utf8');
    const python = /^#!\S*\/(python[\d.]*)[^\n]*\n/.exec(content);
    if (python?.[1] === undefined) continue;
    // Shell and Python both read this: the shell runs the Python beside the script, Python sees a text.
    const head = `#!/bin/sh\n'''exec' "$(dirname -- "$(readlink -f -- "$0")")/${python[1]}" "$0" "$@"\n' '''\n`;
    await writeFile(path, head + content.slice(python[0].length));
    await chmod(path, found.mode & 0o777);
  }
  const configuration = join(root, environment, 'pyvenv.cfg');
  await writeFile(configuration, (await readFile(configuration, 'utf8')).replaceAll(root, ''));
}

/** Takes pip, ours or the real one, out of an environment of ours: up to twelve megabytes that nothing runs. */
export async function removePip(root: string, environment: string): Promise<void> {
  const library = join(root, environment, 'lib');
  for (const version of (await statOf(library)) === undefined ? [] : await readdir(library)) {
    const packages = join(library, version, 'site-packages');
    for (const name of (await statOf(packages)) === undefined ? [] : await readdir(packages))
      if (/^pip(?:-[\d.]+\.dist-info|\.stand-in)?$/.test(name))
        await rm(join(packages, name), { recursive: true, force: true });
  }
  const programs = join(root, environment, 'bin');
  for (const name of (await statOf(programs)) === undefined ? [] : await readdir(programs))
    if (/^pip[\d.]*$/.test(name)) await rm(join(programs, name));
}

export interface CommandPlace {
  readonly root: string;
  readonly workdir: string;
  /** The image's PATH. */
  readonly path: string;
}
const inImage = (place: CommandPlace, path: string): boolean =>
  path !== '/' && existsSync(join(place.root, posix.normalize(path)));
const imagePrograms = (place: CommandPlace): readonly string[] =>
  place.path.split(':').filter((folder) => folder.startsWith('/') && inImage(place, folder));

/** The JSON form: the program by its path in the image, else by its name on the host. */
export function relocateArguments(argv: readonly string[], place: CommandPlace): readonly string[] {
  const [program, ...rest] = argv;
  if (program === undefined) return argv;
  if (program.startsWith('/')) {
    // Where the official images keep their runtimes; on the host they are elsewhere.
    const known = /^\/(?:usr\/(?:local\/)?)?bin\/([\w.-]+)$|^\/(?:nodejs|opt\/java\/openjdk)\/bin\/(\w+)$/.exec(
      program,
    );
    const name = known?.[1] ?? known?.[2];
    return inImage(place, program) || name === undefined ? argv : relocateArguments([name, ...rest], place);
  }
  if (program.includes('/')) return argv;
  const folder = imagePrograms(place).find((each) => inImage(place, posix.join(each, program)));
  return folder === undefined ? argv : [posix.join(folder, program), ...rest];
}

/** The shell form: paths of the image relative to the working folder, its program folders first on PATH. */
export function relocateShell(shell: readonly string[], line: string, place: CommandPlace): readonly string[] {
  const relative = (path: string): string => posix.relative(place.workdir, path) || '.';
  const moved = line.replace(/(^|[\s"'=>])(\/[^\s"';|&<>()$`:]+)/g, (whole: string, before: string, path: string) => {
    if (!inImage(place, path)) return whole;
    const target = relative(path);
    return `${before}${target.includes('/') ? target : `./${target}`}`;
  });
  const folders = imagePrograms(place).map((folder) => `$PWD/${relative(folder)}`);
  const path = folders.length === 0 ? '' : `PATH="${folders.join(':')}:$PATH"; export PATH; `;
  return [...relocateArguments(shell, place), `${path}${moved}`];
}
