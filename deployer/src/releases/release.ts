/** A release: one restorable bundle of source, image, manifests and the versions of its secrets. */
import type { CreateDeploymentBody } from '@aws-deployer/platform/contracts/deployments';
import type { AccountReference } from '../registries/registry-accounts.js';
import type { SecretReference } from '../secrets/secret-service.js';

export interface BadMark {
  readonly reason: string;
  readonly by: string;
  readonly at: string;
}
export interface Release {
  readonly id: string;
  readonly applicationId: string;
  readonly environment: string;
  readonly namespace: string;
  readonly number: number;
  /** The deployment that made it. */
  readonly deploymentId: string;
  readonly spec: CreateDeploymentBody;
  readonly commit: string | null;
  readonly image: string;
  readonly imageDigest: string;
  readonly imageRuntime: 'container' | 'host';
  readonly baseSubstituted: string | null;
  /** As it was stored: hashed, and applied again byte for byte. */
  readonly manifests: string;
  readonly manifestHash: string;
  readonly secrets: readonly SecretReference[];
  readonly pullAccount: AccountReference | null;
  readonly status: 'pending' | 'stable' | 'failed';
  readonly live: boolean;
  /** Marked by a person: not deployed again without consent. */
  readonly bad: BadMark | null;
  /** The retention removed its manifests and references: it can no longer be restored. */
  readonly bundleRemovedAt: string | null;
  readonly createdBy: string;
  readonly createdAt: string;
}
