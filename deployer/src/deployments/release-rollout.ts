/** Makes the release of a deployment, and what is needed to bring any stored release to the cluster. */
import type { PodView, VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { userNumber } from '@aws-deployer/platform/oci/image-manifest';
import { parseImageReference } from '@aws-deployer/platform/oci/image-reference';
import { recordAction } from '@aws-deployer/platform/outbox/outbox';
import { instant } from '@aws-deployer/platform/runtime/clock';
import type { Manifest } from '../ports/cluster.js';
import type { AccountReference } from '../registries/registry-accounts.js';
import { bundleRemoved, markedBad } from '../releases/refusals.js';
import type { Release } from '../releases/release.js';
import { badReleaseOfImage, insertRelease, releaseById, releaseOfDeployment } from '../releases/release-store.js';
import type { Deployment } from './deployment.js';
import type { ReleaseIdentity } from './manifests/identity.js';
import { buildManifestSet, readManifestSet, type ManifestSet } from './manifests/manifest-set.js';
import type { ReleaseWorkload } from './manifests/workload-manifest.js';
import { pullSecretManifest, secretManifest } from './manifests/secret-manifests.js';
import { rolloutDeadlineMs } from './rollout-watch.js';
import { holdsLease } from './lease-store.js';
import type { RolloutRequest } from './rollout.js';
import type { StepContext } from './step.js';

const DEFAULT_PORT = 8080;
/** Seconds between leaving the endpoints and being stopped: a proxy on the same machine notices sooner. */
const DRAIN_SECONDS = { embedded: 2, elsewhere: 10 } as const;

/** Of a deployment of its own, or of the release that it restores. */
export const deadlineMsOf = ({ deployment, parts }: PlannedObjects): number =>
  deployment.spec.timeouts?.deploying === undefined
    ? rolloutDeadlineMs(parts.cluster)
    : deployment.spec.timeouts.deploying * 1000;

/** The release that this deployment brings: stored before anything is applied, found again when a step is repeated. */
export async function ensureRelease(context: StepContext): Promise<Release> {
  const { deployment, parts } = context;
  const { db } = parts.database;
  if (deployment.rollbackOf !== null) {
    const restored = await releaseById(db, deployment.rollbackOf);
    if (restored === undefined)
      throw new AppError('conflict', 'release_gone', `The release ${deployment.rollbackOf} does not exist any more`);
    if (restored.bundleRemovedAt !== null) throw bundleRemoved(restored);
    if (deployment.releaseId === null) await context.record({ releaseId: restored.id });
    return restored;
  }
  const made = (await releaseOfDeployment(db, deployment.id)) ?? (await makeRelease(context));
  if (deployment.releaseId === null) await context.record({ releaseId: made.id });
  return made;
}

/** What of a deployment decides its objects. */
export type PlannedDeployment = Pick<
  Deployment,
  'id' | 'application' | 'environment' | 'namespace' | 'spec' | 'exposedPort' | 'imageUser'
>;
interface PlannedObjects {
  readonly deployment: PlannedDeployment;
  readonly parts: Pick<StepContext['parts'], 'cluster'>;
}

/** Only a number tells a cluster that a user is not root. */
const runsAsNumber = (user: string | null): boolean => user !== null && (userNumber(user) ?? 0) > 0;

/** The objects of one release of a deployment. */
export const releaseManifests = (
  context: PlannedObjects,
  of: Pick<ReleaseWorkload, 'releaseId' | 'image' | 'imageDigest' | 'secretKeys' | 'pullSecret'>,
): ManifestSet => {
  const { deployment, parts } = context;
  const { workload } = deployment.spec;
  return buildManifestSet({
    ...identityOf(deployment, of.releaseId, deployment.id),
    ...of,
    workload,
    nonRoot: runsAsNumber(deployment.imageUser),
    containerPort: workload.container_port ?? deployment.exposedPort ?? DEFAULT_PORT,
    drainSeconds: parts.cluster.embedded ? DRAIN_SECONDS.embedded : DRAIN_SECONDS.elsewhere,
    deadlineSeconds: Math.ceil(deadlineMsOf(context) / 1000) + 60, // the platform's own clock comes first
  });
};

async function makeRelease(context: StepContext): Promise<Release> {
  const { deployment, parts } = context;
  const { spec, image, imageDigest, imageRuntime } = deployment;
  if (image === null || imageDigest === null || imageRuntime === null)
    throw new AppError('internal', 'image_unknown', 'The deployment reached its rollout without an image');
  const badTwin = await badReleaseOfImage(parts.database.db, deployment.applicationId, imageDigest);
  // Requests of before the mark was known have no such field.
  if (badTwin?.bad && spec.accept_bad_release !== true) throw markedBad(badTwin, badTwin.bad);
  const secrets = await parts.secrets.references(spec.workload.secrets, deployment.environment);
  const values = await openSecrets(context, secrets);
  const pullAccount = await accountToPull(context, image);
  const account = pullAccount && (await parts.accounts.open(pullAccount, context.origin, whyOf(context)));
  const releaseId = newId();
  const set = releaseManifests(context, {
    releaseId,
    image,
    imageDigest,
    secretKeys: Object.keys(values).sort(),
    pullSecret: account?.username !== undefined,
  });
  return inTransaction(parts.database, async (trx) => {
    await trx
      .updateTable('applications')
      .set({ updated_at: instant(parts.clock.now()) })
      .where('id', '=', deployment.applicationId)
      .execute(); // the lock under which releases are numbered
    const there = await releaseOfDeployment(trx, deployment.id);
    if (there) return there;
    if (!(await holdsLease(trx, deployment)))
      throw new AppError(
        'conflict',
        'deployment_moved',
        `Deployment ${deployment.id} is in the hands of another process`,
      );
    const release = await insertRelease(trx, {
      id: releaseId,
      applicationId: deployment.applicationId,
      environment: deployment.environment,
      namespace: deployment.namespace,
      deploymentId: deployment.id,
      spec,
      commit: deployment.commit,
      image,
      imageDigest,
      imageRuntime,
      baseSubstituted: deployment.baseSubstituted,
      manifests: set.text,
      manifestHash: set.hash,
      secrets,
      pullAccount: account?.username === undefined ? null : pullAccount,
      status: 'pending',
      live: false,
      bad: null,
      bundleRemovedAt: null,
      createdBy: deployment.createdBy,
      createdAt: instant(parts.clock.now()),
    });
    await recordAction(trx, context.origin, {
      type: 'release.create',
      targetType: 'release',
      target: release.id,
      after: {
        application: deployment.application,
        environment: deployment.environment,
        number: release.number,
        image_digest: imageDigest,
        manifest_hash: set.hash,
      },
    });
    return release;
  });
}

/**
 * How a stored release is brought to the cluster: its manifests byte for byte, its secrets as of its versions. Who applies it adds
 * `pullSecretOf`; who only watches it needs no login.
 */
export async function rolloutOf(
  context: StepContext,
  release: Release,
  tell: { readonly onPods: (pods: PodView[]) => void; readonly onVerdict: (verdict: VerdictView | null) => void },
): Promise<RolloutRequest> {
  const { manifests } = readManifestSet(release.manifests, release.manifestHash);
  return {
    cluster: context.parts.cluster,
    manifests,
    secrets: await secretManifestsOf(context, release),
    imageDigest: release.imageDigest,
    deadlineMs: deadlineMsOf(context),
    onProgress: (sentence) => context.log('system', sentence),
    renewPull: await renewalOf(context, release),
    endsBefore: context.endsBefore,
    ...tell,
  };
}

async function secretManifestsOf(context: StepContext, release: Release): Promise<Manifest[]> {
  if (release.secrets.length === 0) return [];
  return [secretManifest(identityIn(context, release), await openSecrets(context, release.secrets))];
}

/** What the release is pulled with, if anything. Throws as `RegistryAccounts.open`. */
export async function pullSecretOf(context: StepContext, release: Release): Promise<Manifest[]> {
  if (release.pullAccount === null) return [];
  const account = await context.parts.accounts.open(release.pullAccount, context.origin, whyOf(context));
  context.masker.add(account.password ?? '');
  return [pullSecretManifest(identityIn(context, release), account)];
}

/** Where a cloud issues the login of the pulls, a new one can be had in the middle of a rollout. */
async function renewalOf(
  context: StepContext,
  release: Release,
): Promise<((signal: AbortSignal) => Promise<void>) | undefined> {
  const { accounts, cluster } = context.parts;
  const { pullAccount } = release;
  if (pullAccount === null || (await accounts.issuingHost(pullAccount)) === null) return undefined;
  return async (signal) => {
    for (const secret of await pullSecretOf(context, release)) await cluster.apply(secret, {}, signal);
  };
}

/** Names of variables and values; where two secrets hold the same name the later one counts. */
async function openSecrets(context: StepContext, references: Release['secrets']): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const reference of references) {
    const values = await context.parts.secrets.read(reference, context.origin, whyOf(context));
    for (const value of Object.values(values)) context.masker.add(value);
    Object.assign(all, values);
  }
  return all;
}

