/** Parts that hang: a server that takes connections and never answers, a registry that never ends an upload. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';

export interface HangingPart {
  /** `127.0.0.1:port` */
  readonly host: string;
  stop(): Promise<void>;
}

export const startSilentServer = (): Promise<HangingPart> => listen(createServer());

/** Says that it is a registry which has nothing yet, and opens uploads; what is sent to one is never answered. */
export const startStallingRegistry = (): Promise<HangingPart> =>
  listen(
    createHttpServer((request, response) => {
      const { method, url = '' } = request;
      if (method === 'GET' && url === '/v2/') response.writeHead(200).end('{}');
      else if (method === 'HEAD' || method === 'GET') response.writeHead(404).end();
      else if (method === 'POST') response.writeHead(202, { location: `${url}one`, 'content-length': '0' }).end();
    }),
  );

async function listen(server: Server): Promise<HangingPart> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // whoever asked has given up
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Process ids of those whose command line has this word. */
export const processesWith = (word: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
      } catch {
        return false; // it has just ended
      }
    });
