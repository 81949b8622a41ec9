/**
 * The parts of a chaos run, each a process of its own on loopback, all data in one folder: the embedded cluster with its
 * registry, the services beside the deployer, and the deployers. On MariaDB every service has its schema and user, as in
 * production; with SQLite the one deployer has its file.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DeployerSchema } from '@aws-deployer/deployer/schema';
import { openDatabase, type Database } from '@aws-deployer/platform/database/open-database';
import { freePort, PASSWORD, root } from '../bench/started-process.js';
import { makeMysqlAccounts } from '../local/mysql-accounts.js';
import { loadServices } from '../local/services.js';
import { pause, Program } from './child-process.js';
import type { ChaosSettings } from './settings.js';

export const OUTAGES = ['cluster', 'books'] as const;
export type OutagePart = (typeof OUTAGES)[number];

export interface Surroundings {
  readonly folder: string;
  readonly clusterUrl: string;
  readonly booksUrl: string;
  readonly replicas: readonly Replica[];
  /** The deployer's own database, read beside it. */
  readonly database: Database<DeployerSchema>;
  /** Kills a part, and starts it again after `ms` on the same folder and ports. */
  outage(part: OutagePart, ms: number): Promise<void>;
  /** Ends everything, and waits until it is gone. */
  stop(): Promise<void>;
}

export async function startSurroundings(
  settings: ChaosSettings,
  folder: string,
  mysqlUrl: string | undefined,
): Promise<Surroundings> {
  const [clusterPort, gatewayPort, registryPort, booksPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const booksUrl = `http://127.0.0.1:${booksPort}`;
  const urls =
    settings.database === 'mysql' && mysqlUrl !== undefined
      ? await makeMysqlAccounts(await loadServices(), mysqlUrl, folder)
      : {};
  const shared = sharedSettings(booksUrl);
  const start: Readonly<Record<OutagePart, () => Promise<Program>>> = {
    cluster: () =>
      Program.start({
        args: [join(root, 'scripts/dist/chaos/cluster-process.js')],
        env: {
          DATA_DIR: join(folder, 'cluster'),
          CLUSTER_PORT: String(clusterPort),
          GATEWAY_PORT: String(gatewayPort),
          REGISTRY_PORT: String(registryPort),
        },
        logFile: join(folder, 'cluster.log'),
        healthUrl: `http://127.0.0.1:${clusterPort}/readyz`,
      }),
    books: () =>
      Program.start({
        args: [join(root, 'scripts/dist/chaos/books-process.js')],
        env: {
          ...shared,
          PORT: String(booksPort),
          DATA_DIR: join(folder, 'books'),
          DATABASE_URLS: JSON.stringify(urls),
          ADMIN_PASSWORD: PASSWORD,
        },
        logFile: join(folder, 'books.log'),
        healthUrl: `${booksUrl}/health`,
      }),
  };
  const beside = { cluster: await start.cluster(), books: await start.books() };
  const replicas: Replica[] = [];
  for (let number = 1; number <= settings.replicas; number += 1) {
    const port = await freePort();
    const replica = new Replica(number, `http://127.0.0.1:${port}`, {
      args: [join(root, 'deployer/dist/main.js')],
      env: {
        ...shared,
        PORT: String(port),
        DATA_DIR: join(folder, `deployer-${number}`),
        DATABASE_URL: urls['deployer'],
        CLUSTER_URL: `http://127.0.0.1:${clusterPort}`,
        GATEWAY_URL: `http://127.0.0.1:${gatewayPort}`,
        EMBEDDED_REGISTRY: `127.0.0.1:${registryPort}`,
      },
      logFile: join(folder, `deployer-${number}.log`),
      healthUrl: `http://127.0.0.1:${port}/health`,
    });
    replicas.push(replica);
    await replica.start();
  }
  const database = await openDatabase<DeployerSchema>(
    urls['deployer'] === undefined
      ? { file: join(folder, 'deployer-1', 'deployer.sqlite') }
      : { url: urls['deployer'] },
  );
  return {
    folder,
    clusterUrl: `http://127.0.0.1:${clusterPort}`,
    booksUrl,
    replicas,
    database,
    outage: async (part, ms) => {
      await beside[part].kill();
      await pause(ms);
      beside[part] = await start[part]();
    },
    stop: async () => {
      await database.close();
      await Promise.all(replicas.map((replica) => replica.stop()));
      await Promise.all(OUTAGES.map((part) => beside[part].stop()));
    },
  };
}

/** One deployer: ended and started again on the same port and folder. */
export class Replica {
  #program: Program | undefined;
  #starting: Promise<void> = Promise.resolve();

  constructor(
    readonly number: number,
    readonly url: string,
    private readonly options: Parameters<typeof Program.begin>[0],
  ) {}

  get pid(): number {
    return this.#program?.pid ?? 0;
  }
  /** Runs, whether it is healthy yet or not. */
  get runs(): boolean {
    return this.#program !== undefined && !this.#program.ended;
  }

  async start(): Promise<void> {
    this.#program = Program.begin(this.options);
    this.#starting = this.#program.ready();
    await this.#starting;
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#program?.child.kill(name);
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }
}

/** All services trust the same key, as with a Secret in production; nobody is slowed down. */
function sharedSettings(booksUrl: string): Record<string, string> {
  const keys = generateKeyPairSync('ed25519');
  return {
    MODE: 'local',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'info',
    RATE_LIMIT_PER_MINUTE: '100000000',
    AUTH_URL: booksUrl,
    HISTORY_URL: booksUrl,
    MONITOR_URL: booksUrl,
    CODEBUILD_URL: booksUrl,
    SECRETS_KEY: randomBytes(32).toString('base64'),
    SERVICE_TOKEN_PRIVATE_KEY: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    SERVICE_TOKEN_PUBLIC_KEY: keys.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
