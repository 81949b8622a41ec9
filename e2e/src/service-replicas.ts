/**
 * One service as it runs in production: several of it on one schema behind nginx, replaced one by one. The order is that
 * of a pod's end: first no new request goes to it, then SIGTERM, and its successor is asked only once it is healthy.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { NginxIngress } from './nginx-ingress.js';
import { eventually, freePort, repositoryRoot } from './started-platform.js';

/** Starts one, with these settings beside its own. A signal to the process is one to the service. */
export type Starter = (settings: Readonly<Record<string, string>>, args?: readonly string[]) => ChildProcess;
export interface ReplicasOptions {
  /** Folder and name of the Kubernetes Service. */
  readonly name: string;
  readonly start: Starter;
  readonly nginx: NginxIngress;
}
interface Replica {
  readonly child: ChildProcess;
  readonly port: number;
}
const node = join(repositoryRoot, 'node_modules/.bin/node');
const READY_MS = 60_000;

/** A service of this checkout as a process of this machine; `main` is its compiled file. */
export const asProcess =
  (main: string, env: Readonly<Record<string, string>>): Starter =>
  (settings, args = []) =>
    spawn(node, [join(repositoryRoot, main), ...args], {
      env: { PATH: process.env['PATH'], ...env, ...settings },
      stdio: ['ignore', 'ignore', 'inherit'],
    });

export class ServiceReplicas {
  #replicas: readonly Replica[] = [];

  constructor(private readonly options: ReplicasOptions) {}

  /** Brings the schema up to date as the migration Job does. */
  async migrate(url: string): Promise<void> {
    const child = this.options.start({ MIGRATION_DATABASE_URL: url }, ['migrate']);
    const [code] = (await once(child, 'exit')) as [number];
    if (code !== 0) throw new Error(`${this.options.name}: the migration ended with ${code}`);
  }

  async start(count: number): Promise<void> {
    this.#replicas = await Promise.all(Array.from({ length: count }, () => this.#ready()));
    await this.#route();
  }

  /** Exit codes of those that were replaced. */
  async restartOneByOne(): Promise<number[]> {
    const codes: number[] = [];
    for (const old of this.#replicas) {
      await this.#keep(this.#replicas.filter((one) => one !== old));
      codes.push(await end(old));
      await this.#keep([...this.#replicas, await this.#ready()]);
    }
    return codes;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#replicas.map(end));
  }

  async #keep(replicas: readonly Replica[]): Promise<void> {
    this.#replicas = replicas;
    await this.#route();
  }

  #route = (): Promise<void> =>
    this.options.nginx.route(
      this.options.name,
      this.#replicas.map(({ port }) => port),
    );

  async #ready(): Promise<Replica> {
    const port = await freePort();
    const child = this.options.start({ PORT: String(port) });
    await eventually(
      `${this.options.name} on port ${port}`,
      async () => {
        if (child.exitCode !== null) return true;
        return (await fetch(`http://127.0.0.1:${port}/health`)).ok;
      },
      READY_MS,
    );
    if (child.exitCode !== null) throw new Error(`${this.options.name} ended with ${child.exitCode}`);
    return { child, port };
  }
}

async function end({ child }: Replica): Promise<number> {
  if (child.exitCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = (await exited) as [number];
  return code;
}
