/**
 * Starts everything on this machine, in order: the lock of the data folder, the ports, the engines, the services. What was
 * started is undone when a later part fails.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineView } from '@aws-deployer/platform/contracts/applications';
import type { Environment } from '@aws-deployer/platform/runtime/config';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { AnyServiceModule } from '@aws-deployer/platform/runtime/service';
import { unlessAborted } from '@aws-deployer/platform/runtime/clock';
import { lockDataDir } from './data-lock.js';
import { askDocker, type DockerAnswer } from './docker-engine.js';
import { engineLine, pickEngines } from './engines.js';
import { assertFree, choosePorts, type Ports } from './ports.js';
import { loadServices } from './services.js';
import { loadSettings, type Settings } from './settings.js';

/** How long the platform takes to stop at most: another one on its way out is waited for. */
const STOP_MS = 5_500;
/** How long the services may finish what they are at before the pods under them are stopped too. */
const SERVICES_FIRST_MS = 1_500;

export interface StartOptions {
  readonly env: Environment;
  /** The root of the checkout: the console's files and the samples are found from there. */
  readonly root: string;
  readonly say: (line: string) => void;
  /** Gives the start up: it throws the signal's reason, and what was started is stopped. */
  readonly signal?: AbortSignal;
}
export interface LocalPlatform {
  readonly port: number;
  /** Ends everything, pods included, within five seconds. */
  stop(): Promise<void>;
}
/** Undoes one part of the start. */
type Undo = () => Promise<void>;

export async function startPlatform(options: StartOptions): Promise<LocalPlatform> {
  const settings = loadSettings(options.env);
  await assertFree(settings.PORT, settings.HOST, 'PORT'); // before the lock: a second start is told of the port at once
  const lock = await lockDataDir(settings.DATA_DIR, STOP_MS);
  const undo: Undo[] = [];
  const stopEngines = async (): Promise<void> => {
    await Promise.all(undo.map((one) => one()));
    lock.release();
  };
  try {
    const ports = await choosePorts(settings);
    const logFile = join(settings.DATA_DIR, 'logs', 'platform.log');
    mkdirSync(join(settings.DATA_DIR, 'logs'), { recursive: true });
    const [engines, modules] = await Promise.all([
      startEngines(options.env, settings, ports, logFile, undo),
      loadServices(),
    ]);
    options.signal?.throwIfAborted();
    for (const view of engines.views) options.say(engineLine(view));
    const starting = startServices(options, settings, engines, modules, logFile);
    const running = await (options.signal === undefined ? starting : unlessAborted(starting, options.signal));
    return {
      port: running.port,
      stop: async () => {
        const services = running.stop();
        await Promise.race([services, new Promise((resolve) => setTimeout(resolve, SERVICES_FIRST_MS))]);
        await Promise.all([services, stopEngines()]);
      },
    };
  } catch (error) {
    await stopEngines();
    throw error;
  }
}

interface Engines {
  readonly views: readonly EngineView[];
  readonly registryHost: string;
  readonly docker: DockerAnswer;
  /** Null on a real cluster. */
  readonly cluster: { readonly url: string; readonly gatewayUrl: string } | null;
}

async function startEngines(
  env: Environment,
  settings: Settings,
  ports: Ports,
  logFile: string,
  undo: Undo[],
): Promise<Engines> {
  const dataDir = settings.DATA_DIR;
  const [{ createLogger }, { startLocalRegistry }, docker] = await Promise.all([
    import('@aws-deployer/platform/observability/logger'),
    import('@aws-deployer/local-registry/registry'),
    askDocker(env),
  ]);
  const logOf = (service: string): Logger => createLogger({ service, level: settings.LOG_LEVEL, file: logFile });
  const registry = await startLocalRegistry({ dataDir, port: ports.registry, log: logOf('local-registry') });
  undo.push(() => registry.stop());
  const cluster = settings.KUBECONFIG === undefined ? await startCluster(settings, ports, docker, logOf, undo) : null;
  return {
    views: pickEngines(settings, docker, { registry, ...(cluster === null ? {} : { localCluster: cluster }) }, env),
    registryHost: registry.host,
    docker,
    cluster,
  };
}

async function startCluster(
  settings: Settings,
  ports: Ports,
  docker: DockerAnswer,
  logOf: (service: string) => Logger,
  undo: Undo[],
) {
  const { startLocalCluster } = await import('@aws-deployer/local-cluster/cluster');
  const cluster = await startLocalCluster({
    dataDir: settings.DATA_DIR,
    port: settings.LOCAL_CLUSTER_PORT,
    gatewayPort: ports.gateway,
    runtimes: 'auto',
    dockerHost: docker.host,
    log: logOf('local-cluster'),
  });
  undo.push(() => cluster.stop());
  return cluster;
}

async function startServices(
  { root, env, say, signal }: StartOptions,
  settings: Settings,
  engines: Engines,
  modules: readonly AnyServiceModule[],
  logFile: string,
) {
  const [{ runServices }, { mountConsole }] = await Promise.all([
    import('@aws-deployer/platform/runtime/run-services'),
    import('@aws-deployer/platform/http/mount-console'),
  ]);
  const shared: Environment = {
    ...env,
    MODE: 'local',
    DATA_DIR: settings.DATA_DIR,
    DATABASE_URL: undefined,
    SAMPLE_DIR: join(root, 'examples'),
    EMBEDDED_REGISTRY: engines.registryHost,
    ENGINES: JSON.stringify(engines.views),
    DOCKER_HOST: engines.docker.usable ? engines.docker.host : undefined,
    ...(engines.cluster === null ? {} : { CLUSTER_URL: engines.cluster.url, GATEWAY_URL: engines.cluster.gatewayUrl }),
  };
  const urls = await databaseUrls(settings, modules, say);
  return runServices({
    port: settings.PORT,
    host: settings.HOST,
    allInOne: true,
    ...(signal === undefined ? {} : { signal }),
    logFile,
    services: modules.map((module) => ({ module, env: { ...shared, DATABASE_URL: urls[module.name] } })),
    mount: (app) => mountConsole(app, join(root, 'frontend', 'dist', 'site')),
  });
}

/** Empty: each service has its SQLite file. */
async function databaseUrls(
  { DATABASE_URL, DATA_DIR }: Settings,
  modules: readonly AnyServiceModule[],
  say: (line: string) => void,
): Promise<Readonly<Record<string, string>>> {
  if (DATABASE_URL === undefined) return {};
  const { makeMysqlAccounts } = await import('./mysql-accounts.js');
  const urls = await makeMysqlAccounts(modules, DATABASE_URL, DATA_DIR);
  say(`schemas   ${Object.keys(urls).length} are up to date (aws_deployer_…, each with a user of its own)`);
  return urls;
}
