import { AppError } from '../errors/app-error.js';

/** The bytes of a request, piece by piece. Throws too_large/`body_too_large` past `limit` bytes. */
export async function* rawBytes(pieces: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > limit)
      throw new AppError('too_large', 'body_too_large', `The body is larger than ${String(limit)} bytes`);
    yield piece;
  }
}

/** All of them at once, for what is small. */
export async function bytesOf(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
