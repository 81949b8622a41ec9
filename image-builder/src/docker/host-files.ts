/**
 * Gathers the files of this machine that a runtime needs to run anywhere: what `ldd` names for every program and
 * extension module, found by asking it and not by guessing.
 */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Pack } from 'tar-stream';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { statOf } from '../dockerfile/file-facts.js';
import { STATIC_SERVER_PATH, staticServer } from '../dockerfile/static-server.js';

const run = promisify(execFile);

export interface BaseFiles {
  /** Same identity, same image. */
  readonly identity: string;
  /** `Node 24.21.0` */
  readonly words: string;
  /** Dockerfile instructions for the import: CMD, ENV, … */
  readonly changes: readonly string[];
  /** A fresh stream of the file system. */
  tar(): Readable;
}
type Content =
  | { readonly kind: 'file'; readonly from: string; readonly mode?: number }
  | { readonly kind: 'text'; readonly text: string; readonly mode: number }
  | { readonly kind: 'link'; readonly to: string };

const PATH = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export async function nodeFiles(distroless: boolean): Promise<BaseFiles> {
  const files = await systemFiles();
  await addProgram(files, process.execPath, '/usr/local/bin/node');
  await addNeighbours(files, GLIBC_PARTS);
  const npm = await npmFolder();
  if (npm !== undefined) {
    await addTree(files, npm, '/usr/local/lib/node_modules/npm');
    for (const name of ['npm', 'npx'])
      files.set(`/usr/local/bin/${name}`, { kind: 'link', to: `../lib/node_modules/npm/bin/${name}-cli.js` });
  }
  const version = process.versions.node;
  const start = distroless ? ['ENTRYPOINT ["node"]'] : ['CMD ["node"]'];
  return baseOf(files, `Node ${version}`, [PATH, `ENV NODE_VERSION=${version}`, ...start]);
}

export async function pythonFiles(distroless: boolean): Promise<BaseFiles> {
  const files = await systemFiles();
  const python = (await statOf('/usr/bin/python3')) === undefined ? undefined : await realpath('/usr/bin/python3');
  if (python === undefined)
    throw new AppError(
      'unavailable',
      'base_not_found',
      'python3 is not installed on this machine, to stand in for the base image',
    );
  const version = (await run(python, ['--version'])).stdout.trim().replace('Python ', '');
  const minor = version.split('.').slice(0, 2).join('.');
  await addProgram(files, python, `/usr/bin/python${minor}`);
  for (const [name, target] of [
    ['/usr/bin/python3', `python${minor}`],
    ['/usr/local/bin/python', `/usr/bin/python${minor}`],
    ['/usr/local/bin/python3', `/usr/bin/python${minor}`],
  ] as const)
    files.set(name, { kind: 'link', to: target });
  const skip = /(?:^|\/)(?:__pycache__|test|tests|EXTERNALLY-MANAGED|idlelib|tkinter)(?:\/|$)/;
  for (const folder of [
    `/usr/lib/python${minor}`,
    '/usr/lib/python3/dist-packages',
    `/usr/local/lib/python${minor}/dist-packages`,
  ])
    if ((await statOf(folder)) !== undefined) await addTree(files, folder, folder, skip);
  await addLibraries(
    files,
    [...files.keys()].filter((path) => /\.so(?:\.\d+)*$/.test(path)),
  );
  const wheel = (await namesIn('/usr/share/python-wheels')).find((name) => /^pip-.*\.whl$/.test(name));
  if (wheel !== undefined) {
    files.set(`/usr/share/python-wheels/${wheel}`, { kind: 'file', from: join('/usr/share/python-wheels', wheel) });
    for (const name of ['pip', 'pip3'])
      files.set(`/usr/local/bin/${name}`, {
        kind: 'text',
        text: `#!/bin/sh\nexec python3 /usr/share/python-wheels/${wheel}/pip "$@"\n`,
        mode: 0o755,
      });
  }
  const start = distroless ? ['ENTRYPOINT ["python3"]'] : ['CMD ["python3"]'];
  return baseOf(files, `Python ${version}`, [PATH, `ENV PYTHON_VERSION=${version}`, 'ENV LANG=C.UTF-8', ...start]);
}

