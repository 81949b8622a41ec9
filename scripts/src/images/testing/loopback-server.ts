/**
 * Serves files to image builds on loopback. The address is an argument of the builds, so the engine's cache of one run serves
 * the next only on the same port: `port` is taken when it is free, any other when it is not.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface LoopbackServer {
  /** Ends in a slash. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function serveOnLoopback(port: number, listener: RequestListener): Promise<LoopbackServer> {
  const server = createServer(listener);
  await listenAnywhere(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listenAnywhere(server: Server, port: number): Promise<void> {
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') || port === 0) throw error;
    await listenAnywhere(server, 0);
  }
}
