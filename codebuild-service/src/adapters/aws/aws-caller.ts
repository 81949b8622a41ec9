/**
 * The one way to AWS. A call is made with the client of its session and service, in attempts of limited time, behind the
 * guard of its account and service; what fails comes back in the platform's words.
 *
 * Throws AppError with the AWS request id in its message (aws-error.ts), or the signal's reason when it is aborted. An error
 * that is none of AWS's passes through as it is.
 */
import { createHash } from 'node:crypto';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { systemClock, type Clock } from '@aws-deployer/platform/runtime/clock';
import { Registry } from 'prom-client';
import { RenewedCredentials } from '../../credentials/renewed-credentials.js';
import type { AwsCredential, AwsSession } from '../../ports/aws-session.js';
import type { TemporaryKeyIssuer } from '../../ports/temporary-keys.js';
import { ClientCache, SERVICE_TITLES, type AwsClients, type AwsService, type TemporaryKeys } from './aws-clients.js';
import { awsError, circuitOpen, type CallPlace } from './aws-error.js';
import { AttemptTimeout, readFailure, type AwsFailure } from './aws-failure.js';
import { awsMetrics, type AwsMetrics, type CallOutcome } from './aws-metrics.js';
import {
  CallGuard,
  GUARD_SETTINGS,
  isCircuitOpen,
  untilAborted,
  type Attempt,
  type GuardSettings,
} from './call-guard.js';

export type { AwsClients, AwsService } from './aws-clients.js';

export interface AwsCallOptions {
  readonly signal: AbortSignal;
  /** Of one attempt; 20 s unless told. Longer for what moves many bytes. */
  readonly attemptMs?: number;
}
export interface AwsCallerSettings {
  readonly register?: Registry;
  readonly clock?: Clock;
  /** In place of AWS's own addresses; AWS_ENDPOINT_URL the clients read by themselves. */
  readonly endpoint?: string | undefined;
  /** For stand-ins: buckets in the path. */
  readonly pathStyle?: boolean;
  readonly guard?: Partial<GuardSettings>;
  readonly keptClients?: number;
}
const ATTEMPT_MS = 20_000;
const KEPT_CLIENTS = 64;
const ROLE_SECONDS = 3_600; // the most that a role behind a role may have
const ASSUME_MS = 30_000;
/** The clients themselves ask again five minutes before the end. */
const RENEWED_BEFORE_MS = 300_000;
type RoleKeys = TemporaryKeys & { readonly expiration: Date };

export class AwsCaller implements TemporaryKeyIssuer {
  readonly #clients: ClientCache;
  readonly #roles: RenewedCredentials<RoleKeys>;
  readonly #guards = new Map<string, CallGuard>();
  readonly #metrics: AwsMetrics;
  readonly #clock: Clock;
  readonly #closing = new AbortController();

