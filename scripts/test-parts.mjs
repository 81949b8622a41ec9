/**
 * The real parts that the tests run against: started on loopback with their data in one temporary folder, stopped by process
 * id. `startParts` says one line per part: used, or why not. On a CI machine (CI=true, root) missing Debian packages are
 * installed and a part that is still missing is a failure; elsewhere its tests are skipped.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { run } from './prepare.mjs';

export const ci = process.env.CI === 'true';
const isRoot = process.getuid?.() === 0;

/** What must be there, by the file that proves it, and the Debian package that brings it (null: the machine's own). */
const PROGRAMS = [
  { part: 'mariadb', file: 'mariadbd', debian: 'mariadb-server' },
  { part: 'docker', file: 'dockerd', debian: 'docker.io' },
  { part: 'docker network', file: 'ip', debian: 'iproute2' },
  { part: 'image registry', file: 'docker-registry', debian: 'docker-registry' },
  { part: 'promtool', file: 'promtool', debian: 'prometheus' },
  { part: 'alertmanager', file: 'prometheus-alertmanager', debian: 'prometheus-alertmanager' },
  { part: 'nginx', file: 'nginx', debian: 'nginx' },
  { part: 'chromium', file: 'chromium', debian: 'chromium' },
  { part: 'busybox', file: 'busybox', debian: 'busybox-static' },
  { part: 'python', file: '/usr/bin/python3', debian: 'python3' },
  { part: 'python venv', file: '/usr/lib/python3/dist-packages/flask/__init__.py', debian: 'python3-flask' },
  { part: 'shellcheck', file: 'shellcheck', debian: 'shellcheck' },
  { part: 'jq', file: 'jq', debian: 'jq' },
  { part: 'curl', file: 'curl', debian: 'curl' },
  { part: 'openssl', file: 'openssl', debian: 'openssl' },
  { part: 'kubectl', file: 'kubectl', debian: null },
  { part: 'git', file: 'git', debian: 'git' },
  { part: 'ssh', file: 'ssh', debian: 'openssh-client' },
  { part: 'strip', file: 'strip', debian: 'binutils' },
];

/**
 * Resolves with `{ env, skipped, missing, stop }`: variables for the tests, the parts they do without, and those that should
 * have been there. `folder` is the caller's to remove after `stop`. `wanted`: the servers to start.
 */
export async function startParts(folder, say, wanted = ['mariadb', 'docker']) {
  await installMissing(say);
  const absent = PROGRAMS.filter(({ file }) => !find(file));
  for (const { part, file, debian } of absent)
    say(`${part}: not used, ${file} is not here${debian ? ` (Debian package ${debian})` : ''}`);
  const parts = { env: {}, without: absent.map(({ part }) => part), stops: [] };
  const lacks = (name) => parts.without.includes(name);
  if (!lacks('chromium')) parts.env.CHROMIUM = find('chromium');
  if (wanted.includes('mariadb'))
    await use(parts, 'mariadb', say, () => startMariadb(folder, process.env.TEST_MYSQL_URL));
  if (wanted.includes('docker'))
    await use(parts, 'docker', say, () => startDocker(folder, process.env.TEST_DOCKER_HOST));
  return {
    env: parts.env,
    skipped: ci ? [] : parts.without,
    missing: ci ? parts.without : [],
    stop: async () => {
      for (const stop of parts.stops.reverse()) await stop();
    },
  };
}

async function use(parts, name, say, start) {
  if (parts.without.includes(name)) return;
  try {
    const { env, said, stop } = await start();
    Object.assign(parts.env, env);
    if (stop) parts.stops.push(stop);
    say(`${name}: ${said}`);
  } catch (error) {
    say(`${name}: not used, it does not run here: ${error.message}`);
    parts.without.push(name);
  }
}

