/**
 * Ports for pods and Services, out of the way of the ports the system gives to outgoing connections (Linux: from 32768,
 * node ports end right below): a port remembered for a Service must still be free after a restart.
 */
import { createServer } from 'node:net';

export const POD_PORTS = { first: 10_000, last: 19_999 } as const;
export const SERVICE_PORTS = { first: 20_000, last: 29_999 } as const;
const TRIES = 200;

export const randomPort = ({ first, last }: { first: number; last: number }): number =>
  first + Math.floor(Math.random() * (last - first + 1));

export const isPortFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    // All addresses: a program that listens on every one of them would get a port that is half taken.
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });

/** A free port of the range that is not in `taken`; 0 when there seems to be none. */
export async function findFreePort(
  range: { first: number; last: number },
  taken: { has(port: number): boolean },
): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomPort(range);
    if (!taken.has(port) && (await isPortFree(port))) return port;
  }
  return 0;
}
