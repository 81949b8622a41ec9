/**
 * The whole platform as a process of its own, as `npm start` runs it: free ports, a temporary data folder. It can be stopped,
 * killed and started again on the same folder.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformApi } from './platform-api.js';

export const repositoryRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const main = join(repositoryRoot, 'scripts/dist/local/main.js');
const node = join(repositoryRoot, 'node_modules/.bin/node');
const PASSWORD = 'a long enough password';
const START_MS = 60_000;

export interface PlatformOptions {
  /** Beside ports and folder; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A command that becomes the one which follows it. */
  readonly within?: readonly string[];
}

export class StartedPlatform {
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(
    readonly dataDir: string,
    readonly port: number,
    readonly clusterPort: number,
    private readonly options: PlatformOptions,
  ) {}

  static async start(options: PlatformOptions = {}): Promise<StartedPlatform> {
    const dataDir = await mkdtemp(join(tmpdir(), 'aws-deployer-scene-'));
    const platform = new StartedPlatform(dataDir, await freePort(), await freePort(), options);
    try {
      await platform.startAgain();
    } catch (error) {
      await platform.remove();
      throw error;
    }
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get clusterUrl(): string {
    return `http://127.0.0.1:${this.clusterPort}`;
  }
  /** Everything the process has printed since its last start. */
  get output(): string {
    return this.#output;
  }
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when it says `ready`. Throws with its output when it ends or is silent for a minute. */
  async startAgain(): Promise<void> {
    if (!existsSync(main)) throw new Error(`${main} is not built: npm test builds it`);
    this.#output = '';
    const [command = node, ...args] = [...(this.options.within ?? []), node, '--enable-source-maps', main];
    const child = spawn(command, args, {
      cwd: repositoryRoot,
      env: this.#environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const add = (chunk: Buffer): void => {
      this.#output += chunk.toString();
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    await this.#ready(child);
  }

  #environment(): Record<string, string | undefined> {
    return {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PORT: String(this.port),
      LOCAL_CLUSTER_PORT: String(this.clusterPort),
      DATA_DIR: this.dataDir,
      ADMIN_PASSWORD: PASSWORD,
      DOCKER_HOST: 'unix:///nowhere/docker.sock', // no scene finds an engine by accident
      ...this.options.env,
    };
  }

  async #ready(child: ChildProcess): Promise<void> {
    const limit = Date.now() + START_MS;
    while (!/^ready http/m.test(this.#output)) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > limit)
        throw new Error(`the platform does not start:\n${this.#output}`);
      await pause(50);
    }
  }

  /** SIGTERM; resolves with the exit code and how long it took. */
  async stop(): Promise<{ code: number | null; ms: number }> {
    const began = Date.now();
    await this.#end('SIGTERM');
    return { code: this.#child?.exitCode ?? null, ms: Date.now() - began };
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Stops it and removes its folder. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** The log of the services, for a scene that failed. */
  log(): Promise<string> {
    return readFile(join(this.dataDir, 'logs', 'platform.log'), 'utf8');
  }

  signIn(username = 'admin', password = PASSWORD): Promise<PlatformApi> {
    return PlatformApi.signIn(this.url, username, password);
  }
  readonly admin = { username: 'admin', password: PASSWORD };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is there; throws with the last error or `what` when it is not within `ms`. */
export async function eventually<Value>(
  what: string,
  ask: () => Promise<Value | undefined | false>,
  ms = 30_000,
): Promise<Value> {
  const limit = Date.now() + ms;
  let failure: unknown;
  for (;;) {
    try {
      const value = await ask();
      if (value !== undefined && value !== false) return value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > limit) throw new Error(`${what}: not within ${ms} ms`, { cause: failure });
    await pause(100);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
