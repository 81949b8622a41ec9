/**
 * A cluster for one machine: a Kubernetes API on a loopback port, controllers, a kubelet with the runtimes that this machine
 * has, Services and a gateway. State lies in `DATA_DIR`, so the next start finds the pods again.
 */
import { mkdir } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { createApiServer, createUpgradeListener } from './api/api-server.js';
import { openClusterState } from './api/cluster-state.js';
import { startControlPlane } from './control-plane.js';
import type { Runtimes } from './kubelet/image-service.js';
import { KubeletExec } from './kubelet/pod-exec.js';
import { KubeletLogs } from './kubelet/pod-logs.js';
import { DockerRuntime } from './kubelet/runtimes/docker-runtime.js';
import { ProcessRuntime } from './kubelet/runtimes/process-runtime.js';
import { SimulatedRuntime } from './kubelet/runtimes/simulated-runtime.js';
import { ApiProxy } from './network/api-proxy.js';

export interface LocalClusterOptions {
  readonly dataDir: string;
  /** Of the API; 0 takes a free one. */
  readonly port: number;
  /** Of the gateway that answers routes by their host; 0 takes a free one. */
  readonly gatewayPort: number;
  /** `simulated` runs nothing and is for tests and scale only. */
  readonly runtimes: 'auto' | 'simulated';
  /** As in DOCKER_HOST; undefined: the engine's usual socket. */
  readonly dockerHost?: string | undefined;
  readonly log: Logger;
}
export interface LocalCluster {
  /** `http://127.0.0.1:6443` */
  readonly url: string;
  readonly gatewayUrl: string;
  /** What runs pods, and why. */
  readonly engines: { readonly runtime: string; readonly why: string };
  /** Within five seconds: ends pods, watches and connections; the store keeps what shall run again. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
/** Connections that a client left open are cut after this. */
const CLOSE_MS = 1_000;

/** Throws AppError unavailable/`port_taken` when the API's or the gateway's port is not free. */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const { dataDir, log } = options;
  await mkdir(dataDir, { recursive: true });
  const stopping = new AbortController();
  const { runtimes, why } = await findRuntimes(options);
  const onError = (what: string, error: unknown): void => log.error(what, { error });
  const state = openClusterState({ dataDir, onError });
  const server = createServer({ keepAliveTimeout: 65_000 });
  // The port is taken first, so that a taken one stops the start; who calls before the rest is up waits, and is not forgotten.
  const serving = Promise.withResolvers<RequestListener>();
  server.on('request', (request, response) => void serving.promise.then((serve) => serve(request, response)));
  try {
    await listen(server, options.port);
    const plane = await startControlPlane({
      clientFor: (manager) => state.clientFor(manager),
      runtimes,
      dataDir,
      gatewayPort: options.gatewayPort,
      log,
    });
    const hooks = {
      logs: new KubeletLogs(plane.kubelet, dataDir),
      proxy: new ApiProxy(plane.endpoints, plane.forwarder),
      exec: new KubeletExec(plane.kubelet),
    };
    const api = { registry: state.registry, access: state.access, hooks, onError, stopping: stopping.signal };
    const upgrade = createUpgradeListener(api);
    const takenOver = new Set<Duplex>();
    server.on('upgrade', (request, socket, head) => {
      takenOver.add(socket);
      socket.once('close', () => takenOver.delete(socket));
      upgrade(request, socket, head);
    });
    serving.resolve(createApiServer(api));
    return {
      url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
      gatewayUrl: `http://${HOST}:${plane.gatewayPort}`,
      engines: { runtime: namesOf(runtimes).join(' and '), why },
      stop: async () => {
        stopping.abort();
        for (const socket of takenOver) socket.destroy();
        await close(server);
        await plane.stop();
        state.stop();
      },
    };
  } catch (error) {
    await close(server);
    state.stop();
    throw error;
  }
}

/** Containers where an engine answers; host processes always; nothing real in a simulation. */
async function findRuntimes({
  runtimes,
  dataDir,
  dockerHost,
  log,
}: LocalClusterOptions): Promise<{ runtimes: Runtimes; why: string }> {
  if (runtimes === 'simulated')
    return {
      runtimes: {
        docker: undefined,
        process: undefined,
        simulated: new SimulatedRuntime(),
        noEngineBecause: 'this cluster is a simulation',
      },
      why: 'asked for: nothing is really run',
    };
  const processes = new ProcessRuntime(dataDir, log);
  try {
    const docker = await DockerRuntime.connect(dockerHost, dataDir);
    return {
      runtimes: { docker, process: processes, simulated: undefined, noEngineBecause: '' },
      why: `Docker Engine ${docker.version} runs containers, this machine runs images built by the host builder`,
    };
  } catch (error) {
    const because = messageOf(error);
    return {
      runtimes: { docker: undefined, process: processes, simulated: undefined, noEngineBecause: because },
      why: `no Docker Engine answers (${because}): images built by the host builder run as processes of this machine`,
    };
  }
}

const namesOf = ({ docker, process, simulated }: Runtimes): string[] =>
  [docker, process, simulated].flatMap((runtime) => (runtime === undefined ? [] : [runtime.name]));

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new AppError(
              'unavailable',
              'port_taken',
              `Port ${port} of the local cluster's API is taken: stop what uses it or choose another with LOCAL_CLUSTER_PORT`,
              { cause: error },
            )
          : error,
      ),
    );
    server.listen(port, HOST, resolve);
  });
}

function close(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
