/** A way to a server that holds back the request that a test names, for as long as it likes: what is killed meanwhile is in the middle of one. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { request } from 'undici';

export interface HeldRequests {
  readonly url: string;
  /** The next request with this in its body waits. */
  hold(words: string): void;
  /** Resolves once it waits. */
  held(): Promise<void>;
  /** It goes on. */
  release(): void;
  stop(): Promise<void>;
}

/** `seen` is told the headers of each request as it comes. */
export async function holdRequests(
  target: string,
  seen: (headers: IncomingMessage['headers']) => void = () => undefined,
): Promise<HeldRequests> {
  const waiting: (() => void)[] = [];
  const watching: (() => void)[] = [];
  let words: string | undefined;
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    seen(incoming.headers);
    const text = body.toString('latin1');
    if (words !== undefined && text.includes(words)) {
      words = undefined;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        for (const tell of watching.splice(0)) tell();
      });
    }
    if (outgoing.destroyed) return; // whoever asked is gone, and so is what was asked
    const {
      connection: _connection,
      'content-length': _length,
      'transfer-encoding': _encoding,
      ...headers
    } = incoming.headers;
    const answer = await request(new URL(incoming.url ?? '/', target), {
      method: (incoming.method ?? 'GET') as 'GET',
      headers,
      body: body.length === 0 ? null : body,
    });
    const { 'content-length': _old, 'transfer-encoding': _coding, ...answered } = answer.headers;
    outgoing.writeHead(answer.statusCode, answered);
    outgoing.end(Buffer.from(await answer.body.arrayBuffer()));
  };
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const release = (): void => {
    words = undefined;
    for (const go of waiting.splice(0)) go();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: (text) => {
      words = text;
    },
    held: () => (waiting.length > 0 ? Promise.resolve() : new Promise((resolve) => watching.push(resolve))),
    release,
    stop: async () => {
      release();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
