/** A MariaDB that a scene may stop and start again: on a free port of loopback, its data in a temporary folder. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { eventually, freePort } from './started-platform.js';

const run = promisify(execFile);
const programs = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
const find = (name: string): string | undefined =>
  programs.map((folder) => join(folder, name)).find((path) => existsSync(path));
export const mariadbIsHere = find('mariadbd') !== undefined && find('mariadb-install-db') !== undefined;
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
    await run(find('mariadb-install-db') ?? '', [
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
      find('mariadbd') ?? '',
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

  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGTERM');
    await gone;
  }

  async remove(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }
}
