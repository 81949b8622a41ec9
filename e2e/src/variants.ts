/** The machines that scenes are played on: with SQLite and no Docker Engine, and with MySQL and one. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StartedPlatform } from './started-platform.js';

const run = promisify(execFile);
const mysql = process.env['TEST_MYSQL_URL'];
const docker = process.env['TEST_DOCKER_HOST'];
export const ci = process.env['CI'] === 'true';

export interface Variant {
  readonly name: string;
  readonly docker: boolean;
  readonly mysql: string | undefined;
  /** False: a part is missing on this machine, and the scenes are skipped. */
  readonly possible: boolean;
  readonly start: () => Promise<StartedPlatform>;
}

export const bare: Variant = {
  name: 'SQLite, host builds and host processes',
  docker: false,
  mysql: undefined,
  possible: true,
  start: () => StartedPlatform.start(),
};
export const full: Variant = {
  name: 'MySQL and a Docker Engine',
  docker: true,
  mysql,
  possible: ci || (mysql !== undefined && docker !== undefined),
  start: async () => {
    if (mysql === undefined || docker === undefined) throw new Error('npm test starts MariaDB and a Docker Engine');
    await dropSchemas(mysql);
    return StartedPlatform.start({ env: { DATABASE_URL: mysql, DOCKER_HOST: docker } });
  },
};
export const variants = [bare, full];

const SERVICES = ['deployer', 'codebuild', 'history', 'monitor', 'auth', 'infra'];
const dropSchemas = (url: string): Promise<unknown> =>
  runSql(url, SERVICES.map((name) => `drop database if exists aws_deployer_${name};`).join(' '));

/** Runs SQL as the account that may do everything. */
export async function runSql(url: string, statement: string): Promise<string> {
  const { hostname, port, username, password } = new URL(url);
  const login = [
    '--no-defaults',
    '--protocol=tcp',
    `--host=${hostname}`,
    `--port=${port || '3306'}`,
    `--user=${username}`,
  ];
  const { stdout } = await run('mariadb', [...login, '--batch', '--skip-column-names', '-e', statement], {
    env: { ...process.env, MYSQL_PWD: decodeURIComponent(password) },
  });
  return stdout;
}
