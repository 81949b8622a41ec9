/** What people and scripts ask before they deploy, and look up afterwards: the preflight and the diff. Nothing is changed. */
import type { Principal } from '@aws-deployer/platform/auth/principal';
import type { CreateDeploymentBody } from '@aws-deployer/platform/contracts/deployments';
import type { DiffView, PreflightView } from '@aws-deployer/platform/contracts/preflight';
import { newId } from '@aws-deployer/platform/database/ids';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Origin } from '@aws-deployer/platform/outbox/outbox';
import type { EnvironmentService } from '../environments/environment-service.js';
import { bundleRemoved } from '../releases/refusals.js';
import { releaseById } from '../releases/release-store.js';
import { ASKED_BUDGET_MS, ofError, preflightOf } from './deployment-preflight.js';
import type { DeploymentRequests } from './deployment-request.js';
import type { DeploymentStore } from './deployment-store.js';
import { diffOf, pairWithLive } from './live-diff.js';
import { readManifestSet } from './manifests/manifest-set.js';
import type { DeploymentMetrics } from './metrics.js';
import { preflightOfDeployment } from './preflight-store.js';
import type { StepParts } from './step.js';

export interface PreflightServiceParts {
  readonly parts: StepParts;
  readonly store: DeploymentStore;
  readonly requests: DeploymentRequests;
  readonly environments: EnvironmentService;
  readonly metrics: Pick<DeploymentMetrics, 'stageSeconds'>;
}

export class PreflightService {
  constructor(private readonly with_: PreflightServiceParts) {}

  /** Of a deployment that nobody has asked for yet. */
  async ask(
    body: CreateDeploymentBody,
    principal: Principal,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<PreflightView> {
    const began = performance.now();
    const view = await this.#look(body, principal, origin, signal);
    const seconds = (performance.now() - began) / 1000;
    this.with_.metrics.stageSeconds.observe({ stage: 'preflight', outcome: view.ok ? 'succeeded' : 'failed' }, seconds);
    return { ...view, duration_ms: Math.round(seconds * 1000) };
  }

  async #look(
    body: CreateDeploymentBody,
    principal: Principal,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<PreflightView> {
    const { parts, requests, environments } = this.with_;
    try {
      await requests.check(body, principal);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'internal') throw error;
      return { ok: error.kind === 'unavailable', checks: [ofError(error)], diff: null, duration_ms: 0 };
    }
    const application = await parts.database.db
      .selectFrom('applications')
      .select('id')
      .where('name', '=', body.application)
      .executeTakeFirst();
    const deployment = {
      id: newId(),
      application: body.application,
      applicationId: application?.id ?? '',
      environment: body.environment,
      namespace: body.namespace ?? (await environments.namespaceOf(body.environment)),
      spec: body,
      createdById: principal.userId,
      exposedPort: null,
      imageUser: null,
      rollbackOf: null,
    };
    return preflightOf({ deployment, parts, origin }, ASKED_BUDGET_MS, signal);
  }

  /** As the deployment itself found it. Throws not_found/`no_preflight` while it has not looked yet. */
  async of(id: string): Promise<PreflightView> {
    const { store, parts } = this.with_;
    await store.get(id);
    const view = await preflightOfDeployment(parts.database.db, id);
    if (view === undefined)
      throw new AppError('not_found', 'no_preflight', `Deployment ${id} has not looked ahead (yet)`);
    return view;
  }

  /**
   * What it changes or changed, as it was told before; `live`: what applying its release again would change now. Throws
   * not_found/`no_diff`, not_found/`no_manifest`.
   */
  async diff(id: string, against: 'recorded' | 'live', signal: AbortSignal): Promise<DiffView> {
    const { store, parts } = this.with_;
    const { releaseId } = await store.get(id);
    if (against === 'recorded') {
      const view = await preflightOfDeployment(parts.database.db, id);
      if (view?.diff) return view.diff;
      throw new AppError('not_found', 'no_diff', `It is not known (yet) what deployment ${id} changes`);
    }
    const release = releaseId === null ? undefined : await releaseById(parts.database.db, releaseId);
    if (release === undefined)
      throw new AppError('not_found', 'no_manifest', `Deployment ${id} has made no manifests (yet)`);
    if (release.bundleRemovedAt !== null) throw bundleRemoved(release);
    const { manifests } = readManifestSet(release.manifests, release.manifestHash);
    return diffOf(await pairWithLive(parts.cluster, manifests, signal), 'live', parts.clock.now());
  }
}