async function installMissing(say) {
  const wanted = PROGRAMS.filter(({ file, debian }) => debian && !find(file)).map(({ debian }) => debian);
  if (wanted.length === 0 || !ci || !isRoot || !find('apt-get')) return;
  say(`installing ${wanted.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await patiently(() => run('apt-get', ['update', '-q'], { env }));
  const quiet = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  await patiently(() => run('apt-get', ['install', ...quiet, ...wanted], { env }));
}

/** Another apt may hold the lock for a while. */
async function patiently(work) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 5 || !/lock|temporar|unavailable/i.test(error.message)) throw error;
      await wait(attempt * 5_000);
    }
  }
}

/** The whole path of a program on the PATH (or in /usr/sbin), or of an absolute file; undefined when there is none. */
export function find(file) {
  const candidates = file.startsWith('/')
    ? [file]
    : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].map((folder) =>
        join(folder, file),
      );
  return candidates.find((path) => {
    try {
      accessSync(path, file.startsWith('/') ? constants.R_OK : constants.X_OK);
      return true;
    } catch (error) {
      if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(error.code)) return false;
      throw error;
    }
  });
}

async function startMariadb(folder, given) {
  if (given) return { env: { TEST_MYSQL_URL: given }, said: 'used, the one of TEST_MYSQL_URL' };
  const data = join(folder, 'mariadb');
  const as = isRoot ? ['--user=root'] : [];
  await run(find('mariadb-install-db'), [
    ...as,
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]);
  const port = await freePort();
  const server = launch(folder, 'mariadbd', find('mariadbd'), [
    '--no-defaults',
    ...as,
    `--datadir=${data}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${data}.sock`,
    `--pid-file=${data}.pid`,
    '--max-connections=500',
    '--innodb-flush-log-at-trx-commit=1',
  ]);
  await server.until(() => existsSync(`${data}.sock`));
  // Tests come over TCP, where the name of the client may be 127.0.0.1 as well as localhost.
  await run(find('mariadb'), ['--no-defaults', `--socket=${data}.sock`, '-uroot', '-e', 'select 1']);
  return {
    env: { TEST_MYSQL_URL: `mysql://root@127.0.0.1:${port}` },
    said: `used, a server of this run on port ${port}`,
    stop: server.stop,
  };
}

async function startDocker(folder, given) {
  if (given) return { env: { TEST_DOCKER_HOST: given }, said: 'used, the one of TEST_DOCKER_HOST' };
  if (!isRoot) throw new Error('a Docker Engine of its own needs root');
  const base = join(folder, 'docker');
  mkdirSync(base);
  const bridge = await makeBridge();
  const socket = join(base, 'docker.sock');
  const engine = launch(folder, 'dockerd', find('dockerd'), [
    ...['--data-root', join(base, 'data'), '--exec-root', join(base, 'exec'), '--pidfile', join(base, 'pid')],
    ...['--host', `unix://${socket}`, '--bridge', bridge.name, '--iptables=false', '--ip-masq=false'],
  ]);
  const stop = async () => {
    await engine.stop();
    for (const path of mountsBelow(base)) await run('umount', ['--lazy', path]);
    await bridge.remove();
  };
  try {
    await engine.until(() => existsSync(socket) && answers(socket));
  } catch (error) {
    await stop();
    throw error;
  }
  return { env: { TEST_DOCKER_HOST: `unix://${socket}` }, said: 'used, an engine of this run', stop };
}

/** An engine leaves the network namespace of this machine mounted once a container has used it. The innermost first. */
const mountsBelow = (folder) =>
  readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();

/** A network of its own, so that another engine on this machine is not in the way. */
async function makeBridge() {
  const name = `adt${process.pid}`;
  const taken = await run('ip', ['-4', '-o', 'addr']);
  const third = [...Array(200).keys()].find((octet) => !taken.includes(`172.30.${octet}.`)) ?? 0;
  await run('ip', ['link', 'add', 'name', name, 'type', 'bridge']);
  await run('ip', ['addr', 'add', `172.30.${third}.1/24`, 'dev', name]);
  await run('ip', ['link', 'set', name, 'up']);
  return { name, remove: () => run('ip', ['link', 'del', name]) };
}

/** Whether the engine behind this socket is ready for work. */
function answers(socketPath) {
  return new Promise((resolve) => {
    const call = request({ socketPath, path: '/_ping', timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(false)); // not listening yet: asked again
    call.end();
  });
}

/** A server with its output in a file. `until` waits for its readiness, 30 s at most; `stop` asks, then insists. */
function launch(folder, name, program, args) {
  const logFile = join(folder, `${name}.log`);
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log] });
  let ended = false;
  const exit = new Promise((resolve) => {
    const end = () => {
      ended = true;
      resolve();
    };
    child.on('exit', end);
    child.on('error', end);
  });
  const stop = async () => {
    if (ended) return;
    child.kill('SIGTERM');
    const gone = await Promise.race([exit.then(() => true), wait(15_000, false, { ref: false })]);
    if (!gone) child.kill('SIGKILL');
    await exit;
  };
  const until = async (ready) => {
    const limit = Date.now() + 30_000;
    while (!(await ready())) {
      if (ended || Date.now() > limit) {
        const why = ended ? 'ended at once' : 'is not ready after 30 s';
        await stop();
        throw new Error(`${why}: ${readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join(' | ')}`);
      }
      await wait(100);
    }
  };
  return { stop, until };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export const removeFolder = (folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
