/**
 * Asks for deployments: checks what can be checked at once, settles the defaults, and puts the deployment at the end of its
 * application's queue, all in one transaction. The runner does the rest.
 */
import type { Principal } from '@aws-deployer/platform/auth/principal';
import type { CreateDeploymentBody } from '@aws-deployer/platform/contracts/deployments';
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Transaction } from 'kysely';
import type { ApplicationService } from '../applications/application-service.js';
import type { EnvironmentService } from '../environments/environment-service.js';
import type { SourceRepository } from '@aws-deployer/platform/git/source-repository';
import type { RegistryAccounts } from '../registries/registry-accounts.js';
import type { Release } from '../releases/release.js';
import type { DeployerSchema } from '../schema.js';
import type { SecretService } from '../secrets/secret-service.js';
import type { DeploymentRow } from './deployment-rows.js';
import { addEvent } from './deployment-events.js';
import { reasonToWait } from './deployment-queue.js';
import { checkSourcePaths } from './source-paths.js';
import { checkMonitoringLimit } from './stage-limits.js';

export interface RequestParts {
  readonly database: Database<DeployerSchema>;
  readonly clock: Clock;
  readonly applications: ApplicationService;
  readonly environments: EnvironmentService;
  readonly source: SourceRepository;
  readonly secrets: SecretService;
  readonly accounts: RegistryAccounts;
}
export class DeploymentRequests {
  constructor(private readonly parts: RequestParts) {}

  /** Answers the id. Throws AppError invalid with the field and the mend. */
  async request(body: CreateDeploymentBody, principal: Principal, origin: Origin): Promise<string> {
    await this.check(body, principal);
    return inTransaction(this.parts.database, (trx) => this.#insert(trx, body, undefined, principal, origin));
  }

  /** A new deployment that restores `release` as it was stored. */
  async restore(release: Release, application: string, principal: Principal, origin: Origin): Promise<string> {
    const { environment, namespace } = release;
    // What was agreed to once is not agreed to for ever.
    const spec = { ...release.spec, application, environment, namespace, recreate: false, adopt: false };
    return inTransaction(this.parts.database, (trx) => this.#insert(trx, spec, release, principal, origin));
  }

  /** Throws AppError invalid with the field and the mend. */
  async check(body: CreateDeploymentBody, principal: Principal): Promise<void> {
    const { source, workload, environment, registry, image, application } = body;
    const { secrets, accounts } = this.parts;
    if (workload.node_port !== undefined && workload.service_type === 'ClusterIP')
      throw invalidField(
        'workload.node_port',
        'a ClusterIP Service has no node port',
        'set workload.service_type to NodePort or LoadBalancer, or leave node_port out',
      );
    checkSourcePaths(source);
    await secrets.references(workload.secrets, environment);
    if (source.type === 'git') this.parts.source.check(source.repo_url, source.ref);
    if (source.type !== 'snippet' && source.credential !== undefined)
      await secrets.named(
        source.credential,
        environment,
        source.type === 'git' ? ['git_token', 'ssh_key'] : ['registry'],
        'source.credential',
      );
    if (source.type !== 'image')
      await accounts.pushTarget(
        { application, createdById: principal.userId },
        { registry, repository: image?.repository },
      );
  }

  async #insert(
    trx: Transaction<DeployerSchema>,
    body: CreateDeploymentBody,
    restored: Release | undefined,
    principal: Principal,
    origin: Origin,
  ): Promise<string> {
    const { applications, environments, clock } = this.parts;
    const application = await applications.ensure(trx, body.application, principal.username, origin);
    const environment = await environments.ensure(trx, body.environment, origin);
    const spec: CreateDeploymentBody = {
      ...body,
      namespace: body.namespace ?? environment.namespace,
      monitor_seconds: body.monitor_seconds ?? environment.monitor_seconds,
    };
    checkMonitoringLimit(spec);
    const last = await trx
      .selectFrom('deployments')
      .select((eb) => eb.fn.max('queue_number').as('number'))
      .where('application_id', '=', application.id)
      .executeTakeFirst();
    const reason = await reasonToWait(trx, { applicationId: application.id, environment: body.environment });
    const now = instant(clock.now());
    const row: DeploymentRow = {
      id: newId(), // after the lock on the application: ids are in the order of the queue
      application_id: application.id,
      application: body.application,
      environment: body.environment,
      namespace: spec.namespace ?? environment.namespace,
      queue_number: Number(last?.number ?? 0) + 1,
      state: 'initialized',
      reason,
      failed_state: null,
      version: 1,
      lease_owner: null,
      lease_expires_at: null,
      spec: JSON.stringify(spec),
      release_id: restored?.id ?? null,
      rollback_of: restored?.id ?? null,
      commit_id: restored?.commit ?? null,
      builder: null,
      image: restored?.image ?? null,
      image_digest: restored?.imageDigest ?? null,
      image_runtime: restored?.imageRuntime ?? null,
      base_substituted: restored?.baseSubstituted ?? null,
      build_id: null,
      gates: null,
      warnings: null,
      own_template: null,
      exposed_port: null,
      image_user: null,
      url: null,
      verdict: null,
      requests: 0,
      failed_requests: 0,
      longest_gap_ms: 0,
      cancel_requested: 0,
      created_by: principal.username,
      created_by_id: principal.userId,
      trace_id: origin.traceId,
      created_at: now,
      updated_at: now,
      ended_at: null,
    };
    await trx.insertInto('deployments').values(row).execute();
    await addEvent(trx, row.id, 'state', { state: 'initialized', reason, at: now }, now);
    await recordAction(trx, origin, {
      type: restored === undefined ? 'deployment.create' : 'deployment.rollback',
      targetType: 'deployment',
      target: row.id,
      request: restored === undefined ? withoutCode(spec) : { release_id: restored.id },
      after: { state: 'initialized', application: row.application, environment: row.environment },
      summary: reason,
    });
    return row.id;
  }
}

/** The books keep what was asked for, not half a megabyte of pasted code. */
const withoutCode = (spec: CreateDeploymentBody): unknown =>
  spec.source.type === 'snippet'
    ? { ...spec, source: { ...spec.source, code: `[${spec.source.code.length} characters]` } }
    : spec;