  constructor(private readonly settings: AwsCallerSettings = {}) {
    this.#clock = settings.clock ?? systemClock;
    this.#metrics = awsMetrics(settings.register ?? new Registry());
    this.#roles = new RenewedCredentials(this.#clock, RENEWED_BEFORE_MS);
    this.#clients = new ClientCache({
      endpoint: settings.endpoint,
      pathStyle: settings.pathStyle,
      kept: settings.keptClients ?? KEPT_CLIENTS,
    });
  }

  /**
   * `work` sends commands with the client it is handed and passes on the signal:
   * `caller.call(session, 'ecr', (ecr, abortSignal) => ecr.send(new DescribeRepositoriesCommand({}), { abortSignal }), { signal })`.
   * It may run more than once.
   */
  async call<Service extends AwsService, Output>(
    session: AwsSession,
    service: Service,
    work: (client: AwsClients[Service], abortSignal: AbortSignal) => Promise<Output>,
    { signal, attemptMs = ATTEMPT_MS }: AwsCallOptions,
  ): Promise<Output> {
    const both = AbortSignal.any([signal, this.#closing.signal]);
    both.throwIfAborted();
    const place: CallPlace = { service: SERVICE_TITLES[service], region: session.region, account: session.account };
    const count = (outcome: CallOutcome): void => this.#metrics.calls.inc({ service, outcome });
    for (let renewed = false; ; renewed = true) {
      const client = await this.#client(session, service, both);
      let made: Attempt<Output>;
      try {
        made = await this.#guard(session, service).run(() => attempt(client, work, both, attemptMs), both);
      } catch (error) {
        count(both.aborted ? 'aborted' : isCircuitOpen(error) ? 'circuit_open' : 'failed');
        throw isCircuitOpen(error) ? circuitOpen(place) : error;
      }
      if ('output' in made) {
        count('ok');
        return made.output;
      }
      const { failure } = made;
      // Of a role, and of a pod or an instance, there are new ones by now.
      if (failure.class === 'credentials_expired' && session.credential.type !== 'keys' && !renewed) {
        const key = sessionKey(session);
        this.#roles.forget(key);
        this.#clients.forget(key);
        continue;
      }
      count(outcomeOf(failure));
      throw awsError(failure, place, made.error);
    }
  }

  /** New keys of a role, for another process to use: ours are not given away. */
  async temporaryKeys(session: AwsSession): Promise<RoleKeys> {
    if (session.credential.type !== 'role') throw new Error('only a role has keys for a time');
    return this.#assume(session, session.credential);
  }

  /** Lets go of the clients and keys of a cloud account that was changed or removed. */
  forget(account: string): void {
    this.#clients.forget(keyPrefix(account));
    this.#roles.forget(keyPrefix(account));
  }

  /** Running calls end with an abort. */
  async close(): Promise<void> {
    this.#closing.abort(new DOMException('The service is stopping', 'AbortError'));
    this.#roles.clear();
    await this.#clients.close();
  }

  async #client<Service extends AwsService>(
    session: AwsSession,
    service: Service,
    signal: AbortSignal,
  ): Promise<AwsClients[Service]> {
    const { account, credential, region } = session;
    // Keys that came with one request are used for it and forgotten.
    const key = account === null ? null : sessionKey(session);
    switch (credential.type) {
      case 'environment':
        return this.#clients.client(key, service, region, undefined);
      case 'keys':
        return this.#clients.client(key, service, region, staticKeys(credential));
      case 'role': {
        const assume = (): Promise<RoleKeys> => this.#assume(session, credential);
        const held = sessionKey(session);
        await untilAborted(this.#roles.get(held, assume), signal); // its failure is told as that of the role
        return this.#clients.client(key, service, region, () => this.#roles.get(held, assume));
      }
    }
  }

  async #assume(session: AwsSession, role: AwsCredential & { readonly type: 'role' }): Promise<RoleKeys> {
    const { AssumeRoleCommand } = await import('@aws-sdk/client-sts');
    const asked = new AssumeRoleCommand({
      RoleArn: role.roleArn,
      RoleSessionName: `aws-deployer-${session.account ?? 'request'}`.slice(0, 64),
      DurationSeconds: ROLE_SECONDS,
      ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
    });
    const { Credentials: keys } = await this.call(
      { ...session, credential: role.via },
      'sts',
      (sts, abortSignal) => sts.send(asked, { abortSignal }),
      { signal: AbortSignal.timeout(ASSUME_MS) }, // not the caller's: others wait for the same keys
    ).catch((error: unknown) => {
      throw roleRefused(error, role);
    });
    if (keys?.AccessKeyId === undefined || keys.SecretAccessKey === undefined || keys.SessionToken === undefined)
      throw new AppError('unavailable', 'aws_failed', `AWS STS gave no keys for the role ${role.roleArn}`);
    return {
      accessKeyId: keys.AccessKeyId,
      secretAccessKey: keys.SecretAccessKey,
      sessionToken: keys.SessionToken,
      expiration: keys.Expiration ?? new Date(this.#clock.now().getTime() + ROLE_SECONDS * 1000),
    };
  }

  #guard({ account, region }: AwsSession, service: AwsService): CallGuard {
    const labels = { account: account ?? 'request', region, service };
    const key = `${labels.account} ${region} ${service}`;
    const known = this.#guards.get(key);
    if (known) return known;
    const circuit = this.#metrics.circuitOpen.labels(labels);
    circuit.set(0);
    const guard = new CallGuard(
      { ...GUARD_SETTINGS, ...this.settings.guard },
      {
        throttled: () => this.#metrics.throttles.inc({ service }),
        retried: () => this.#metrics.retries.inc({ service }),
        circuit: (open) => circuit.set(open ? 1 : 0),
      },
      () => this.#clock.now().getTime(),
    );
    this.#guards.set(key, guard);
    return guard;
  }
}

/** One attempt within its time. The timer ends with it, so that a body that is still read is not cut off. */
async function attempt<Client, Output>(
  client: Client,
  work: (client: Client, abortSignal: AbortSignal) => Promise<Output>,
  signal: AbortSignal,
  limitMs: number,
): Promise<Attempt<Output>> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limitMs);
  try {
    return { output: await work(client, AbortSignal.any([signal, late.signal])) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof AppError) throw error;
    const seen = late.signal.aborted ? new AttemptTimeout(limitMs / 1000) : error;
    const failure = readFailure(seen);
    if (failure === null) throw error;
    return { failure, error: seen };
  } finally {
    clearTimeout(timer);
  }
}

const staticKeys = ({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: AwsCredential & { type: 'keys' }): TemporaryKeys => ({
  accessKeyId,
  secretAccessKey,
  ...(sessionToken === undefined ? {} : { sessionToken }),
});

/** Who asks, where: changed keys are another session. A hash, for it stands in maps for as long as the process lives. */
const sessionKey = (session: AwsSession): string =>
  keyPrefix(session.account ?? '') + createHash('sha256').update(JSON.stringify(session)).digest('hex');
const keyPrefix = (account: string): string => `${account}/`;

const outcomeOf = ({ class: kind, status }: AwsFailure): CallOutcome => {
  if (kind === 'throttled' || kind === 'account_limit') return 'throttled';
  return status !== null && status < 500 ? 'refused' : 'failed';
};

/** AWS says of a role that is not there, does not trust the caller, or wants another external id, the same words. */
function roleRefused(error: unknown, { roleArn, externalId }: AwsCredential & { type: 'role' }): unknown {
  if (!(error instanceof AppError) || error.code !== 'aws_access_denied') return error;
  return new AppError(
    'forbidden',
    'aws_role_refused',
    `The role ${roleArn} may not be assumed: it must exist, its trust policy must name the identity that assumes it${externalId === undefined ? ' and ask for no external id' : ' and the external id of the cloud account'}, and that identity needs sts:AssumeRole (${error.message})`,
    { cause: error },
  );
}
