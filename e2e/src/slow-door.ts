/** A way to a server of this machine that lets only so many bytes through in a second: a slow network, or a part that trickles. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SlowDoor {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** Bytes a second and connection, from now on. */
  pace(bytesPerSecond: number): void;
  /** How many connections are open. */
  open(): number;
  /** Bytes that went through, both ways. */
  passed(): number;
  stop(): Promise<void>;
}

const STEP_MS = 50;

/** `to`: `host:port`. Both ways are held to the same pace. */
export async function openSlowDoor(to: string, bytesPerSecond: number): Promise<SlowDoor> {
  const [host = '', port = ''] = to.split(':');
  const sockets = new Set<Socket>();
  let pace = bytesPerSecond;
  let passed = 0;
  const keep = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => other.destroy()); // whoever asked has given up
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const behind = connect({ host, port: Number(port), allowHalfOpen: true });
    keep(client, behind);
    keep(behind, client);
    for (const [from, into] of [
      [client, behind],
      [behind, client],
    ] as const)
      void trickle(from, into, (bytes) => {
        passed += bytes;
        return pace;
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    pace: (next) => {
      pace = next;
    },
    open: () => sockets.size / 2,
    passed: () => passed,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function trickle(from: Socket, into: Socket, paceAfter: (bytes: number) => number): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of from) {
      let rest = chunk as Buffer;
      while (rest.length > 0 && !into.destroyed) {
        const next = rest.subarray(0, Math.max(1, Math.floor((paceAfter(size) * STEP_MS) / 1000)));
        size = next.length;
        into.write(next);
        rest = rest.subarray(size);
        if (rest.length > 0) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
      }
    }
    into.end();
  } catch {
    into.destroy(); // one end is gone, and so is the other
  }
}
