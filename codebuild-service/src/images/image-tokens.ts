/**
 * Logins of ECR registries for those who push and pull: one for each account and region, kept, renewed half an hour before
 * it expires, one renewal for all who wait. The first push of an image makes its repository.
 */
import type { RegistryTokenView } from '@aws-deployer/platform/contracts/images';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import { Counter, Gauge, type Registry } from 'prom-client';
import { RenewedCredentials } from '../credentials/renewed-credentials.js';
import type { ImageRepositories, RegistryToken } from '../ports/image-repositories.js';
import type { CodebuildSchema } from '../schema.js';
import type { ImagePlaces, NamedSession } from './image-places.js';
import { ecrRegistryOf } from './registry-host.js';

export interface ImageTokensParts {
  readonly database: Database<CodebuildSchema>;
  readonly places: ImagePlaces;
  readonly repositories: ImageRepositories;
  readonly clock: Clock;
  readonly register: Registry;
}
export interface TokenAsked {
  readonly host: string;
  readonly repository?: string | undefined;
  readonly push: boolean;
}
const RENEWED_BEFORE_MS = 1_800_000;
const RENEWAL_MS = 60_000;

export class ImageTokens {
  readonly #tokens: RenewedCredentials<RegistryToken>;
  readonly #issued: Counter<'account' | 'region'>;

  constructor(private readonly parts: ImageTokensParts) {
    const { clock, register } = parts;
    const tokens = new RenewedCredentials<RegistryToken>(clock, RENEWED_BEFORE_MS);
    this.#tokens = tokens;
    this.#issued = new Counter({
      name: 'codebuild_registry_tokens_issued_total',
      help: 'Logins of ECR registries that AWS issued, by cloud account and region',
      labelNames: ['account', 'region'] as const,
      registers: [register],
    });
    new Gauge({
      name: 'codebuild_registry_token_seconds_to_expiry',
      help: 'Seconds until the login of an ECR registry that is held expires; it is renewed half an hour before',
      labelNames: ['account', 'region'] as const,
      registers: [register],
      collect() {
        this.reset();
        for (const [key, expiration] of tokens.expirations()) {
          const [account = '', region = ''] = key.split(' ');
          this.set({ account, region }, Math.round((expiration.getTime() - clock.now().getTime()) / 1000));
        }
      },
    });
  }

  /** Throws not_found/`registry_account_unknown`, and as every call to AWS. */
  async forRegistry(
    { host, repository, push }: TokenAsked,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<RegistryTokenView> {
    const registry = ecrRegistryOf(host);
    if (registry === null) throw new AppError('invalid', 'registry_unknown', `${host} is no registry of ECR`);
    const session = await this.parts.places.sessionFor(registry, signal);
    const token = await this.#tokens.get(`${session.account} ${session.region}`, () => this.#renew(session));
    if (push && repository !== undefined) await this.#ensureRepository(session, repository, origin, signal);
    return {
      host,
      username: token.username,
      password: token.password,
      expires_at: token.expiration.toISOString(),
    };
  }

  /** The account is not what it was. */
  forget(account: string): void {
    this.#tokens.forget(`${account} `);
  }

  async #renew(session: NamedSession): Promise<RegistryToken> {
    const token = await this.parts.repositories.token(session, AbortSignal.timeout(RENEWAL_MS)); // others wait for it too
    this.#issued.inc({ account: session.account, region: session.region });
    return token;
  }

  async #ensureRepository(session: NamedSession, name: string, origin: Origin, signal: AbortSignal): Promise<void> {
    const { repositories, database } = this.parts;
    const there = await repositories.get(session, name, signal).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'aws_not_found') return null;
      throw error;
    });
    if (there !== null) return;
    try {
      const made = await repositories.create(session, { name, scanOnPush: true, immutableTags: false }, signal);
      await recordAction(database.db, origin, {
        type: 'image_repository.create',
        targetType: 'image_repository',
        target: made.name,
        after: { uri: made.uri, account: session.account, region: session.region },
        summary: 'made for the first push of an image',
      });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'aws_conflict')) throw error; // another push was first
    }
  }
}
