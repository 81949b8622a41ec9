/**
 * What a deployment would bring to the cluster, before it is built: its objects, and what the registries say of its image. The
 * image of a source that is built yet is unknown; a digest of zeros stands for it.
 */
import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';
import { newId } from '@aws-deployer/platform/database/ids';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Origin } from '@aws-deployer/platform/outbox/outbox';
import { DIGEST_TO_COME } from '../diff/object-diff.js';
import type { Manifest } from '../ports/cluster.js';
import type { ImageAnswer } from '../preflight/checks/images.js';
import { specOf, type PodShape } from '../preflight/pod-shape.js';
import { bundleRemoved } from '../releases/refusals.js';
import { liveRelease, releaseById } from '../releases/release-store.js';
import type { Deployment } from './deployment.js';
import { readManifestSet } from './manifests/manifest-set.js';
import { pullSecretManifest, secretManifest } from './manifests/secret-manifests.js';
import { accountOfImage, identityOf, releaseManifests } from './release-rollout.js';
import type { StepParts } from './step.js';
import { pickBuilder } from './steps/pick-builder.js';

export interface Plan {
  readonly deployment: Pick<
    Deployment,
    | 'id'
    | 'application'
    | 'applicationId'
    | 'environment'
    | 'namespace'
    | 'spec'
    | 'createdById'
    | 'exposedPort'
    | 'imageUser'
    | 'rollbackOf'
  >;
  readonly parts: StepParts;
  /** Of the reads of credentials. */
  readonly origin: Origin;
}
export interface PlannedRelease {
  /** With the Namespace, and the Secrets that it will make, without their values. */
  readonly manifests: readonly Manifest[];
  readonly images: Promise<readonly ImageAnswer[]>;
}

/** A registry that says nothing for this long leaves time to look at the cluster. */
const REGISTRY_MS = 1_000;

/** Throws AppError for what cannot be planned: a secret or a registry that is not there, a release that is gone. */
export async function planRelease(plan: Plan, signal: AbortSignal): Promise<PlannedRelease> {
  const { deployment } = plan;
  if (deployment.rollbackOf !== null) return restored(plan, deployment.rollbackOf);
  return deployment.spec.source.type === 'image'
    ? ofImage(plan, deployment.spec.source.image, signal)
    : toBeBuilt(plan, signal);
}

async function restored({ deployment, parts }: Plan, releaseId: string): Promise<PlannedRelease> {
  const release = await releaseById(parts.database.db, releaseId);
  if (release === undefined)
    throw new AppError('conflict', 'release_gone', `The release ${releaseId} does not exist any more`);
  if (release.bundleRemovedAt !== null) throw bundleRemoved(release);
  const { manifests } = readManifestSet(release.manifests, release.manifestHash);
  const identity = identityOf({ ...release, application: deployment.application }, release.id, release.deploymentId);
  return {
    manifests: [
      ...manifests,
      ...(release.secrets.length > 0 ? [secretManifest(identity, {})] : []),
      ...(release.pullAccount === null ? [] : [pullSecretManifest(identity, { host: '', insecure: false })]),
    ],
    // It ran here already, and is pulled by digest.
    images: Promise.resolve([]),
  };
}

async function ofImage(plan: Plan, image: string, signal: AbortSignal): Promise<PlannedRelease> {
  const { deployment, parts, origin } = plan;
  const account = await parts.accounts.open(await accountOfImage(plan, image), origin, whyOf(plan));
  const answer = await ask(plan, image, account, signal);
  const facts = answer.outcome === 'found' ? answer.facts : undefined;
  const exposedPort = facts?.exposedPort ?? (await runningNow(plan)).exposedPort;
  const imageUser = facts?.user ?? null;
  const manifests = await objectsOf(
    { ...plan, deployment: { ...deployment, exposedPort, imageUser } },
    { image, imageDigest: facts?.digest ?? DIGEST_TO_COME, account },
  );
  return { manifests, images: Promise.resolve([answer]) };
}

