/**
 * Logins that clouds issue expire after hours, and a pod may come to a new node long after its release was rolled out. So the
 * pull Secrets of live releases get the login that stands now, whenever it has become another one.
 *
 * Units    milliseconds. A login is good for at least half an hour when it is issued, so a look every twenty minutes is enough.
 * Replicas each does the same: an apply of the same Secret changes nothing.
 * Restart  what was applied is not remembered: the first look applies each Secret once.
 */
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { delay } from '@aws-deployer/platform/runtime/clock';
import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';
import { pullSecretManifest } from '../deployments/manifests/secret-manifests.js';
import type { Cluster } from '../ports/cluster.js';
import type { AccountReference, RegistryAccounts } from '../registries/registry-accounts.js';
import type { DeployerSchema } from '../schema.js';

export interface PullSecretRenewalParts {
  readonly database: Database<DeployerSchema>;
  readonly cluster: Cluster;
  readonly accounts: RegistryAccounts;
  readonly log: Logger;
  /** Something was recorded outside a request. */
  readonly recorded: () => void;
}
const FIRST_AFTER_MS = 60_000;
const EVERY_MS = 1_200_000;

export class PullSecretRenewal {
  readonly #stopped = new AbortController();
  /** Release → the password that its Secret has. */
  readonly #applied = new Map<string, string>();
  /** Host → the password that was on the log last. */
  readonly #seen = new Map<string, string>();
  #loop: Promise<void> | undefined;

  constructor(private readonly parts: PullSecretRenewalParts) {}

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  /** One look at all live releases. Returns how many Secrets were applied; what fails is tried at the next look. */
  async renew(signal: AbortSignal): Promise<number> {
    const { database, log } = this.parts;
    const rows = await database.db
      .selectFrom('releases')
      .innerJoin('applications', 'applications.id', 'releases.application_id')
      .select(['releases.id', 'releases.environment', 'releases.namespace', 'releases.deployment_id'])
      .select(['releases.pull_account', 'applications.name as application'])
      .where('releases.live', '=', 1)
      .where('releases.pull_account', 'is not', null)
      .execute();
    for (const id of this.#applied.keys()) if (!rows.some((row) => row.id === id)) this.#applied.delete(id);
    const logins = new Map<string, RegistryAccount | null>();
    let applied = 0;
    for (const { id, pull_account, deployment_id, ...place } of rows) {
      signal.throwIfAborted();
      try {
        const reference = JSON.parse(pull_account ?? 'null') as AccountReference;
        const login = await this.#login(reference, logins);
        if (login === null || this.#applied.get(id) === login.password) continue;
        const identity = { ...place, releaseId: id, deploymentId: deployment_id };
        await this.parts.cluster.apply(pullSecretManifest(identity, login), {}, signal);
        this.#applied.set(id, login.password ?? '');
        applied += 1;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof AppError)) throw error;
        log.warn('a pull secret could not be renewed', { release: id, ...place, error });
      }
    }
    return applied;
  }

  /** null: no cloud issues it, or it could not be had in this look. */
  async #login(
    reference: AccountReference,
    known: Map<string, RegistryAccount | null>,
  ): Promise<RegistryAccount | null> {
    const { accounts, log, recorded } = this.parts;
    const host = await accounts.issuingHost(reference);
    if (host === null) return null;
    const before = known.get(host);
    if (before !== undefined) return before;
    try {
      const login = await accounts.issuedAgain(
        host,
        this.#seen.get(host),
        platformOrigin('deployer', 'pull secrets'),
        'for the pull secrets of live releases',
      );
      if (this.#seen.get(host) !== login.password) recorded();
      this.#seen.set(host, login.password ?? '');
      known.set(host, login);
      return login;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.warn('no login could be had for the pull secrets of a registry', { host, error });
      known.set(host, null);
      return null;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    for (let pause = FIRST_AFTER_MS; ; pause = EVERY_MS) {
      try {
        await delay(pause, signal);
        await this.renew(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.parts.log.error('pull secrets could not be looked after', { error });
      }
    }
  }
}
