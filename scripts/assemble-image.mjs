/**
 * Lays out what a service's image adds to its base: `node scripts/assemble-image.mjs FOLDER MODULES OUT`, run inside the
 * build by each Dockerfile, after the compiler. MODULES is a node_modules folder installed without development packages.
 *
 * OUT/rootfs/app holds the service's compiled code, that of the workspaces it stands on, its data, and its packages, without
 * what Node does not read on this kind of machine; OUT/writable/data is the one folder that the service may write to.
 * Every time is SOURCE_DATE_EPOCH (seconds, 0) and every mode 644 or 755, so that the same commit makes the same layers.
 */
import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
} from 'node:fs';
import { existsSync, lstatSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';

const [folder, modules, out] = process.argv.slice(2);
if (!folder || !modules || !out) throw new Error('usage: node scripts/assemble-image.mjs FOLDER MODULES OUT');
const epoch = Number(process.env.SOURCE_DATE_EPOCH || 0);
const app = join(out, 'rootfs/app');

/** What a service reads beside its compiled code, by folder. */
const DATA = { 'infra-oneclick': ['terraform'] };
const libc = process.report.getReport().header.glibcVersionRuntime ? 'linux' : 'linuxmusl';

/** Nothing that Node reads when it runs: tests, types, what they and the code were made of, maps, prose, tools' caches. */
const LEFT_OUT = [
  /\.(?:test|spec)\.[cm]?js$/,
  /\.(?:map|tsbuildinfo|[cm]?ts|tsx|md|markdown|flow)$/i,
  /(?:^|\/)\.(?:bin|cache)$/,
];
const LEFT_OUT_OF_PACKAGES = [
  ...LEFT_OUT,
  /^(?:@types|@aws-deployer)$/,
  // What packages publish beside themselves, in the folders right below their root.
  /(?:^|\/node_modules\/)(?:@[^/]+\/)?[^@/]+\/(?:tests?|__tests__|examples?|bench(?:marks?)?|docs?|\.github)$/,
  // Sources of binaries: nothing is compiled here. Binaries of other programs, and of other machines.
  /\.(?:c|cc|cpp|h|hpp|inl|gyp|gypi|cmake|bare)$/,
  /^better-sqlite3\/(?:deps|src)$/,
  new RegExp(`^better-sqlite3/prebuilds/(?!${libc}-${process.arch}\\.node$)`),
  // The same code once more, for bundlers and browsers: Node takes dist-cjs, the reference page swagger-ui-bundle.
  /\/dist-(?:types|es)$/,
  /^swagger-ui-dist\/(?:swagger-ui-es-.*|swagger-ui\.js|log\..*)$/,
  /^protobufjs\/dist$/,
];
/** Terraform's own tests, and what only they read. */
const LEFT_OUT_OF_DATA = [
  /(?:^|\/)(?:tests|testing|\.terraform|\.terraform\.lock\.hcl|README\.md)$/,
  /\.tfstate(?:\.|$)/,
];

/** The workspace and those it depends on, by folder. */
function closure(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const { dependencies = {} } = JSON.parse(readFileSync(`${name}/package.json`, 'utf8'));
  for (const dependency of Object.keys(dependencies))
    if (dependency.startsWith('@aws-deployer/')) closure(dependency.slice('@aws-deployer/'.length), found);
  return found;
}

function copy(from, to, leftOut, path = '') {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const [source, target, inner] = [join(from, name), join(to, name), path === '' ? name : `${path}/${name}`];
    if (leftOut.some((pattern) => pattern.test(inner))) continue;
    const found = lstatSync(source);
    if (found.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (found.isDirectory()) copy(source, target, leftOut, inner);
    else {
      copyFileSync(source, target);
      chmodSync(target, found.mode & 0o100 ? 0o755 : 0o644);
    }
  }
  if (readdirSync(to).length === 0) rmdirSync(to);
}

function setTimes(path) {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return lutimesSync(path, epoch, epoch);
  if (found.isDirectory()) {
    chmodSync(path, 0o755);
    for (const name of readdirSync(path)) setTimes(join(path, name));
  }
  utimesSync(path, epoch, epoch);
}

copy(modules, join(app, 'node_modules'), LEFT_OUT_OF_PACKAGES);
mkdirSync(join(app, 'node_modules/@aws-deployer'));
for (const name of closure(folder)) {
  mkdirSync(join(app, name));
  copyFileSync(`${name}/package.json`, join(app, name, 'package.json'));
  chmodSync(join(app, name, 'package.json'), 0o644);
  copy(`${name}/dist`, join(app, name, 'dist'), [...LEFT_OUT, /(?:^|\/)testing$/, /^types$/]);
  for (const data of DATA[name] ?? []) copy(`${name}/${data}`, join(app, name, data), LEFT_OUT_OF_DATA);
  symlinkSync(`../../${name}`, join(app, 'node_modules/@aws-deployer', name));
}
mkdirSync(join(out, 'writable/data'), { recursive: true });
for (const part of ['rootfs', 'writable']) setTimes(join(out, part));
if (!existsSync(join(app, folder, 'dist')) || !statSync(join(app, 'node_modules')).isDirectory())
  throw new Error(`nothing was compiled in ${folder}`);
