/**
 * A pass-through stream that proves what went through it: it ends in internal/`blob_corrupt` when the SHA-256 of the
 * bytes is not the digest they were asked by. Nothing is held back, so a reader must wait for the end before trusting.
 */
import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { AppError } from '../errors/app-error.js';

export function digestCheck(expected: string): Transform {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done: TransformCallback) {
      const actual = `sha256:${hash.digest('hex')}`;
      if (actual === expected) done();
      else done(new AppError('internal', 'blob_corrupt', `The bytes of ${expected} have the digest ${actual}`));
    },
  });
}
