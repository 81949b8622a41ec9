/**
 * A container's command as a command of this host: absolute paths mean the unpacked root where the image has them, and
 * interpreters that the root lacks (`node`, `python3`, `sh`, …) are the host's own.
 */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import type { RunConfig } from '@aws-deployer/platform/oci/image-manifest';
import { StartError } from '../container-runtime.js';

export interface HostCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}
export interface CommandParts {
  readonly root: string;
  readonly config: RunConfig;
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[] | undefined;
  readonly workingDir: string | undefined;
  /** Of the pod; wins over the image's. */
  readonly env: Readonly<Record<string, string>>;
  readonly mountTargets: readonly string[];
}

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash']);

/** Throws StartError: `create` without a command, `run` when there is no such program. */
export function hostCommand(parts: CommandParts): HostCommand {
  const { root, config } = parts;
  const argv = [
    ...(parts.command ?? config.Entrypoint ?? []),
    ...(parts.args ?? (parts.command === undefined ? (config.Cmd ?? []) : [])),
  ];
  const [program, ...rest] = argv;
  if (program === undefined) throw new StartError('create', 'no command specified');
  const env = environment(parts);
  const cwd = inRoot(root, parts.workingDir ?? config.WorkingDir ?? '/');
  const isShell = SHELLS.has(basename(program));
  const scriptAt = isShell ? rest.findIndex((word) => /^-\w*c$/.test(word)) + 1 : 0;
  const args = rest.map((word, index) =>
    scriptAt > 0 && index === scriptAt ? rewriteScript(root, word) : rewriteWord(root, word),
  );
  return withInterpreter(root, findProgram(root, program, cwd, env['PATH'] ?? ''), args, cwd, env);
}

export const inRoot = (root: string, path: string): string => join(root, resolve('/', path));

/** A command to run beside a container (`exec`), by the same rules. */
export function hostExec(
  root: string,
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): HostCommand {
  const [program = '', ...rest] = command;
  const args = rest.map((word) => rewriteScript(root, word));
  return withInterpreter(root, findProgram(root, program, cwd, env['PATH'] ?? ''), args, cwd, env);
}

function environment({ root, config, env, mountTargets }: CommandParts): Record<string, string> {
  const image: Record<string, string> = {};
  for (const entry of config.Env ?? []) {
    const at = entry.indexOf('=');
    if (at > 0) image[entry.slice(0, at)] = rewriteList(root, entry.slice(at + 1));
  }
  const pod: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const mounted = mountTargets.some(
      (target) => value === target || value.startsWith(`${target.replace(/\/$/, '')}/`),
    );
    pod[name] = mounted ? inRoot(root, value) : value;
  }
  const imagePath = (image['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith(root));
  const hostPath = [...imagePath, dirname(process.execPath), process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'];
  return {
    HOME: root,
    TMPDIR: join(root, 'tmp'),
    LANG: 'C.UTF-8',
    // Into a file Python would write in blocks: the log would show a crash and not what led to it.
    PYTHONUNBUFFERED: '1',
    ...image,
    ...pod,
    PATH: pod['PATH'] ?? hostPath.join(delimiter),
  };
}

/** The image has the path, or the folder of a file that is still to be made and is not one of the host's. */
function belongsToRoot(root: string, path: string): boolean {
  if (path === '/') return false;
  if (existsSync(inRoot(root, path))) return true;
  const folder = dirname(path);
  return folder !== '/' && existsSync(inRoot(root, folder)) && !existsSync(path);
}

const rewriteWord = (root: string, word: string): string => {
  const assigned = /^(--?[\w-]+=)(\/.+)$/.exec(word);
  if (assigned?.[2] !== undefined) return `${assigned[1] ?? ''}${rewriteWord(root, assigned[2])}`;
  return word.startsWith('/') && belongsToRoot(root, word) ? inRoot(root, word) : word;
};

/** Absolute paths anywhere in a shell script. */
const rewriteScript = (root: string, script: string): string =>
  script.replaceAll(/(^|[\s='":;,(<>|&])(\/[^\s'":;,()<>|&]*)/g, (all, before: string, path: string) =>
    belongsToRoot(root, path) ? `${before}${inRoot(root, path)}` : all,
  );

/** `PATH`, `PYTHONPATH`, `VIRTUAL_ENV`: one path or several. */
const rewriteList = (root: string, value: string): string =>
  value
    .split(':')
    .map((part) => (part.startsWith('/') && belongsToRoot(root, part) ? inRoot(root, part) : part))
    .join(':');

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

const onPath = (name: string, path: string): string | undefined =>
  path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);

function findProgram(root: string, program: string, cwd: string, path: string): string {
  const refused = (why: string): StartError =>
    new StartError('run', `unable to start container process: exec: "${program}": ${why}: unknown`);
  if (!program.includes('/')) {
    const found = onPath(program, path);
    if (found === undefined) throw refused('executable file not found in $PATH');
    return found;
  }
  const own = isAbsolute(program) ? inRoot(root, program) : resolve(cwd, program);
  if (existsSync(own)) {
    if (isExecutable(own)) return own;
    throw refused('permission denied');
  }
  const hosts = isAbsolute(program) ? onPath(basename(program), path) : undefined;
  if (hosts === undefined) throw refused(`stat ${program}: no such file or directory`);
  return hosts;
}

/** A script whose first line names an interpreter by a path that only the image has: that one, or the host's of its name. */
function withInterpreter(
  root: string,
  file: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): HostCommand {
  const first = file.startsWith(root) ? firstLine(file) : '';
  const [interpreter, argument] = first.startsWith('#!')
    ? first
        .slice(2)
        .trim()
        .split(/\s+(.*)/)
    : [];
  if (interpreter === undefined || interpreter === '') return { file, args, cwd, env };
  const own = inRoot(root, interpreter);
  if (!isExecutable(own) && existsSync(interpreter)) return { file, args, cwd, env };
  const found = isExecutable(own) ? own : onPath(basename(interpreter), env['PATH'] ?? '');
  if (found === undefined)
    throw new StartError(
      'run',
      `unable to start container process: exec: "${file}": ${interpreter}: no such file or directory: unknown`,
    );
  return {
    file: found,
    args: [...(argument === undefined || argument === '' ? [] : [argument]), file, ...args],
    cwd,
    env,
  };
}

function firstLine(file: string): string {
  const text = readFileSync(file).subarray(0, 256).toString('latin1');
  return text.split('\n')[0] ?? '';
}
