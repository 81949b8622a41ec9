/**
 * Gathers the root file system that the services' images start from: `node gather-root.mjs OUT`, run inside the build of each
 * image on a Debian with Node, git, ssh, dash and strip. What is not gathered is in no image: no package manager, no Perl.
 *
 *   OUT/node    Node without its symbols, the libraries it names, certificates, two users, /tmp
 *   OUT/shell   /bin/sh alone, without a command beside what it can do itself
 *   OUT/git     git over http and ssh, in addition to both
 *
 * Ends with 1 and names what is missing when a program, or a library that one is linked with, is not to be had. Times are 0
 * and modes fixed, so that the same packages make the same layers, whatever the commit.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, copyFileSync, existsSync, lstatSync, lutimesSync } from 'node:fs';
import { mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const [out] = process.argv.slice(2);
if (!out) throw new Error('usage: node gather-root.mjs OUT');

/** The account that the images run as; ssh refuses to start for one that has no name. */
const ACCOUNTS = {
  '/etc/passwd':
    'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n',
  '/etc/group': 'root:x:0:\nnonroot:x:65532:\nnogroup:x:65534:\n',
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** Loaded by name when they are needed, or by packages with native code: no program names them. Before glibc 2.34 all are apart. */
const GLIBC_PARTS = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2', 'librt.so.1', 'libutil.so.1'];

/** Paths in the images that a part holds, and the files of this machine that they were made of. */
const gathered = new Set();
const sources = new Set();

/** Of one part, at its path in the image; what a part before it holds is not held again. */
function put(part, from, to = from, mode = 0o755) {
  if (gathered.has(to)) return;
  if (!existsSync(from)) throw new Error(`${from} is not here, and an image cannot do without it`);
  const target = join(out, part, to);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(from, target);
  chmodSync(target, mode);
  gathered.add(to);
  sources.add(realpathSync(from));
}
function write(part, to, text) {
  const target = join(out, part, to);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}

function program(part, from, to = from) {
  put(part, from, to);
  for (const library of libraries(from)) put(part, library);
}

/** Asked as `ldd` asks, which is a script for a shell that not every base has: the loader lists, and starts nothing. */
function libraries(file) {
  const { stdout = '' } = spawnSync(file, {
    env: { LD_TRACE_LOADED_OBJECTS: '1' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const missing = [...stdout.matchAll(/^\s*(\S+) => not found$/gm)].map(([, name]) => name);
  if (missing.length > 0) throw new Error(`${file} is linked with ${missing.join(', ')}, which is not here`);
  const found = [...stdout.matchAll(/(\/\S+) \(0x[0-9a-f]+\)$/gm)].map(([, path]) => path);
  const libc = found.find((path) => basename(path) === 'libc.so.6');
  if (libc === undefined) throw new Error(`${file} is not linked with the GNU C library: a Debian base is needed`);
  const places = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'];
  const known = new Set(places.flatMap((place) => [place, join(place, basename(dirname(libc)))]));
  const lost = found.find((path) => !known.has(dirname(path)));
  if (lost) throw new Error(`${file} is linked with ${lost}, which the loader does not find without its cache`);
  const parts = GLIBC_PARTS.map((name) => join(dirname(libc), name));
  return [...found, ...parts.filter((path) => existsSync(path))];
}

/** Of a program on the PATH. */
function find(name) {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes(error.code)) throw error;
    }
  }
  throw new Error(`there is no ${name} here, and an image cannot do without it`);
}

/** For scanners of images: the packages of a part as they find them where there is no package manager, and their licences. */
function recordPackages(part) {
  const paths = [...sources].flatMap((path) => [path, path.replace(/^\/usr\//, '/')]); // as of before and after /usr was merged
  const { error, stdout = '' } = spawnSync('dpkg-query', ['--search', ...paths], { encoding: 'utf8' });
  if (error?.code === 'ENOENT') return; // a base without packages
  if (error) throw error;
  for (const name of new Set([...stdout.matchAll(/^([^\s:]+)(?::\w+)?: /gm)].map(([, found]) => found))) {
    const file = join('/var/lib/dpkg/status.d', name);
    if (gathered.has(file)) continue;
    gathered.add(file);
    write(part, file, execFileSync('dpkg-query', ['--status', name], { encoding: 'utf8' }));
    put(part, join('/usr/share/doc', name, 'copyright'), undefined, 0o644);
  }
  sources.clear();
}

function setTimes(path) {
  const found = lstatSync(path);
  if (found.isDirectory()) for (const name of readdirSync(path)) setTimes(join(path, name));
  if (found.isDirectory() && basename(path) !== 'tmp') chmodSync(path, 0o755);
  lutimesSync(path, 0, 0);
}

const NODE = '/usr/local/bin/node';
program('node', process.execPath, NODE);
// What debuggers read is a seventh of Node; what packages with native code link with stays.
execFileSync(find('strip'), ['--strip-all', join(out, 'node', NODE)]);
put('node', CERTIFICATES, undefined, 0o644);
for (const [path, text] of Object.entries(ACCOUNTS)) write('node', path, text);
if (existsSync('/etc/os-release')) put('node', '/etc/os-release', undefined, 0o644);
mkdirSync(join(out, 'node/tmp'));
chmodSync(join(out, 'node/tmp'), 0o1777);
sources.add('/usr/sbin/update-ca-certificates'); // it made the file of certificates
recordPackages('node');

program('shell', find('dash'), '/bin/sh');
recordPackages('shell');

// Built in by now: all of git that the services call, but for what speaks http.
program('git', find('git'), '/usr/bin/git');
const folder = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
program('git', join(folder, 'git-remote-http'));
symlinkSync('git-remote-http', join(out, 'git', folder, 'git-remote-https'));
program('git', find('ssh'), '/usr/bin/ssh');
recordPackages('git');

for (const part of ['node', 'shell', 'git']) setTimes(join(out, part));