/** The account that pushed the image pulls it; an image of others comes with its own credential. */
async function accountToPull({ deployment, parts }: StepContext, image: string): Promise<AccountReference | null> {
  const { source, registry, image: asked } = deployment.spec;
  if (source.type === 'image') return accountOfImage({ deployment, parts }, image);
  const target = await parts.accounts.pushTarget(deployment, { registry, repository: asked?.repository });
  return target.account.kind === 'anonymous' ? null : target.account;
}

/** Throws invalid on `source.credential`. */
export async function accountOfImage(
  {
    deployment,
    parts,
  }: {
    readonly deployment: Pick<Deployment, 'spec' | 'environment' | 'createdById'>;
    readonly parts: Pick<StepContext['parts'], 'secrets' | 'accounts'>;
  },
  image: string,
): Promise<AccountReference> {
  const { source } = deployment.spec;
  const host = parseImageReference(image).registry;
  if (source.type === 'image' && source.credential !== undefined) {
    const { id, name, version } = await parts.secrets.named(
      source.credential,
      deployment.environment,
      ['registry'],
      'source.credential',
    );
    return { kind: 'secret', host, id, name, version };
  }
  return parts.accounts.forHost(host, deployment.createdById);
}

const whyOf = ({ deployment }: StepContext): string => `for deployment ${deployment.id} of ${deployment.application}`;

const identityIn = ({ deployment: { application } }: StepContext, release: Release): ReleaseIdentity =>
  identityOf({ ...release, application }, release.id, release.deploymentId);

export const identityOf = (
  of: { readonly application: string; readonly environment: string; readonly namespace: string },
  releaseId: string,
  deploymentId: string,
): ReleaseIdentity => ({
  application: of.application,
  environment: of.environment,
  namespace: of.namespace,
  releaseId,
  deploymentId,
});
