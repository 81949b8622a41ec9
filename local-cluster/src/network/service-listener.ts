/**
 * The loopback port of one Service port. What arrives is looked at before it is carried on: HTTP is balanced request by
 * request (so that a connection kept by a client outlives the pods behind it), everything else connection by connection.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Forwarder, Target } from './forwarder.js';

/** A client that says nothing for this long speaks a protocol in which the server begins. */
const SILENCE_MS = 250;
const HTTP_REQUEST = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE) /;

export class ServiceListener {
  private readonly server: Server;
  private readonly http: HttpServer;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly target: Target,
    private readonly forwarder: Forwarder,
    /** The Service says that it speaks HTTP: silence means that the client only got ready. */
    private readonly surelyHttp: boolean,
  ) {
    this.http = createHttpServer((request, response) => void forwarder.http(target, request, response));
    this.http.on('upgrade', (request, socket, head) => void forwarder.upgrade(target, request, socket, head));
    this.http.keepAliveTimeout = 75_000;
    this.http.requestTimeout = 0;
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket));
  }

  /** Opens the port; rejects with EADDRINUSE and the like. 0 is a port the system chooses. Answers the port. */
  async open(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        this.server.removeListener('error', reject);
        resolve();
      });
    });
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  close(): void {
    this.server.close();
    this.http.closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const silence = this.surelyHttp ? undefined : setTimeout(() => decide(), SILENCE_MS);
    const decide = (): void => {
      clearTimeout(silence);
      socket.removeListener('readable', onReadable);
      socket.removeListener('end', decide);
      const first = socket.read() as Buffer | null;
      if (first !== null) socket.unshift(first);
      const isHttp = first !== null && HTTP_REQUEST.test(first.subarray(0, 8).toString('latin1'));
      if (isHttp) this.http.emit('connection', socket);
      else void this.forwarder.tcp(this.target, socket);
    };
    const onReadable = (): void => {
      if (socket.readableLength > 0) decide();
    };
    socket.on('readable', onReadable);
    socket.once('end', decide);
    socket.once('close', () => clearTimeout(silence));
  }
}