export async function staticFiles(pages: string): Promise<BaseFiles> {
  const files = await systemFiles();
  await addProgram(files, process.execPath, '/usr/local/bin/node');
  files.set(STATIC_SERVER_PATH, { kind: 'text', text: staticServer(pages), mode: 0o644 });
  files.set(`${pages}/index.html`, {
    kind: 'text',
    text: '<!doctype html><title>Welcome</title><h1>It works</h1>\n',
    mode: 0o644,
  });
  for (const name of ['/usr/sbin/nginx', '/usr/local/bin/httpd-foreground', '/usr/bin/caddy'])
    files.set(name, { kind: 'text', text: `#!/bin/sh\nexec node ${STATIC_SERVER_PATH}\n`, mode: 0o755 });
  return baseOf(files, `static file server on Node ${process.versions.node}`, [
    PATH,
    'EXPOSE 80',
    `CMD ["node", "${STATIC_SERVER_PATH}"]`,
  ]);
}

/** A shell, the usual commands, users, certificates and places for temporary files. */
async function systemFiles(): Promise<Map<string, Content>> {
  const files = new Map<string, Content>();
  const text = (path: string, content: string): void =>
    void files.set(path, { kind: 'text', text: content, mode: 0o644 });
  text(
    '/etc/passwd',
    'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\nnginx:x:101:101::/nonexistent:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/sh\n',
  );
  text('/etc/group', 'root:x:0:\nnode:x:1000:\nnginx:x:101:\nnogroup:x:65534:\n');
  text('/etc/nsswitch.conf', 'hosts: files dns\n');
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  if ((await statOf(certificates)) !== undefined)
    files.set(certificates, { kind: 'file', from: await realpath(certificates), mode: 0o644 });
  const busybox = await staticBusybox();
  if (busybox !== undefined) {
    files.set('/bin/busybox', { kind: 'file', from: busybox, mode: 0o755 });
    const { stdout } = await run(busybox, ['--list']);
    for (const name of stdout.split('\n').filter(Boolean))
      if (name !== 'busybox') files.set(`/bin/${name}`, { kind: 'link', to: 'busybox' });
    files.set('/usr/bin/env', { kind: 'link', to: '/bin/busybox' });
    return files;
  }
  for (const name of COMMANDS) {
    const found = (await statOf(`/bin/${name}`)) !== undefined ? `/bin/${name}` : `/usr/bin/${name}`;
    if ((await statOf(found)) !== undefined) await addProgram(files, found, `/bin/${name}`);
  }
  files.set('/usr/bin/env', { kind: 'link', to: '/bin/env' });
  return files;
}
const COMMANDS =
  'sh bash cat chmod chown cp cut date dirname basename echo env expr find grep head hostname id ln ls mkdir mktemp mv printf pwd readlink rm rmdir sed sleep sort stat tail tar tee test touch tr true false uname wc which xargs'.split(
    ' ',
  );

async function staticBusybox(): Promise<string | undefined> {
  for (const path of ['/bin/busybox', '/usr/bin/busybox']) {
    if ((await statOf(path)) === undefined) continue;
    if ((await linkedLibraries([path])).length === 0) return realpath(path);
  }
  return undefined;
}

async function npmFolder(): Promise<string | undefined> {
  for (const folder of [
    join(dirname(process.execPath), '../lib/node_modules/npm'),
    '/usr/lib/node_modules/npm',
    '/usr/local/lib/node_modules/npm',
    '/usr/share/nodejs/npm',
  ])
    if ((await statOf(folder)) !== undefined) return realpath(folder);
  return undefined;
}

async function addProgram(files: Map<string, Content>, from: string, to: string): Promise<void> {
  const real = await realpath(from);
  files.set(to, { kind: 'file', from: real, mode: 0o755 });
  await addLibraries(files, [real]);
}

async function addLibraries(files: Map<string, Content>, programs: readonly string[]): Promise<void> {
  for (const library of await linkedLibraries(programs))
    if (!files.has(library)) files.set(library, { kind: 'file', from: await realpath(library), mode: 0o755 });
}

