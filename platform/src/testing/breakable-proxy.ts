/** A TCP server in front of another that can be cut off, or fall silent, as a network or a database does. */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

type ProxyState = 'open' | 'silent' | 'frozen' | 'cut';

export interface BreakableProxy {
  readonly port: number;
  /**
   * `open`: hands on. `silent`: takes connections and what comes, and answers nothing; connections from before end. `frozen`: the
   * same, but they stay open, as those of a host that vanished. `cut`: ends what there is, and every new connection at once.
   */
  become(state: ProxyState): void;
  stop(): Promise<void>;
}

export async function startBreakableProxy(to: {
  readonly host: string;
  readonly port: number;
}): Promise<BreakableProxy> {
  let state: ProxyState = 'open';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    return socket;
  };
  const drop = (): void => sockets.forEach((socket) => socket.destroy());
  const server = createServer((client) => {
    keep(client);
    if (state === 'cut') client.destroy();
    else if (state !== 'open') client.resume();
    else {
      const upstream = keep(connect(to.port, to.host));
      client.pipe(upstream).pipe(client);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    become: (next) => {
      state = next;
      if (next === 'frozen') sockets.forEach((socket) => socket.unpipe().resume());
      else drop();
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      drop();
      await closed;
    },
  };
}
