import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importPKCS8, importSPKI, jwtVerify, SignJWT, type CryptoKey } from 'jose';
import { AppError } from '../errors/app-error.js';

/** How services prove themselves to each other: an EdDSA token of at most 60 s, for one audience. It alone may name an acting user. */
export interface ServiceIdentity {
  readonly service: string;
  readonly actingUser: string | null;
}
export interface KeyPair {
  readonly privateKey: string; // PKCS#8 PEM
  readonly publicKey: string; // SPKI PEM
}

/** The key pair of the installation: from `keys/` under the data directory, made on first use with mode 0600. */
export function keysIn(dataDir: string): KeyPair {
  const folder = join(dataDir, 'keys');
  const [privateFile, publicFile] = [join(folder, 'service-token.pem'), join(folder, 'service-token.pub.pem')];
  if (!existsSync(privateFile)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const pair = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    writeFileSync(publicFile, pair.publicKey);
    writeFileSync(privateFile, pair.privateKey, { mode: 0o600 });
  }
  return { privateKey: readFileSync(privateFile, 'utf8'), publicKey: readFileSync(publicFile, 'utf8') };
}

export class ServiceTokens {
  #keys: Promise<{ sign: CryptoKey; verify: CryptoKey }>;

  constructor(
    private readonly service: string,
    keys: KeyPair,
  ) {
    this.#keys = Promise.all([importPKCS8(keys.privateKey, 'EdDSA'), importSPKI(keys.publicKey, 'EdDSA')]).then(
      ([sign, verify]) => ({ sign, verify }),
    );
    this.#keys.catch(() => undefined); // reported by the first use
  }

  async issue(audience: string, actingUser?: string): Promise<string> {
    const { sign } = await this.#keys;
    return new SignJWT(actingUser === undefined ? {} : { act: actingUser })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(this.service)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('60s')
      .sign(sign);
  }

  /** Throws AppError unauthenticated/`bad_service_token`. */
  async verify(token: string): Promise<ServiceIdentity> {
    const { verify } = await this.#keys;
    try {
      const { payload } = await jwtVerify(token, verify, {
        audience: this.service,
        algorithms: ['EdDSA'],
        maxTokenAge: '60s',
        clockTolerance: 5,
      });
      return {
        service: payload.iss ?? 'unknown',
        actingUser: typeof payload['act'] === 'string' ? payload['act'] : null,
      };
    } catch (error) {
      throw new AppError('unauthenticated', 'bad_service_token', 'The service token is not valid for this service', {
        cause: error,
      });
    }
  }
}
