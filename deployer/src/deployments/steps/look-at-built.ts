/**
 * Looks at the image that was built before anything of it is rolled out: as whom it runs, which decides what rights its pods are
 * given and whether the namespace takes them, and for which machines it is made. A registry or a cluster that says nothing stops
 * nothing.
 */
import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';
import { images } from '../../preflight/checks/images.js';
import { podSecurity } from '../../preflight/checks/pod-security.js';
import { desiredState } from '../../preflight/desired-state.js';
import { readForImage } from '../../preflight/read-cluster.js';
import { applicationLabels } from '../manifests/identity.js';
import { imageByDigest } from '../manifests/workload-manifest.js';
import { ask } from '../planned-release.js';
import { amendPreflight } from '../preflight-store.js';
import { releaseManifests } from '../release-rollout.js';
import type { StepContext, StepResult } from '../step.js';
import { logChecks, stoppedBy } from './pass-preflight.js';

const LOOK_MS = 2_000;

/** Undefined: nothing stands in the way. */
export async function lookAtBuilt(
  context: StepContext,
  account: RegistryAccount,
  signal: AbortSignal,
): Promise<StepResult | undefined> {
  const { parts, deployment } = context;
  const { image: built, imageDigest } = deployment;
  if (built === null || imageDigest === null) return undefined;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
  const image = imageByDigest(built, imageDigest);
  const [answer, state] = await Promise.all([
    ask(context, image, account, limit),
    readForImage(parts.cluster, deployment.namespace, limit),
  ]);
  signal.throwIfAborted();
  const user = answer.outcome === 'found' ? answer.facts.user : undefined;
  if (user !== undefined) await context.record({ imageUser: user });
  const { manifests } = releaseManifests(context, {
    releaseId: deployment.id,
    image: built,
    imageDigest,
    secretKeys: [],
    pullSecret: false,
  });
  const desired = desiredState(manifests, deployment.namespace, applicationLabels(deployment));
  const place = { embedded: parts.cluster.embedded, runsContainers: parts.runsContainers };
  const checks = [...podSecurity([answer])(desired, state), ...images([answer], place)(desired, state)];
  await context.record({ warnings: await amendPreflight(parts.database.db, deployment.id, checks) });
  logChecks(context, checks);
  return stoppedBy(checks);
}
