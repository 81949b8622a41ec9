/**
 * A Docker Engine that a scene may stop and start again: its data in a temporary folder, a bridge of its own. As after
 * `systemctl restart docker`, what ran in it has ended and everything else is still there.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'undici';
import { programFile } from './program-file.js';
import { eventually } from './started-platform.js';

const run = promisify(execFile);
export const dockerIsHere = programFile('dockerd') !== undefined && process.getuid?.() === 0;

export interface EngineImage {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
}
export interface EngineContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
  readonly Command: string;
}

export interface EngineOptions {
  /** A command that becomes the one which follows it. */
  readonly within?: readonly string[];
  /** Registries whose certificates are not looked at. */
  readonly trusting?: readonly string[];
}

export class OwnDocker {
  #engine: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly bridge: string,
    private readonly options: EngineOptions,
  ) {}

  static async start(options: EngineOptions = {}): Promise<OwnDocker> {
    const docker = new OwnDocker(await mkdtemp(join(tmpdir(), 'aws-deployer-engine-')), await makeBridge(), options);
    try {
      await docker.up();
    } catch (error) {
      await docker.remove();
      throw error;
    }
    return docker;
  }

  /** As in DOCKER_HOST. */
  get host(): string {
    return `unix://${this.#socket}`;
  }
  get #socket(): string {
    return join(this.folder, 'docker.sock');
  }

  async up(): Promise<void> {
    const log = openSync(join(this.folder, 'log'), 'a');
    const [command = '', ...args] = [...(this.options.within ?? []), programFile('dockerd') ?? ''];
    this.#engine = spawn(
      command,
      [
        ...args,
        ...(this.options.trusting ?? []).flatMap((host) => ['--insecure-registry', host]),
        ...['--data-root', join(this.folder, 'data'), '--exec-root', join(this.folder, 'exec')],
        ...['--pidfile', join(this.folder, 'pid'), '--host', this.host],
        ...['--bridge', this.bridge, '--iptables=false', '--ip-masq=false'],
      ],
      { stdio: ['ignore', log, log] },
    );
    await eventually('the Docker Engine', async () => (await this.#get('/_ping')) !== undefined, 60_000);
  }

  /** SIGTERM, as its service manager does it; resolves when it is gone. */
  async down(): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined || engine.exitCode !== null || engine.signalCode !== null) return;
    const gone = once(engine, 'exit');
    engine.kill('SIGTERM');
    await gone;
  }

  async containers(): Promise<EngineContainer[]> {
    return (await this.#get('/containers/json?all=true')) as EngineContainer[];
  }
  /** Images that have no name and are no step of another. */
  async unnamedImages(): Promise<EngineImage[]> {
    const filters = encodeURIComponent(JSON.stringify({ dangling: ['true'] }));
    return (await this.#get(`/images/json?filters=${filters}`)) as EngineImage[];
  }
  /** Names of the networks, sorted. */
  async networks(): Promise<string[]> {
    return ((await this.#get('/networks')) as { Name: string }[]).map(({ Name }) => Name).sort();
  }

  async #get(path: string): Promise<unknown> {
    const client = new Client('http://engine', { socketPath: this.#socket });
    try {
      const { statusCode, body } = await client.request({ method: 'GET', path });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${text}`);
      return text.startsWith('O') ? text : (JSON.parse(text) as unknown);
    } finally {
      await client.destroy();
    }
  }

  async remove(): Promise<void> {
    await this.down();
    for (const path of await mountsBelow(this.folder)) await run('umount', ['--lazy', path]);
    await run('ip', ['link', 'del', this.bridge]);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** An engine leaves the network namespace of this machine mounted once a container has used it. The innermost first. */
const mountsBelow = async (folder: string): Promise<string[]> =>
  (await readFile('/proc/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();

/** A network of its own, so that another engine on this machine is not in the way. */
async function makeBridge(): Promise<string> {
  const name = `ads${process.pid}`;
  const { stdout: taken } = await run('ip', ['-4', '-o', 'addr']);
  const third = [...Array(200).keys()].find((octet) => !taken.includes(`172.29.${octet}.`)) ?? 0;
  await run('ip', ['link', 'add', 'name', name, 'type', 'bridge']);
  await run('ip', ['addr', 'add', `172.29.${third}.1/24`, 'dev', name]);
  await run('ip', ['link', 'set', name, 'up']);
  return name;
}
