import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../store/json-tree.js';
import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { serviceAccountGroups, serviceAccountName, type Identity } from './identity.js';

/**
 * Tokens of service accounts: JSON web tokens (ES256) that say which account, until when and for whom. One is good as long
 * as it has not run out and its account is the one that it was made for.
 *
 * The key lies in `DATA_DIR/service-account.key`, readable by its owner only, so that tokens outlive a restart; a cluster
 * in memory makes one for its life. It is made with the first token.
 */
export const AUDIENCE = 'https://kubernetes.default.svc.cluster.local';
const KEY_FILE = 'service-account.key';

interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  /** Seconds since 1970. */
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: { readonly name: string; readonly uid: string };
  };
}

export interface TokenIdentity {
  readonly user: Identity;
  readonly audiences: readonly string[];
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = encode({ alg: 'ES256', typ: 'JWT' });

export class ServiceAccountTokens {
  #key: KeyObject | undefined;

  /** Without a folder the key is not kept. */
  constructor(
    private readonly store: ObjectStore,
    private readonly dataDir?: string,
  ) {}

  /** A token for an account, good for `seconds` from `now` on. */
  issue(account: KubeObject, audiences: readonly string[], seconds: number, now: Date): string {
    const { namespace = '', name, uid = '' } = account.metadata;
    const issued = Math.floor(now.getTime() / 1000);
    const claims: Claims = {
      aud: audiences,
      exp: issued + seconds,
      iat: issued,
      iss: AUDIENCE,
      jti: randomUUID(),
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
      nbf: issued,
      sub: serviceAccountName(namespace, name),
    };
    const signed = `${HEADER}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: this.#signingKey(), dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** Whose token it is; undefined for one that is not, no longer or not here good. */
  identify(token: string, audiences: readonly string[] = [AUDIENCE], now = new Date()): TokenIdentity | undefined {
    const claims = this.#read(token);
    if (claims === undefined) return undefined;
    const seconds = now.getTime() / 1000;
    const heard = claims.aud.filter((audience) => audiences.includes(audience));
    if (seconds >= claims.exp || seconds + 60 < claims.nbf || heard.length === 0) return undefined;
    const { namespace, serviceaccount } = claims['kubernetes.io'];
    const account = this.store.get('core/serviceaccounts', namespace, serviceaccount.name);
    if (account === undefined || account.metadata.uid !== serviceaccount.uid) return undefined;
    return {
      audiences: heard,
      user: {
        username: claims.sub,
        uid: serviceaccount.uid,
        groups: serviceAccountGroups(namespace),
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] },
      },
    };
  }

  #read(token: string): Claims | undefined {
    const [header, body, signature, ...more] = token.split('.');
    if (header !== HEADER || body === undefined || signature === undefined || more.length > 0) return undefined;
    const good = verify(
      'sha256',
      Buffer.from(`${header}.${body}`),
      { key: createPublicKey(this.#signingKey()), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    if (!good) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    // What carries our signature was written by `issue`.
    return isObject(claims) ? (claims as unknown as Claims) : undefined;
  }

  #signingKey(): KeyObject {
    this.#key ??= this.#kept() ?? this.#made();
    return this.#key;
  }

  #kept(): KeyObject | undefined {
    if (this.dataDir === undefined) return undefined;
    try {
      return createPrivateKey(readFileSync(join(this.dataDir, KEY_FILE)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #made(): KeyObject {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    if (this.dataDir !== undefined)
      writeFileSync(join(this.dataDir, KEY_FILE), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
        mode: 0o600,
        flag: 'wx',
      });
    return privateKey;
  }
}