async function toBeBuilt(plan: Plan, signal: AbortSignal): Promise<PlannedRelease> {
  const { deployment, parts, origin } = plan;
  const { registry, image: asked, source } = deployment.spec;
  const target = await parts.accounts.pushTarget(deployment, { registry, repository: asked?.repository });
  const account = await parts.accounts.open(target.account, origin, whyOf(plan));
  const now = await runningNow(plan);
  const exposedPort = deployment.exposedPort ?? now.exposedPort;
  const imageUser = deployment.imageUser ?? (source.type === 'snippet' ? SOME_USER : now.imageUser);
  const manifests = await objectsOf(
    { ...plan, deployment: { ...deployment, exposedPort, imageUser } },
    { image: target.repository, imageDigest: DIGEST_TO_COME, account },
  );
  const builder = pickBuilder(plan).name;
  const what = source.type === 'git' ? (source.ref ?? 'the default branch') : 'the pasted source';
  const images = ask(plan, `${target.repository}:preflight`, account, signal).then((answer): ImageAnswer[] => [
    {
      image: target.repository,
      outcome: 'to_be_built',
      registry: answer,
      note: `The image is built first (${builder} builder, from ${what}); only its registry could be looked at, and it answers. What its Dockerfile stands on is looked up once it is fetched.`,
    },
  ]);
  return { manifests, images };
}

/** What the registry says now; never rejects but for an abort. */
export async function ask(
  { parts }: Pick<Plan, 'parts'>,
  image: string,
  account: RegistryAccount,
  signal: AbortSignal,
): Promise<ImageAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(REGISTRY_MS)]);
  try {
    return { image, outcome: 'found', facts: await parts.imageRegistry.resolve(image, account, limit) };
  } catch (error) {
    if (limit.aborted) return { image, outcome: 'untold', why: 'its registry did not answer in time' };
    if (error instanceof AppError) return { image, outcome: 'refused', error };
    throw error;
  }
}

async function objectsOf(
  plan: Plan,
  { image, imageDigest, account }: { image: string; imageDigest: string; account: RegistryAccount },
): Promise<readonly Manifest[]> {
  const { deployment, parts } = plan;
  const releaseId = newId();
  const secretKeys = new Set<string>();
  for (const [index, name] of deployment.spec.workload.secrets.entries()) {
    const row = await parts.secrets.named(name, deployment.environment, ['opaque'], `workload.secrets.${index}`);
    for (const key of JSON.parse(row.keys) as string[]) secretKeys.add(key);
  }
  const keys = [...secretKeys].sort();
  const pullSecret = account.username !== undefined;
  const { manifests } = releaseManifests(plan, { releaseId, image, imageDigest, secretKeys: keys, pullSecret });
  const identity = identityOf(deployment, releaseId, deployment.id);
  return [
    ...manifests,
    ...(keys.length > 0 ? [secretManifest(identity, Object.fromEntries(keys.map((key) => [key, ''])))] : []),
    ...(pullSecret ? [pullSecretManifest(identity, { host: account.host, insecure: account.insecure })] : []),
  ];
}

/** Any number does: the objects only say that the image names one. Images of pasted code name one always. */
const SOME_USER = '1000';

/** Where the running version listens, and as whom it runs: the best guess before the new one is built. */
async function runningNow({ deployment, parts }: Plan): Promise<Pick<Plan['deployment'], 'exposedPort' | 'imageUser'>> {
  const live = await liveRelease(parts.database.db, deployment);
  if (live === undefined || live.bundleRemovedAt !== null) return { exposedPort: null, imageUser: null };
  const workload = readManifestSet(live.manifests, live.manifestHash).manifests.find(
    ({ kind }) => kind === 'Deployment' || kind === 'ReplicaSet',
  );
  const { template } = specOf<{ template?: { spec?: PodShape } }>(workload);
  const [container] = template?.spec?.containers ?? [];
  return {
    exposedPort: container?.ports?.[0]?.containerPort ?? null,
    imageUser: container?.securityContext?.runAsNonRoot === true ? SOME_USER : null,
  };
}

const whyOf = ({ deployment }: Plan): string => `for the preflight of ${deployment.application}`;
