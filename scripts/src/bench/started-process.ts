/** Processes that a benchmark measures: the platform on free ports and a folder of its own, or another program of this folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
export const PASSWORD = 'a password for benchmarks';
const START_MS = 60_000;

export interface Started {
  readonly child: ChildProcess;
  /** From the spawn to the line `ready`. */
  readonly ms: number;
  stop(): Promise<void>;
}

/** Runs Node with these arguments until it prints `ready`. */
export async function startNode(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  node = process.execPath,
): Promise<Started> {
  const began = performance.now();
  const child = spawn(node, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (why: string) => () => reject(new Error(`${args.join(' ')} ${why}:\n${said}`));
    const late = setTimeout(fail('is not ready'), START_MS);
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      if (!/^ready/m.test(said)) return;
      clearTimeout(late);
      resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', fail('ended'));
    child.once('error', reject);
  });
  await ready;
  return {
    child,
    ms: performance.now() - began,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

export interface PlatformAt {
  readonly port: number;
  readonly clusterPort: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Environment of a platform that is nobody else's. */
export async function platformAt(dataDir: string, more: Record<string, string | undefined> = {}): Promise<PlatformAt> {
  const [port, clusterPort] = [await freePort(), await freePort()];
  return {
    port,
    clusterPort,
    env: {
      PORT: String(port),
      LOCAL_CLUSTER_PORT: String(clusterPort),
      DATA_DIR: dataDir,
      ADMIN_PASSWORD: PASSWORD,
      RATE_LIMIT_PER_MINUTE: '100000000',
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
      DATABASE_URL: undefined,
      KUBECONFIG: undefined,
      ...more,
    },
  };
}

/** The platform without `npm start` around it. */
export const startPlatform = ({ env }: PlatformAt): Promise<Started> =>
  startNode(['--enable-source-maps', join(root, 'scripts/dist/local/main.js')], env);

/** Bytes of memory that are resident now. */
export function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
