/**
 * How a registry wants to be authenticated: the `WWW-Authenticate` challenge, and the token it sends the client for.
 *
 * Tokens are kept per scope until ten seconds before they end. Credentials go to the challenge's realm only over HTTPS,
 * or over HTTP when realm and registry are both on this machine. No error carries a credential or a token.
 * Throws AppError invalid/`image_auth_failed`, unavailable/`registry_unreachable`.
 */
import { request } from 'undici';
import { z } from 'zod';
import { AppError, messageOf } from '../errors/app-error.js';
import { isLoopbackHost } from './image-reference.js';

export interface Challenge {
  readonly scheme: 'basic' | 'bearer';
  readonly parameters: Readonly<Record<string, string>>;
}
export interface BasicCredential {
  readonly username: string;
  readonly password: string;
}
interface CachedToken {
  readonly header: string;
  readonly usableUntilMs: number;
}

const TokenAnswer = z.looseObject({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().optional(),
});

export const basicHeader = (credential: BasicCredential): string =>
  `Basic ${Buffer.from(`${credential.username}:${credential.password}`, 'utf8').toString('base64')}`;

/** The first scheme of the header that this client speaks; undefined: none. */
export function parseChallenge(header: string | readonly string[] | undefined): Challenge | undefined {
  const lines = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  const challenges = lines.flatMap((line): Challenge[] => {
    const match = /^\s*(basic|bearer)\b\s*(.*)$/i.exec(line);
    if (match === null) return [];
    const parameters: Record<string, string> = {};
    for (const [, key, quoted, plain] of (match[2] ?? '').matchAll(/([a-z_]+)=(?:"([^"]*)"|([^\s,]+))/gi))
      if (key !== undefined) parameters[key.toLowerCase()] = quoted ?? plain ?? '';
    return [{ scheme: match[1]?.toLowerCase() === 'basic' ? 'basic' : 'bearer', parameters }];
  });
  return challenges.find((challenge) => challenge.scheme === 'bearer') ?? challenges[0];
}

export class RegistryAuth {
  private readonly tokens = new Map<string, CachedToken>();
  private basicWanted = false;

  constructor(
    private readonly registry: string,
    private readonly credential: BasicCredential | undefined,
  ) {}

  /** The header to send before being asked, if one is known for the scope. */
  headerFor(scope: string): string | undefined {
    const cached = this.tokens.get(scope);
    if (cached !== undefined && cached.usableUntilMs > Date.now()) return cached.header;
    return this.basicWanted && this.credential !== undefined ? basicHeader(this.credential) : undefined;
  }

  /** Answers a 401 to a request that carried `sent`: the header to repeat it with. */
  async answer(
    challenge: Challenge | undefined,
    scope: string,
    sent: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    if (challenge === undefined) throw this.refused('it names no way to authenticate that is known here');
    if (challenge.scheme === 'basic') {
      if (this.credential === undefined) throw this.refused('it wants a user name and a password');
      const header = basicHeader(this.credential);
      if (sent === header) throw this.refused('it did not take the user name and password');
      this.basicWanted = true;
      return header;
    }
    this.tokens.delete(scope);
    const token = await this.fetchToken(challenge.parameters, scope, signal);
    this.tokens.set(scope, token);
    return token.header;
  }

  /** Drops what is known: the next request is challenged afresh. */
  forget(): void {
    this.tokens.clear();
    this.basicWanted = false;
  }

  private async fetchToken(
    parameters: Readonly<Record<string, string>>,
    scope: string,
    signal: AbortSignal,
  ): Promise<CachedToken> {
    const realm = URL.canParse(parameters['realm'] ?? '') ? new URL(parameters['realm'] ?? '') : undefined;
    if (realm === undefined) throw this.refused('its challenge names no address for tokens');
    const local = isLoopbackHost(realm.host) && isLoopbackHost(this.registry);
    if (realm.protocol !== 'https:' && !(realm.protocol === 'http:' && local))
      throw this.refused(`its tokens come from ${realm.protocol}//${realm.host}, which is not HTTPS`);
    if (parameters['service'] !== undefined) realm.searchParams.set('service', parameters['service']);
    // A space separates scopes; each is its own parameter.
    for (const part of (scope || parameters['scope'] || '').split(' ').filter(Boolean))
      realm.searchParams.append('scope', part);

    const answer = await request(realm, {
      signal,
      headersTimeout: 30_000,
      bodyTimeout: 30_000,
      headers: this.credential === undefined ? {} : { authorization: basicHeader(this.credential) },
    }).catch((cause: unknown) => {
      throw new AppError(
        'unavailable',
        'registry_unreachable',
        `The token server of ${this.registry} (${realm.host}) cannot be reached: ${messageOf(cause)}`,
        { cause },
      );
    });
    if (answer.statusCode === 401 || answer.statusCode === 403) {
      await answer.body.dump();
      throw this.refused(
        this.credential === undefined ? 'it wants a credential' : 'it did not take the user name and password',
      );
    }
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      throw new AppError(
        'unavailable',
        'registry_unreachable',
        `The token server of ${this.registry} (${realm.host}) answered ${String(answer.statusCode)}`,
      );
    }
    const body = TokenAnswer.safeParse(await answer.body.json());
    const token = body.data?.token ?? body.data?.access_token;
    if (token === undefined) throw this.refused('its token server gave no token');
    const lifetimeMs = (body.data?.expires_in ?? 60) * 1000;
    return { header: `Bearer ${token}`, usableUntilMs: Date.now() + Math.max(lifetimeMs - 10_000, 1_000) };
  }

  private refused(why: string): AppError {
    return imageAuthFailed(this.registry, `The registry ${this.registry} refused: ${why}`);
  }
}

/** Without the right to push or pull: whoever keeps the registry's credential mends it. */
export const imageAuthFailed = (registry: string, said: string): AppError =>
  new AppError('invalid', 'image_auth_failed', said, {
    fields: [
      {
        field: 'registry',
        message: said,
        mend: `Give ${registry} a user name and a password that may use this repository under /api/v1/registries (Docker Hub: POST /deployer-api/docker-login), then deploy again`,
      },
    ],
  });
