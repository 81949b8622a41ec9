import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';

/** What the database must not know: the Ed25519 key that signs checkpoints, and the seal of rows derived from it. */
export class ChainKeys {
  readonly #private: KeyObject;
  readonly #public: KeyObject;
  readonly #sealKey: Buffer;

  constructor(pem: string) {
    this.#private = createPrivateKey(pem);
    if (this.#private.asymmetricKeyType !== 'ed25519')
      throw new AppError('invalid', 'bad_signing_key', 'HISTORY_SIGNING_KEY must be an Ed25519 key (PKCS#8 PEM)');
    this.#public = createPublicKey(this.#private);
    const der = this.#private.export({ type: 'pkcs8', format: 'der' });
    this.#sealKey = Buffer.from(hkdfSync('sha256', der, '', 'aws-deployer audit seal', 32));
  }

  seal(hash: string): string {
    return createHmac('sha256', this.#sealKey).update(hash).digest('hex');
  }
  sign(text: string): string {
    return sign(null, Buffer.from(text), this.#private).toString('base64');
  }
  isSignature(text: string, signature: string): boolean {
    return verify(null, Buffer.from(text), this.#public, Buffer.from(signature, 'base64'));
  }
}

/** From the environment, else from `keys/` under the data directory, made at first use with mode 0600. */
export function chainKeysIn(dataDir: string, pem: string | undefined): ChainKeys {
  if (pem !== undefined) return new ChainKeys(pem.replaceAll('\\n', '\n'));
  const file = join(dataDir, 'keys', 'history-checkpoint.pem');
  if (!existsSync(file)) {
    mkdirSync(join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    writeFileSync(file, privateKey, { mode: 0o600, flag: 'wx' });
  }
  return new ChainKeys(readFileSync(file, 'utf8'));
}
