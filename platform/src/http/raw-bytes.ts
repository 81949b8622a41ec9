import type { Readable } from 'node:stream';
import { AppError } from '../errors/app-error.js';

/**
 * The bytes of a request, piece by piece. Throws too_large/`body_too_large` past `limit` bytes.
 *
 * What nobody reads to its end is read and dropped: destroying the request would take away the connection on which its
 * answer goes out, and leaving the rest would keep the next request on it waiting for ever.
 */
export async function* rawBytes(request: Readable, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > limit)
        throw new AppError('too_large', 'body_too_large', `The body is larger than ${String(limit)} bytes`);
      yield piece;
    }
  } finally {
    request.resume();
  }
}

/** All of them at once, for what is small. */
export async function bytesOf(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