/** What packages with native code are linked with although the program itself is not: every official image has them. */
const GLIBC_PARTS = ['librt.so.1', 'libutil.so.1', 'libresolv.so.2', 'libnss_dns.so.2', 'libnss_files.so.2'];

/** Adds the named libraries from where the C library lies. */
async function addNeighbours(files: Map<string, Content>, names: readonly string[]): Promise<void> {
  const libc = [...files.keys()].find((path) => path.endsWith('/libc.so.6'));
  if (libc === undefined) return;
  for (const path of names.map((name) => join(dirname(libc), name)))
    if ((await statOf(path)) !== undefined) files.set(path, { kind: 'file', from: await realpath(path), mode: 0o755 });
}

/** Absolute paths of the shared libraries, the loader among them; none for a static program. */
async function linkedLibraries(programs: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let i = 0; i < programs.length; i += 100) {
    const answer = await run('ldd', [...programs.slice(i, i + 100)], { maxBuffer: 16 * 1024 * 1024 }).catch(
      // A static program or a library for another machine makes ldd fail; what it did say counts.
      (error: unknown) => ({ stdout: error instanceof Error && 'stdout' in error ? String(error.stdout) : '' }),
    );
    for (const [, path] of answer.stdout.matchAll(/(?:=>\s*|^\s+)(\/\S+)\s+\(0x/gm))
      if (path !== undefined) found.add(path);
  }
  return [...found].sort();
}

async function addTree(files: Map<string, Content>, from: string, to: string, skip?: RegExp): Promise<void> {
  for (const name of await namesIn(from)) {
    const [source, target] = [join(from, name), posix.join(to, name)];
    if (skip?.test(target) === true) continue;
    const found = await statOf(source);
    if (found?.isSymbolicLink() === true) {
      const link = await readlink(source);
      if (!link.startsWith('/')) files.set(target, { kind: 'link', to: link });
      // An absolute link leads out of what is gathered here: its file comes along instead.
      else if ((await statOf(link))?.isFile() === true) files.set(target, { kind: 'file', from: await realpath(link) });
    } else if (found?.isDirectory() === true) await addTree(files, source, target, skip);
    else if (found?.isFile() === true) files.set(target, { kind: 'file', from: source });
  }
}
const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await statOf(folder))?.isDirectory() === true ? (await readdir(folder)).sort() : [];

async function baseOf(
  files: ReadonlyMap<string, Content>,
  words: string,
  changes: readonly string[],
): Promise<BaseFiles> {
  const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const facts: string[] = [...changes];
  for (const [path, content] of entries) {
    if (content.kind !== 'file') facts.push(`${path} ${JSON.stringify(content)}`);
    else facts.push(`${path} ${String((await stat(content.from)).size)}`);
  }
  const { pack } = await import('tar-stream');
  return {
    identity: facts.join('\n'),
    words,
    changes,
    tar: () => {
      const tar = pack();
      writeEntries(tar, entries).catch((error: unknown) =>
        tar.destroy(error instanceof Error ? error : new Error(String(error))),
      );
      return Readable.from(tar);
    },
  };
}

async function writeEntries(tar: Pack, entries: readonly (readonly [string, Content])[]): Promise<void> {
  const common = { mtime: new Date(0), uid: 0, gid: 0 };
  for (const [name, mode] of [
    ['tmp', 0o1777],
    ['var/tmp', 0o1777],
    ['root', 0o755],
    ['home/node', 0o777],
  ] as const)
    tar.entry({ ...common, name: `${name}/`, type: 'directory', mode });
  for (const [path, content] of entries) {
    const name = path.slice(1);
    if (content.kind === 'link') tar.entry({ ...common, name, type: 'symlink', linkname: content.to, mode: 0o777 });
    else if (content.kind === 'text') tar.entry({ ...common, name, mode: content.mode }, content.text);
    else {
      const { size, mode } = await stat(content.from);
      // Small files in one go: a Python library has thousands.
      if (size < 65_536)
        tar.entry({ ...common, name, mode: content.mode ?? mode & 0o777 }, await readFile(content.from));
      else
        await pipeline(
          createReadStream(content.from),
          tar.entry({ ...common, name, size, mode: content.mode ?? mode & 0o777 }),
        );
    }
  }
  tar.finalize();
}
