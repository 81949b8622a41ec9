/** The local cluster as a process of its own, with a Docker Engine that runs its pods. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually, freePort, repositoryRoot } from './started-platform.js';

export class StartedCluster {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** Answers for the hosts of routes. */
    readonly gatewayUrl: string,
  ) {}

  static async start(dataDir: string, dockerHost: string): Promise<StartedCluster> {
    const [port, gatewayPort] = [await freePort(), await freePort()];
    const child = spawn(
      join(repositoryRoot, 'node_modules/.bin/node'),
      [join(repositoryRoot, 'local-cluster/dist/main.js')],
      {
        env: {
          PATH: process.env['PATH'],
          DATA_DIR: dataDir,
          LOCAL_CLUSTER_PORT: String(port),
          LOCAL_GATEWAY_PORT: String(gatewayPort),
          DOCKER_HOST: dockerHost,
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    const cluster = new StartedCluster(child, `http://127.0.0.1:${port}`, `http://127.0.0.1:${gatewayPort}`);
    await eventually('the cluster', async () => (await fetch(`${cluster.url}/readyz`)).ok);
    return cluster;
  }

  /** The values of all Secrets of a namespace. */
  async secrets(namespace: string): Promise<Record<string, Record<string, string>>> {
    const answer = await fetch(`${this.url}/api/v1/namespaces/${namespace}/secrets`);
    const { items } = (await answer.json()) as {
      items: { metadata: { name: string }; data: Record<string, string> }[];
    };
    const decoded = (data: Record<string, string>) =>
      Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
    return Object.fromEntries(items.map(({ metadata, data }) => [metadata.name, decoded(data)]));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
