/** A name server on loopback that knows one name, for containers whose /etc/resolv.conf names it (port 53: root's to open). */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const [TYPE_A, NO_SUCH_NAME, ANSWER] = [1, 3, 0x8180];
const HEADER_BYTES = 12;

export interface NameServer {
  readonly address: string;
  /** Names that were asked for. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** Answers 127.0.0.1 for `name`, nothing for its other kinds of address, and that there is no other name. */
export async function startNameServer(name: string): Promise<NameServer> {
  const address = `127.${process.pid % 200}.${(process.pid >> 8) % 200}.53`;
  const asked: string[] = [];
  const socket = createSocket('udp4', (query, { port, address: from }) => {
    const labels: string[] = [];
    let at = HEADER_BYTES;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const wanted = labels.join('.').toLowerCase();
    asked.push(wanted);
    const question = query.subarray(HEADER_BYTES, at + 5);
    const found = wanted === name && query.readUInt16BE(at + 1) === TYPE_A;
    const header = Buffer.from(query.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(ANSWER | (wanted === name ? 0 : NO_SUCH_NAME), 2);
    for (const [count, offset] of [
      [1, 4],
      [found ? 1 : 0, 6],
      [0, 8],
      [0, 10],
    ] as const)
      header.writeUInt16BE(count, offset);
    // The name of the question, an address of the internet, for a minute, of four bytes.
    const answer = Buffer.from([0xc0, HEADER_BYTES, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    socket.send(Buffer.concat([header, question, ...(found ? [answer] : [])]), port, from);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
  return { address, asked, stop: () => new Promise((resolve) => socket.close(() => resolve())) };
}
