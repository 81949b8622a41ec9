/**
 * Two deployers on one MariaDB, as production runs them, with what they need beside them: the other services in one process, a
 * cluster whose pods and builds are a Docker Engine's, and a registry. Each is asked at its own address, so that a scene can
 * choose the one that does not work on a deployment.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageRegistry } from './image-registry.js';
import type { OwnMariadb } from './own-mariadb.js';
import { PlatformApi } from './platform-api.js';
import { asProcess } from './service-replicas.js';
import { StartedCluster } from './started-cluster.js';
import { eventually, freePort } from './started-platform.js';
import { runSql } from './variants.js';

const PASSWORD = 'a long enough password';
const BESIDE = ['auth', 'history', 'monitor', 'codebuild'] as const;
const FOLDERS = {
  auth: 'auth-service',
  history: 'history-service',
  monitor: 'monitor-service',
  codebuild: 'codebuild-service',
  deployer: 'deployer',
} as const;
const schemaOf = (service: string): string => `scene_${service}`;

export interface Deployer {
  readonly child: ChildProcess;
  readonly dataDir: string;
  /** Signed in, at this one's own address. */
  readonly api: PlatformApi;
}

export class TwoDeployers {
  readonly #stops: (() => Promise<unknown>)[] = [];
  #deployers: readonly Deployer[] = [];
  #cluster: StartedCluster | undefined;
  #registry: ImageRegistry | undefined;

  private constructor(
    private readonly folder: string,
    private readonly database: OwnMariadb,
  ) {}

  static async start(database: OwnMariadb, dockerHost: string): Promise<TwoDeployers> {
    const two = new TwoDeployers(await mkdtemp(join(tmpdir(), 'aws-deployer-two-')), database);
    try {
      await two.#start(dockerHost);
    } catch (error) {
      await two.remove();
      throw error;
    }
    return two;
  }

  get deployers(): readonly Deployer[] {
    return this.#deployers;
  }
  get api(): PlatformApi {
    const [first] = this.#deployers;
    if (first === undefined) throw new Error('nothing is started');
    return first.api;
  }
  get cluster(): StartedCluster {
    if (this.#cluster === undefined) throw new Error('nothing is started');
    return this.#cluster;
  }
  get registry(): ImageRegistry {
    if (this.#registry === undefined) throw new Error('nothing is started');
    return this.#registry;
  }

  /** The one that works on a deployment, and the one that does not; undefined while nobody does. */
  async ownerOf(id: string): Promise<{ readonly owner: Deployer; readonly other: Deployer } | undefined> {
    const lease = await runSql(
      this.database.url,
      `select lease_owner from ${schemaOf('deployer')}.deployments where id = '${id}' and lease_expires_at > utc_timestamp(3)`,
    );
    const pid = Number(lease.split(':')[1]);
    const owner = this.#deployers.find(({ child }) => child.pid === pid);
    const other = this.#deployers.find(({ child }) => child.pid !== pid);
    return owner && other && { owner, other };
  }

  async #start(dockerHost: string): Promise<void> {
    const url = (service: string): string => `${this.database.url}/${schemaOf(service)}`;
    await Promise.all(
      Object.entries(FOLDERS).map(async ([service, folder]) => {
        await runSql(
          this.database.url,
          `create database ${schemaOf(service)} character set utf8mb4 collate utf8mb4_bin`,
        );
        const migration = asProcess(`${folder}/dist/main.js`, {
          MIGRATION_DATABASE_URL: url(service),
          ADMIN_PASSWORD: PASSWORD,
        })({}, ['migrate']);
        const [code] = (await once(migration, 'exit')) as [number];
        if (code !== 0) throw new Error(`${service}: the migration ended with ${code}`);
      }),
    );
    this.#registry = await ImageRegistry.start(join(this.folder, 'registry'), dockerHost);
    this.#cluster = await StartedCluster.start(join(this.folder, 'cluster'), dockerHost);
    const cluster = this.#cluster;
    this.#stops.push(() => cluster.stop());
    const keys = generateKeyPairSync('ed25519');
    const besidePort = await freePort();
    const besideUrl = `http://127.0.0.1:${besidePort}`;
    const shared = {
      MODE: 'local',
      HOST: '127.0.0.1',
      DOCKER_HOST: dockerHost,
      RATE_LIMIT_PER_MINUTE: '1000000',
      SECRETS_KEY: randomBytes(32).toString('base64'),
      SERVICE_TOKEN_PRIVATE_KEY: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      SERVICE_TOKEN_PUBLIC_KEY: keys.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      ...Object.fromEntries(BESIDE.map((service) => [`${service.toUpperCase()}_URL`, besideUrl])),
    };
    await this.#run('scripts/dist/chaos/books-process.js', besidePort, {
      ...shared,
      DATA_DIR: join(this.folder, 'beside'),
      DATABASE_URLS: JSON.stringify(Object.fromEntries(BESIDE.map((service) => [service, url(service)]))),
      ADMIN_PASSWORD: PASSWORD,
    });
    const one = async (number: number) => {
      const port = await freePort();
      const dataDir = join(this.folder, `deployer-${number}`);
      const settings = { CLUSTER_URL: cluster.url, GATEWAY_URL: cluster.gatewayUrl, DATABASE_URL: url('deployer') };
      const child = await this.#run('deployer/dist/main.js', port, { ...shared, ...settings, DATA_DIR: dataDir });
      return { child, dataDir, url: `http://127.0.0.1:${port}` };
    };
    const both = await Promise.all([one(1), one(2)]);
    const { token } = await PlatformApi.signIn(besideUrl, 'admin', PASSWORD);
    this.#deployers = both.map((deployer) => ({ ...deployer, api: new PlatformApi(deployer.url, token) }));
    const registry = { name: 'own', url: `http://${this.#registry.host}`, is_default: true };
    const { status, body } = await this.api.send('POST', '/api/v1/registries', registry);
    if (status !== 201) throw new Error(`the registry is not taken: ${JSON.stringify(body)}`);
  }

  async #run(main: string, port: number, env: Readonly<Record<string, string>>): Promise<ChildProcess> {
    const child = asProcess(main, env)({ PORT: String(port) });
    this.#stops.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    });
    await eventually(
      main,
      async () => {
        if (child.exitCode !== null) return true;
        return (await fetch(`http://127.0.0.1:${port}/health`)).ok;
      },
      60_000,
    );
    if (child.exitCode !== null) throw new Error(`${main} ended with ${child.exitCode}`);
    return child;
  }

  async remove(): Promise<void> {
    for (const stop of this.#stops.reverse()) await stop();
    await this.#registry?.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
