/**
 * Makes an image root usable as `/` inside a mount namespace: the host's programs shine through, what is written stays.
 *
 * ```
 * /usr        the image's over the host's; bin, sbin, lib… of it read-only
 * /etc        the image's over the host's, read-only
 * /dev /proc  the host's devices, the namespace's processes
 * the rest    the image's own: /app, /home, /opt, /root, /srv, /tmp, /var, …
 * ```
 *
 * Overlays need Linux 5.11 and user namespaces; `namespacesWork` tries once with everything that is needed.
 */
import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readlink, realpath, rm, rmdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { statOf } from '../dockerfile/file-facts.js';

export interface HostMount {
  /** A folder of this machine, shown read-only. */
  readonly source: string;
  /** Absolute path in the image. */
  readonly target: string;
}
export interface PreparedRoot {
  readonly root: string;
  /** Bookkeeping of the overlays. */
  readonly work: string;
  readonly mounts: readonly HostMount[];
  /** Takes away what was only there to mount upon. */
  clean(): Promise<void>;
}
const READ_ONLY = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'libexec', 'include'];
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Where the commands that make the namespace are, whatever the image's PATH says. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The command that runs `argv` in a namespace with the prepared root, and dies with everything it started: when it is killed, and
 * when the process that started it is, which then cannot do so any more.
 */
export const namespaceCommand = (
  prepared: PreparedRoot,
  path: string,
  workdir: string,
  argv: readonly string[],
): readonly [string, readonly string[]] => [
  '/usr/bin/env',
  [
    ...[
      `PATH=${SYSTEM_PATH}`,
      ...['setpriv', '--pdeathsig', 'KILL'],
      'unshare',
      '--user',
      '--map-root-user',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child=KILL',
    ],
    ...['/bin/sh', '-c', namespaceScript(prepared), 'run', path, workdir, ...argv],
  ],
];

/** Runs as the namespace's first process; its arguments are the image's PATH, the working folder and the program. */
function namespaceScript(prepared: PreparedRoot): string {
  const { root, work } = prepared;
  const at = (path: string): string => quoted(join(root, path));
  const overlay = (lower: string, upper: string, name: string): string =>
    `mount -t overlay overlay -o ${quoted(`lowerdir=${lower},upperdir=${upper},workdir=${join(work, name)},userxattr`)} ${quoted(upper)}`;
  const readOnly = (layers: readonly string[], target: string): string =>
    `mount -t overlay overlay -o ${quoted(`lowerdir=${layers.join(':')},userxattr`)} ${at(target)}`;
  return [
    'set -e',
    'image_path=$1; workdir=$2; shift 2',
    overlay('/usr', join(root, 'usr'), 'usr'),
    `for d in ${READ_ONLY.join(' ')}; do if [ -d ${at('usr')}/$d ] && [ ! -L ${at('usr')}/$d ]; then mount --bind ${at('usr')}/$d ${at('usr')}/$d; mount -o remount,bind,ro ${at('usr')}/$d; fi; done`,
    readOnly([join(root, 'etc'), '/etc'], 'etc'),
    ...prepared.mounts.map((mount) => readOnly([mount.source, join(work, 'empty')], mount.target)),
    `mount --rbind /dev ${at('dev')}`,
    `mount -t proc proc ${at('proc')} 2>/dev/null || mount --rbind /proc ${at('proc')}`,
    // The working folder is entered inside the new root; what follows replaces this shell.
    'chroot=$(command -v chroot); PATH=$image_path',
    `exec "$chroot" ${quoted(root)} /bin/sh -c 'cd "$0" && exec "$@"' "$workdir" "$@"`,
  ].join('\n');
}

export async function prepareRoot(root: string, work: string, mounts: readonly HostMount[]): Promise<PreparedRoot> {
  const made: string[] = [];
  const makeMountPoint = async (path: string): Promise<void> => {
    const place = join(root, path);
    if ((await statOf(place)) !== undefined) return;
    await makeMountPoint(dirname(path));
    await mkdir(place, { mode: 0o755 });
    made.push(place);
  };
  // As on this machine: /bin and its like are often links into /usr.
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
    const host = await statOf(`/${name}`);
    if (host === undefined || (await statOf(join(root, name))) !== undefined) continue;
    await symlink(host.isSymbolicLink() ? await readlink(`/${name}`) : `usr/${name}`, join(root, name));
    made.push(join(root, name));
  }
  const shown = [...mounts];
  // Name resolution is often a link into /run, which the image does not have.
  const resolver = await realpath('/etc/resolv.conf').catch(() => '/etc/resolv.conf');
  if (resolver.startsWith('/run/')) shown.push({ source: dirname(resolver), target: dirname(resolver) });
  const targets = shown.map((mount) => mount.target);
  for (const path of ['/usr', '/etc', '/dev', '/proc', ...targets]) await makeMountPoint(path);
  for (const path of ['tmp', 'var/tmp', 'root', 'home', 'opt', 'srv']) await makeMountPoint(`/${path}`);
  await chmod(join(root, 'tmp'), 0o1777);
  for (const name of ['usr', 'empty']) await mkdir(join(work, name), { recursive: true });
  return {
    root,
    work,
    mounts: shown,
    clean: async () => {
      // The last made lies deepest; a folder that the line filled stays.
      for (const path of made.reverse()) {
        if ((await lstat(path)).isSymbolicLink()) await rm(path);
        else if ((await readdir(path)).length === 0) await rmdir(path);
      }
      // The kernel leaves a folder that nobody may enter.
      const inner = join(work, 'usr', 'work');
      if ((await statOf(inner)) !== undefined) await chmod(inner, 0o700);
      await rm(work, { recursive: true, force: true });
    },
  };
}

/** Whether lines can have namespaces here, tried once with a real one; the reason when they cannot. */
export async function namespacesWork(): Promise<{ readonly works: boolean; readonly why: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'deployer-namespace-'));
  const root = join(folder, 'root');
  try {
    await mkdir(root);
    const prepared = await prepareRoot(root, join(folder, 'work'), []);
    try {
      const [command, args] = namespaceCommand(prepared, SYSTEM_PATH, '/', ['/bin/sh', '-c', 'echo > /tmp/x']);
      await promisify(execFile)(command, args, { timeout: 10_000, env: {} });
      return { works: true, why: 'user and mount namespaces with overlays' };
    } finally {
      await prepared.clean();
    }
  } catch (error) {
    const said = error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error);
    return { works: false, why: `no user and mount namespaces with overlays here (${said.slice(0, 200)})` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
