/** Where a Docker Engine is reached, whether it answers, and which of its networks containers are put into. */
import { createSocket } from 'node:dgram';
import { request } from 'node:http';
import { isIPv6 } from 'node:net';
import type Docker from 'dockerode';

const OWN_NETWORK = 'local-cluster';
const PING_TIMEOUT_MS = 3_000;

export interface Network {
  readonly name: string;
  /** Container addresses can be reached from here. */
  readonly direct: boolean;
}

/** `host` is as in DOCKER_HOST; the machine's own engine when undefined. */
export function engineOptions(host: string | undefined): Docker.DockerOptions {
  if (host === undefined) return { socketPath: '/var/run/docker.sock' };
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const url = new URL(host.replace(/^tcp:/, 'http:'));
  return {
    host: url.hostname,
    port: url.port === '' ? '2375' : url.port,
    protocol: url.protocol === 'https:' ? 'https' : 'http',
  };
}

/**
 * Whether an engine answers at all, asked without its client: that one is heavy, and most machines have no engine. Over a
 * connection of its own: an engine that stops lets nobody in any more, but still serves whom it knows.
 */
export function ping({ socketPath, host, port, protocol }: Docker.DockerOptions): Promise<void> {
  if (protocol === 'https') return Promise.resolve(); // its certificates are the client's business
  return new Promise((resolvePing, reject) => {
    const where = socketPath === undefined ? { host, port } : { socketPath };
    const call = request({ ...where, path: '/_ping', timeout: PING_TIMEOUT_MS, agent: false }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) resolvePing();
      else reject(new Error(`it answers ${String(answer.statusCode)}`));
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${String(PING_TIMEOUT_MS)} ms`)));
    call.on('error', reject);
    call.end();
  });
}

/** The engine's default bridge, or one of our own where it runs without. */
export async function findNetwork(docker: Docker): Promise<Network> {
  const networks = await docker.listNetworks();
  let network = networks.find(({ Name }) => Name === 'bridge') ?? networks.find(({ Name }) => Name === OWN_NETWORK);
  if (network === undefined) {
    await docker.createNetwork({ Name: OWN_NETWORK, Driver: 'bridge' });
    network = (await docker.listNetworks()).find(({ Name }) => Name === OWN_NETWORK);
  }
  const range = network?.IPAM?.Config?.[0];
  // Some engines leave the gateway out of the default bridge; it is the first address of the range then.
  const gateway = range?.Gateway ?? range?.Subnet?.replace(/\.0\/\d+$/, '.1');
  return { name: network?.Name ?? OWN_NETWORK, direct: gateway !== undefined && (await isOurs(gateway)) };
}

/**
 * Whether this machine has the address. A bridge without containers is down and missing in `os.networkInterfaces()`, yet its
 * address can be bound.
 */
function isOurs(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address, port: 0, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
