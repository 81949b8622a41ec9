/**
 * Brings a checkout to the point where it runs: packages installed, sources built, each skipped when nothing changed.
 * Plain JavaScript without dependencies, because it runs before there are any, on whatever Node the caller has (18 or newer).
 * Everything after it runs on the Node that the packages bring.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const node = join(root, 'node_modules/.bin/node');
const stampFolder = join(root, 'node_modules/.cache/aws-deployer');
const services = ['platform', 'auth-service', 'deployer', 'history-service', 'monitor-service'];
const built = [...services, 'local-cluster', 'local-registry', 'scripts', 'cli'];

/** Throws with one sentence when the machine lacks what nothing here can bring. */
export async function checkMachine() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 18) throw new Error(`Node 18 or newer is needed to start; this is ${process.version}`);
  await run('git', ['--version']).catch(() => {
    throw new Error('git is needed: install it and have it on the PATH');
  });
}

/** Installs the packages unless those of the lock file are there already. */
export async function install(say) {
  if (isInstalled()) return;
  const locked = existsSync(join(root, 'package-lock.json'));
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  await step(say, 'installing packages', npm[0], [...npm.slice(1), locked ? 'ci' : 'install', '--include=dev']);
}

/** Compiles what `npm start` runs and bundles the console, each only when its sources changed. */
export async function build(say) {
  await buildOnce(say, 'services', built, 'scripts/dist/local/main.js', [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-b',
    'scripts',
    'cli',
  ]);
  if (existsSync(join(root, 'frontend/index.html')))
    await buildOnce(say, 'console', ['platform', 'frontend'], 'frontend/dist/site/index.html', [
      join(root, 'node_modules/vite/bin/vite.js'),
      'build',
      'frontend',
    ]);
}

/** Compiles what `npm run verdicts` runs, a part of the services, when its sources changed. */
export async function buildVerdicts(say) {
  await buildOnce(
    say,
    'verdicts',
    ['platform', 'image-builder', 'deployer'],
    'deployer/dist/deployments/verdict/replay/main.js',
    [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'deployer'],
  );
}

async function buildOnce(say, name, folders, result, command) {
  const stampFile = join(stampFolder, `${name}.stamp`);
  const stamp = stampOf(folders);
  if (existsSync(join(root, result)) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  rmSync(stampFile, { force: true });
  await step(say, `building the ${name}`, node, command);
  mkdirSync(stampFolder, { recursive: true });
  writeFileSync(stampFile, stamp);
}

/** npm leaves a copy of what it installed last; packages for other kinds of machine are not in it. */
function isInstalled() {
  const [wanted, present] = ['package-lock.json', 'node_modules/.package-lock.json'].map((file) => {
    const path = join(root, file);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
  });
  if (!present || !existsSync(node)) return false;
  return Object.entries(wanted ?? {}).every(
    ([path, { version, optional, link }]) =>
      !path.startsWith('node_modules/') || optional || link || present[path]?.version === version,
  );
}

/** Changes with the name, size or time of any source file: enough to know that nothing happened, and cheap. */
function stampOf(folders) {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  };
  const walk = (path) => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      if (entry.name === 'dist' || entry.name === 'node_modules') continue;
      if (entry.isDirectory()) walk(`${path}/${entry.name}`);
      else add(`${path}/${entry.name}`);
    }
  };
  for (const folder of folders) walk(folder);
  for (const file of ['tsconfig.base.json', 'package.json']) add(file);
  return hash.digest('hex');
}

async function step(say, what, command, args) {
  const began = Date.now();
  say(`${what} …`);
  await run(command, args).catch((error) => {
    throw new Error(`${what} failed:\n${error.message}`);
  });
  say(`${what}: done in ${Math.round((Date.now() - began) / 1000)} s`);
}

/** Runs to its end and resolves with what it printed; rejects with all of it when it fails. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => reject(new Error(`${command} does not start: ${error.message}`)));
    child.on('close', (code, signal) => {
      const text = Buffer.concat(output).toString('utf8');
      if (code === 0) resolve(text);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? `exit code ${code}`}\n${text}`));
    });
  });
}
