/** A process is told to end while it still starts: real processes, in front of a database that takes connections and says nothing. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually, freePort, pause, repositoryRoot } from './started-platform.js';

const node = join(repositoryRoot, 'node_modules/.bin/node');
const LIMIT_MS = 5_000;
/**
 * The first process of a namespace of its own, as in a container: the kernel keeps from it what it has no handler for. Node
 * takes some 50 ms before it runs a line of ours; what comes in them is for the runtime's SIGKILL.
 */
const canBeFirst = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;

let dataDir: string;
let silent: Server;
const connections = new Set<Socket>();
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aws-deployer-signals-'));
  silent = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => connections.delete(socket));
  }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(async () => {
  for (const socket of connections) socket.destroy();
  silent.close();
  await rm(dataDir, { recursive: true, force: true });
});

const databaseUrl = (): string =>
  `mysql://someone:secret@127.0.0.1:${(silent.address() as AddressInfo).port}/somewhere`;
function launch(main: string, args: readonly string[], env: Record<string, string>, first = false): ChildProcess {
  const command = [...(first ? ['unshare', '--pid', '--fork', '--kill-child'] : []), node, join(repositoryRoot, main)];
  const child = spawn(command[0] ?? node, [...command.slice(1), ...args], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}
/** How it ended, and in what time. */
async function ended(child: ChildProcess, send: () => unknown): Promise<{ code: number | null; inTime: boolean }> {
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const began = performance.now();
  send();
  const [code] = await exit;
  return { code, inTime: performance.now() - began < LIMIT_MS };
}

test('a service that waits for its database is alive, not ready, and ends cleanly', async () => {
  const port = await freePort();
  const child = launch('monitor-service/dist/main.js', [], { PORT: String(port), DATABASE_URL: databaseUrl() });
  const status = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  await eventually('life', async () => (await status('/health/live')) === 200, 20_000);
  expect(await status('/health/ready')).toBe(503);
  expect(await ended(child, () => child.kill('SIGTERM'))).toEqual({ code: 0, inTime: true });
});

test('a migration that is broken off has not succeeded', async () => {
  const child = launch('monitor-service/dist/main.js', ['migrate'], { MIGRATION_DATABASE_URL: databaseUrl() });
  await pause(700);
  expect(await ended(child, () => child.kill('SIGTERM'))).toEqual({ code: 143, inTime: true });
});

test('all services on one machine end cleanly before they are up', async () => {
  const [PORT = '', LOCAL_CLUSTER_PORT = ''] = [String(await freePort()), String(await freePort())];
  const child = launch('scripts/dist/local/main.js', [], { PORT, LOCAL_CLUSTER_PORT, DATABASE_URL: databaseUrl() });
  await pause(1_500);
  expect(await ended(child, () => child.kill('SIGTERM'))).toEqual({ code: 0, inTime: true });
});

test.skipIf(!canBeFirst)('as the first process of a container it ends as soon as it runs a line of ours', async () => {
  const env = { PORT: String(await freePort()), DATABASE_URL: databaseUrl() };
  const child = launch('monitor-service/dist/main.js', [], env, true);
  const inside = await eventually('the process inside', async () => {
    const pid = Number(await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'));
    return pid > 0 && (await catchesHangUp(pid)) ? pid : undefined;
  });
  expect(await ended(child, () => process.kill(inside, 'SIGTERM'))).toEqual({ code: 0, inTime: true });
});

/** SIGHUP is signal 1, and has the last of our handlers; Node's own for SIGTERM is there before and does nothing here. */
const catchesHangUp = async (pid: number): Promise<boolean> =>
  /^SigCgt:\s*[0-9a-f]+[13579bdf]$/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
