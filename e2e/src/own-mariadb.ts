/** A MariaDB that a scene may stop and start again: on a free port of loopback, its data in a temporary folder. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programFile } from './program-file.js';
import { eventually, freePort } from './started-platform.js';

const run = promisify(execFile);
export const mariadbIsHere = programFile('mariadbd') !== undefined && programFile('mariadb-install-db') !== undefined;
const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];

export class OwnMariadb {
  #server: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<OwnMariadb> {
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-mariadb-'));
    const database = new OwnMariadb(folder, await freePort());
    await run(programFile('mariadb-install-db') ?? '', [
      ...asRoot,
      `--datadir=${join(folder, 'data')}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]);
    await database.up();
    return database;
  }

  get url(): string {
    return `mysql://root@127.0.0.1:${this.port}`;
  }

  async up(): Promise<void> {
    this.#server = spawn(
      programFile('mariadbd') ?? '',
      [
        '--no-defaults',
        ...asRoot,
        `--datadir=${join(this.folder, 'data')}`,
        `--port=${this.port}`,
        '--bind-address=127.0.0.1',
        `--socket=${join(this.folder, 'socket')}`,
        `--pid-file=${join(this.folder, 'pid')}`,
        '--max-connections=300',
      ],
      { stdio: 'ignore' },
    );
    const login = ['--no-defaults', `--socket=${join(this.folder, 'socket')}`, '-uroot', '-e', 'select 1'];
    await eventually('MariaDB', async () => (await run('mariadb', login)) !== undefined, 60_000);
  }

  down(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Without a word to its clients, as when its machine dies. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  }

  /** Connections stay open and nothing is answered, as when its disk or network hangs; `thaw` ends it. */
  freeze(): void {
    this.#server?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#server?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }
}
