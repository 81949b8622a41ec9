import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../errors/app-error.js';

export interface Listening {
  readonly port: number;
  /** Takes no new connection, lets running requests end for `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** Throws AppError unavailable/`port_taken`. `port` 0 takes a free one. */
export async function listen(handler: RequestListener, port: number, host: string): Promise<Listening> {
  const server: Server = createServer(
    { keepAliveTimeout: 65_000, headersTimeout: 66_000, requestTimeout: 300_000 },
    handler,
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new AppError(
              'unavailable',
              'port_taken',
              `Port ${port} on ${host} is ${error.code === 'EACCES' ? 'not allowed' : 'taken'}: stop what uses it or choose another with PORT`,
              { cause: error },
            )
          : error,
      ),
    );
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs) =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), graceMs);
        const idle = setInterval(() => server.closeIdleConnections(), 25); // those kept alive after their last answer
        server.close(() => {
          clearTimeout(cut);
          clearInterval(idle);
          resolve();
        });
      }),
  };
}
