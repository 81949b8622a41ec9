/**
 * Which registry an image goes to or comes from, and the credential for it. What a release keeps is the reference, never the
 * credential: the reference is opened when it is used, and the opening is on the log.
 */
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { canonicalRegistry, isLoopbackHost, parseImageReference } from '@aws-deployer/platform/oci/image-reference';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';
import type { RegistryLogins } from '../ports/registry-logins.js';
import type { DeployerSchema } from '../schema.js';
import type { SecretService } from '../secrets/secret-service.js';
import type { DockerLogins } from './docker-logins.js';
import type { RegistryRow, RegistryService } from './registry-service.js';
import { parseRegistryUrl } from './registry-url.js';

export type AccountReference =
  | { readonly kind: 'registry'; readonly name: string }
  | { readonly kind: 'docker_login'; readonly userId: string }
  | {
      readonly kind: 'secret';
      readonly host: string;
      readonly name: string;
      readonly id: string;
      readonly version: number;
    }
  /** A registry of a cloud that issues a login for each use. */
  | { readonly kind: 'issued'; readonly host: string }
  | { readonly kind: 'anonymous'; readonly host: string };

export interface PushTarget {
  /** With the registry's host: `127.0.0.1:5001/shop`. */
  readonly repository: string;
  readonly account: AccountReference;
  readonly embedded: boolean;
}

/** `host/path` where the first part is a registry's host, as Docker decides it. */
const hostOf = (repository: string): string | undefined => {
  const [first = '', ...rest] = repository.split('/');
  return rest.length > 0 && (first === 'localhost' || /[.:]/.test(first)) ? canonicalRegistry(first) : undefined;
};

export class RegistryAccounts {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly registries: RegistryService,
    private readonly logins: DockerLogins,
    private readonly secrets: SecretService,
    private readonly issued: RegistryLogins,
  ) {}

  /** Where a build is pushed. Throws invalid/`registry_unknown` on `registry`, invalid on `image.repository`. */
  async pushTarget(
    of: { readonly application: string; readonly createdById: string },
    asked: { readonly registry?: string | undefined; readonly repository?: string | undefined },
  ): Promise<PushTarget> {
    const host = asked.repository === undefined ? undefined : hostOf(asked.repository);
    if (asked.repository !== undefined && host !== undefined) {
      const { registry, repository } = parsedRepository(asked.repository);
      return {
        repository: `${registry}/${repository}`,
        account: await this.forHost(registry, of.createdById),
        embedded: (await this.registries.rows()).some((row) => row.embedded === 1 && hostOfRow(row) === registry),
      };
    }
    const row = await this.registries.row(asked.registry);
    if (row === undefined)
      throw invalidField(
        'registry',
        asked.registry === undefined ? 'there is no registry to push to' : `there is no registry ${asked.registry}`,
        'add one under /api/v1/registries, or name one that is there',
        'registry_unknown',
      );
    const { host: registry, prefix } = parseRegistryUrl(row.url);
    const path = [prefix, asked.repository ?? of.application].filter((part) => part !== '').join('/');
    const { repository } = parsedRepository(`${registry}/${path}`);
    return {
      repository: `${registry}/${repository}`,
      account: { kind: 'registry', name: row.name },
      embedded: row.embedded === 1,
    };
  }

  /** With which credential a registry is spoken to: an entry of `/registries`, the user's own Docker login, one issued by a cloud, or none. */
  async forHost(host: string, userId: string): Promise<AccountReference> {
    const row = (await this.registries.rows()).find((candidate) => hostOfRow(candidate) === host);
    if (row) return { kind: 'registry', name: row.name };
    if (host === 'docker.io' && (await this.logins.userOf(userId)) !== undefined)
      return { kind: 'docker_login', userId };
    if (this.issued.issues(host)) return { kind: 'issued', host };
    return { kind: 'anonymous', host };
  }

  /**
   * Opens a reference; a credential that is read is on the log. `pushTo`: the repository, with its host, that is about to be
   * pushed to. Throws conflict/`credential_gone`.
   */
  async open(reference: AccountReference, origin: Origin, why: string, pushTo?: string): Promise<RegistryAccount> {
    switch (reference.kind) {
      case 'anonymous':
        return { host: reference.host, insecure: isLoopbackHost(reference.host) };
      case 'registry': {
        const row = await this.registries.row(reference.name);
        if (row === undefined) throw gone(`the registry ${reference.name}`);
        const { host, insecure } = parseRegistryUrl(row.url);
        const password = this.registries.passwordOf(row);
        if (row.username === null || password === undefined)
          return this.issued.issues(host) ? this.#issue(host, origin, why, pushTo) : { host, insecure };
        await this.#recordRead(`registry ${row.name}`, origin, why);
        return { host, insecure, username: row.username, password };
      }
      case 'issued':
        return this.#issue(reference.host, origin, why, pushTo);
      case 'docker_login': {
        const login = await this.logins.of(reference.userId);
        if (login === undefined) throw gone('the Docker login');
        await this.#recordRead('docker login', origin, why);
        return { host: 'docker.io', insecure: false, username: login.user, password: login.token };
      }
      case 'secret': {
        const values = await this.secrets.read(reference, origin, why);
        return {
          host: reference.host,
          insecure: isLoopbackHost(reference.host),
          username: values['username'] ?? '',
          password: values['password'] ?? '',
        };
      }
    }
  }

  /** The host whose cloud issues the login of this reference; null: a person entered it, or there is none. */
  async issuingHost(reference: AccountReference): Promise<string | null> {
    if (reference.kind === 'issued') return reference.host;
    if (reference.kind !== 'registry') return null;
    const row = await this.registries.row(reference.name);
    if (row === undefined) return null;
    const host = hostOfRow(row);
    const entered = row.username !== null && row.password !== null;
    return !entered && this.issued.issues(host) ? host : null;
  }

  /** The login that stands now; it is on the log when it is another one than `before`. */
  async issuedAgain(host: string, before: string | undefined, origin: Origin, why: string): Promise<RegistryAccount> {
    const login = await this.issued.login(host, undefined);
    if (login.password !== before) await this.#recordRead(`login issued for ${host}`, origin, why);
    return { host, insecure: false, ...login };
  }

  async #issue(host: string, origin: Origin, why: string, pushTo: string | undefined): Promise<RegistryAccount> {
    const login = await this.issued.login(host, pushTo?.slice(host.length + 1));
    await this.#recordRead(`login issued for ${host}`, origin, why);
    return { host, insecure: false, ...login };
  }

  async #recordRead(target: string, origin: Origin, why: string): Promise<void> {
    await recordAction(this.database.db, origin, { type: 'secret.read', targetType: 'secret', target, summary: why });
  }
}

const hostOfRow = (row: RegistryRow): string => parseRegistryUrl(row.url).host;
const gone = (what: string): AppError =>
  new AppError('conflict', 'credential_gone', `${what} whose credential this needs does not exist any more`);

function parsedRepository(text: string): { registry: string; repository: string } {
  try {
    return parseImageReference(text);
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError('invalid', cause.code, `image.repository: ${cause.message}`, {
      cause,
      fields: [
        { field: 'image.repository', message: cause.message, mend: 'give lower-case parts with slashes, no tag' },
      ],
    });
  }
}
