/**
 * The server's side of a WebSocket (RFC 6455), as far as `exec` needs it: binary messages both ways, pings, close. Messages
 * of a client may come in fragments; ours are single frames. Written here because the one library that the project
 * has for it is a client's.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0x0, 0x1, 0x2, 0x8, 0x9, 0xa] as const;
/** kubectl sends at most 32 KiB in one. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Seconds are the client's; a close that it does not answer is cut after this. */
const CLOSE_MS = 1_000;

export interface WebSocketHandlers {
  readonly onMessage: (message: Buffer) => void;
  /** The client has gone; called once. */
  readonly onClose: () => void;
}

export class WebSocketConnection {
  private pending: Buffer;
  private fragments: Buffer[] = [];
  private over = false;
  private closing = false;

  private constructor(
    private readonly socket: Duplex,
    head: Buffer,
    private readonly handlers: WebSocketHandlers,
  ) {
    this.pending = head;
    socket.on('data', (chunk: Buffer) => {
      this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
      this.read();
    });
    // A client that breaks off is a client that has gone.
    socket.on('error', () => this.end());
    socket.on('close', () => this.end());
    setImmediate(() => this.read());
  }

  /** Answers the request with 101. `protocol` is one that the client asked for. */
  static accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    protocol: string,
    handlers: WebSocketHandlers,
  ): WebSocketConnection {
    const key = request.headers['sec-websocket-key'] ?? '';
    const accepted = createHash('sha1').update(`${key}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    );
    return new WebSocketConnection(socket, head, handlers);
  }

  /** False: the socket's buffer is full, wait for `drained`. */
  send(message: Buffer): boolean {
    return this.over || this.closing || this.frame(BINARY, message);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once('drain', resolve);
      this.socket.once('close', resolve);
    });
  }

  close(): void {
    if (this.over || this.closing) return;
    this.closing = true;
    this.frame(CLOSE, Buffer.from([1000 >> 8, 1000 & 0xff]));
    const cut = setTimeout(() => this.socket.destroy(), CLOSE_MS);
    this.socket.once('close', () => clearTimeout(cut));
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.socket.destroy();
    this.handlers.onClose();
  }

  private frame(opcode: number, payload: Buffer): boolean {
    const header =
      payload.length < 126
        ? Buffer.from([0x80 | opcode, payload.length])
        : payload.length < 65_536
          ? Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff])
          : Buffer.concat([Buffer.from([0x80 | opcode, 127]), longLength(payload.length)]);
    return this.socket.write(Buffer.concat([header, payload]));
  }

  private read(): void {
    while (!this.over) {
      const frame = parseFrame(this.pending);
      if (frame === undefined) return;
      if (frame === 'refused') return this.end();
      this.pending = this.pending.subarray(frame.size);
      this.take(frame);
    }
  }

  private take({ opcode, payload, last }: Frame): void {
    switch (opcode) {
      case CLOSE:
        if (!this.closing) this.frame(CLOSE, payload.subarray(0, 2));
        this.socket.end();
        this.end();
        return;
      case PING:
        this.frame(PONG, payload);
        return;
      case TEXT:
      case BINARY:
      case CONTINUATION:
        this.fragments.push(payload);
        if (!last) return;
        this.handlers.onMessage(Buffer.concat(this.fragments.splice(0)));
        return;
      default: // a pong asks for nothing
    }
  }
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly last: boolean;
  readonly size: number;
}

function longLength(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}

/** Undefined: more bytes are needed; `refused`: not masked, or too long. */
function parseFrame(bytes: Buffer): Frame | 'refused' | undefined {
  if (bytes.length < 2) return undefined;
  const [first, second] = [bytes.readUInt8(0), bytes.readUInt8(1)];
  const short = second & 0x7f;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  const maskAt = 2 + extra;
  if ((second & 0x80) === 0) return 'refused';
  if (bytes.length < maskAt + 4) return undefined;
  const length = extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (length > MAX_MESSAGE_BYTES) return 'refused';
  const size = maskAt + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(maskAt, maskAt + 4);
  const payload = Buffer.from(bytes.subarray(maskAt + 4, size));
  for (let index = 0; index < payload.length; index += 1)
    payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0);
  return { opcode: first & 0x0f, payload, last: (first & 0x80) !== 0, size };
}
