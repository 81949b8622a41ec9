/**
 * Secrets at rest: AES-256-GCM under one key, bound to where they belong, so that a sealed value that is moved to another
 * row does not open. Text form: `v1.` and base64 of 12 bytes nonce, 16 bytes tag, body.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../errors/app-error.js';

const TAG = { authTagLength: 16 } as const; // without it a truncated tag would be accepted

export class SecretBox {
  #key: Buffer | undefined;

  /** `key` is asked for once, at the first use. */
  constructor(private readonly keyOf: () => Buffer) {}

  /** `belongsTo` names the place: scope and name. */
  seal(plain: string, belongsTo: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#secretKey(), nonce, TAG);
    cipher.setAAD(Buffer.from(belongsTo, 'utf8'));
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')}`;
  }

  /** Throws AppError internal/`secret_unreadable` when it was sealed under another key or for another place. */
  open(sealed: string, belongsTo: string): string {
    const bytes = Buffer.from(sealed.replace(/^v1\./, ''), 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#secretKey(), bytes.subarray(0, 12), TAG);
      decipher.setAAD(Buffer.from(belongsTo, 'utf8'));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new AppError(
        'internal',
        'secret_unreadable',
        `The secret ${belongsTo} does not open: it was sealed under another key. Set SECRETS_KEY to the key it was sealed with, or enter the secret again`,
        { cause },
      );
    }
  }

  #secretKey(): Buffer {
    this.#key ??= this.keyOf();
    return this.#key;
  }
}

/** The key of the environment, else the one in `DATA_DIR/keys/secrets.key`, made on first use for its owner alone. */
export function keySource(fromEnvironment: Buffer | undefined, dataDir: string): () => Buffer {
  return () => {
    if (fromEnvironment !== undefined) return fromEnvironment;
    const folder = join(dataDir, 'keys');
    const file = join(folder, 'secrets.key');
    if (!existsSync(file)) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      try {
        writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was first: its key counts
      }
    }
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
    if (key.length !== 32)
      throw new AppError('internal', 'secrets_key_damaged', `${file} does not hold 32 bytes in base64`);
    return key;
  };
}
