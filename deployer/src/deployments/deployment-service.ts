/** What people and scripts do with deployments beside asking for one: cancel, roll back, look at pods and manifests. */
import type { Principal } from '@aws-deployer/platform/auth/principal';
import type { DeploymentView, PodView, RollbackBody } from '@aws-deployer/platform/contracts/deployments';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { platformOrigin, recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { z } from 'zod';
import type { Cluster } from '../ports/cluster.js';
import type { Release } from '../releases/release.js';
import { bundleRemoved, markedBad } from '../releases/refusals.js';
import { liveRelease, releaseById, stableBefore } from '../releases/release-store.js';
import type { DeployerSchema } from '../schema.js';
import { cancelTarget, type Deployment } from './deployment.js';
import type { DeploymentReadModel } from './deployment-read-model.js';
import type { DeploymentRequests } from './deployment-request.js';
import type { DeploymentStore } from './deployment-store.js';
import type { DeploymentMetrics } from './metrics.js';
import { applicationLabels } from './manifests/identity.js';
import { podViews } from './rollout-progress.js';

export interface DeploymentServiceParts {
  readonly database: Database<DeployerSchema>;
  readonly store: DeploymentStore;
  readonly views: DeploymentReadModel;
  readonly requests: DeploymentRequests;
  readonly cluster: Cluster;
  readonly metrics: Pick<DeploymentMetrics, 'finished'>;
  /** Something was committed that the runner should look at. */
  readonly committed: (deploymentId: string) => void;
  /** A deployment that this process works on should end. */
  readonly cancelHere: (deploymentId: string) => void;
}

export class DeploymentService {
  constructor(private readonly parts: DeploymentServiceParts) {}

  async request(
    body: Parameters<DeploymentRequests['request']>[0],
    principal: Principal,
    origin: Origin,
  ): Promise<DeploymentView> {
    const id = await this.parts.requests.request(body, principal, origin);
    this.parts.committed(id);
    return this.parts.views.view(id);
  }

  /**
   * Cancelling twice is one cancel; what is on its way back already goes on. Throws conflict/`deployment_ended` when it has
   * ended otherwise.
   */
  async cancel(id: string, origin: Origin): Promise<DeploymentView> {
    const { database, store, views, committed, cancelHere } = this.parts;
    const asked = await inTransaction(database, async (trx) => {
      const deployment = await store.get(id, trx);
      if (deployment.endedAt !== null) {
        if (deployment.state === 'cancelled') return false;
        throw new AppError(
          'conflict',
          'deployment_ended',
          `Deployment ${id} has ended ${deployment.state}: there is nothing left to cancel`,
        );
      }
      if (deployment.cancelRequested || cancelTarget(deployment.state) === undefined) return false;
      await trx
        .updateTable('deployments')
        .set({ cancel_requested: 1 })
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .execute();
      await recordAction(trx, origin, {
        type: 'deployment.cancel',
        targetType: 'deployment',
        target: id,
        before: { state: deployment.state },
      });
      return true;
    });
    if (asked) {
      await this.#cancelWaiting(id);
      cancelHere(id);
      committed(id);
    }
    return views.view(id);
  }

  /** One that waits for its turn is nobody's yet: it ends here. */
  async #cancelWaiting(id: string): Promise<void> {
    const { database, store, metrics } = this.parts;
    try {
      const ended = await inTransaction(database, async (trx) => {
        const deployment = await store.get(id, trx);
        if (deployment.state !== 'initialized' || deployment.leaseOwner !== null) return undefined;
        return store.transition(trx, deployment, {
          to: 'cancelled',
          reason: 'Cancelled while it waited for its turn.',
          origin: platformOrigin('deployer', 'POST /api/v1/deployments/:id/cancel', deployment.traceId),
        });
      });
      if (ended) metrics.finished.inc({ environment: ended.environment, outcome: ended.state, cause: 'none' });
    } catch (error) {
      // A runner claimed it in between: it sees the cancel.
      if (!(error instanceof AppError) || error.code !== 'deployment_moved') throw error;
    }
  }

  /**
   * Throws not_found/`release_not_found`, conflict/`nothing_to_roll_back_to`, conflict/`release_marked_bad`,
   * conflict/`bundle_removed`.
   */
  async rollBack(
    id: string,
    { release_id: releaseId, accept_bad_release: accepted }: z.output<typeof RollbackBody>,
    principal: Principal,
    origin: Origin,
  ): Promise<DeploymentView> {
    const { store, requests, views, committed } = this.parts;
    const deployment = await store.get(id);
    const release = await this.#releaseToRestore(deployment, releaseId);
    if (release.bad !== null && !accepted) throw markedBad(release, release.bad);
    const made = await requests.restore(release, deployment.application, principal, origin);
    committed(made);
    return views.view(made);
  }

  async #releaseToRestore(deployment: Deployment, releaseId: string | undefined): Promise<Release> {
    const { db } = this.parts.database;
    if (releaseId !== undefined) {
      const release = await releaseById(db, releaseId);
      if (
        release === undefined ||
        release.applicationId !== deployment.applicationId ||
        release.environment !== deployment.environment
      )
        throw new AppError(
          'not_found',
          'release_not_found',
          `${deployment.application} has no release ${releaseId} in ${deployment.environment}`,
        );
      if (release.status !== 'stable')
        throw new AppError(
          'conflict',
          'release_not_stable',
          `Release ${release.number} never was stable: restore one that was`,
        );
      if (release.bundleRemovedAt !== null) throw bundleRemoved(release);
      return release;
    }
    const own = deployment.releaseId === null ? undefined : await releaseById(db, deployment.releaseId);
    const before = own?.status === 'stable' ? await stableBefore(db, own, own.number) : undefined;
    const found = before ?? (own?.status === 'stable' ? undefined : await liveRelease(db, deployment));
    if (found) return found;
    throw new AppError(
      'conflict',
      'nothing_to_roll_back_to',
      `There is no earlier stable release of ${deployment.application} in ${deployment.environment}`,
    );
  }

  /** As they are now in the cluster. */
  async pods(id: string, signal: AbortSignal): Promise<PodView[]> {
    const deployment = await this.parts.store.get(id);
    const pods = await this.parts.cluster.list(
      { apiVersion: 'v1', kind: 'Pod' },
      deployment.namespace,
      applicationLabels(deployment),
      signal,
    );
    return podViews(pods, deployment.releaseId ?? '');
  }

  /** The stored manifests of its release. Throws not_found/`no_manifest` before there is one, conflict/`bundle_removed`. */
  async manifest(id: string): Promise<{ readonly text: string; readonly hash: string }> {
    const { releaseId } = await this.parts.store.get(id);
    const release = releaseId === null ? undefined : await releaseById(this.parts.database.db, releaseId);
    if (release !== undefined && release.bundleRemovedAt !== null) throw bundleRemoved(release);
    if (release === undefined)
      throw new AppError('not_found', 'no_manifest', `Deployment ${id} has made no manifests (yet)`);
    return { text: release.manifests, hash: release.manifestHash };
  }
}
