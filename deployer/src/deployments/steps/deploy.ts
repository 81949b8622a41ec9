/** Stores the release, brings it to the cluster and follows it until every endpoint is proven to run it. */
import { retryWhileUnavailable } from '../retry-while-unavailable.js';
import { deadlineMsOf, ensureRelease, pullSecretOf, rolloutOf } from '../release-rollout.js';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { diffOf, pairWithLive } from '../live-diff.js';
import { DEPLOYMENT_ANNOTATION } from '../manifests/identity.js';
import type { OwnTemplate } from '../own-template.js';
import { keepAdopted, keepDiff, preflightOfDeployment } from '../preflight-store.js';
import { rollOut, type RolloutRequest } from '../rollout.js';
import type { RolloutOutcome } from '../rollout-watch.js';
import { done, type Step, type StepContext, type StepResult } from '../step.js';

export const deploy: Step = async (context, signal) => {
  const again = {
    forMs: deadlineMsOf(context),
    onTry: (error: Error) => context.log('system', `${error.message}; trying again`),
    signal,
  };
  // The login for pulls is had elsewhere.
  const release = await retryWhileUnavailable(() => ensureRelease(context), again);
  const pullSecrets = await retryWhileUnavailable(() => pullSecretOf(context, release), again);
  context.log('system', `release ${release.number}: ${release.image} ${release.imageDigest}`);
  const { image, imageDigest, imageRuntime, commit, baseSubstituted } = release;
  if (context.deployment.imageDigest === null)
    await context.record({ image, imageDigest, imageRuntime, commit, baseSubstituted });
  const watched = await rolloutOf(context, release, {
    onPods: (pods) => context.tellPods(pods),
    onVerdict: (verdict) => context.tellVerdict(verdict),
  });
  const request: RolloutRequest = {
    ...watched,
    secrets: [...watched.secrets, ...pullSecrets],
    force: context.deployment.rollbackOf !== null, // a person asked for exactly this release
    ...consentOf(context),
  };
  await tellDiff(context, request, signal);
  context.probe();
  const keepOwn = (ownTemplate: OwnTemplate): Promise<void> => context.record({ ownTemplate });
  const bring = () => rollOut({ ...request, own: context.deployment.ownTemplate, keepOwn }, signal);
  return resultOf(context, await retryWhileUnavailable(bring, again));
};

/** What the person who asked agreed to; requests of before there was the question agreed to nothing. */
export const consentOf = ({ deployment, parts }: StepContext): Pick<RolloutRequest, 'recreate' | 'adopt'> => ({
  recreate: deployment.spec.recreate === true,
  ...(deployment.spec.adopt === true
    ? { adopt: (objects) => keepAdopted(parts.database.db, deployment.id, objects) }
    : {}),
});

/** Now that the image is known, what is about to change; once it was begun, what was told before stands. */
async function tellDiff(
  context: StepContext,
  { manifests, secrets }: RolloutRequest,
  signal: AbortSignal,
): Promise<void> {
  const { deployment, parts } = context;
  const { db } = parts.database;
  const told = await preflightOfDeployment(db, deployment.id);
  if (told === undefined) return;
  const pairs = await pairWithLive(parts.cluster, [...manifests, ...secrets], signal).catch(unlessAborted(signal));
  // Begun already, by a process that died: then what was told before stands.
  const begun = pairs?.some(({ live }) => live?.metadata.annotations?.[DEPLOYMENT_ANNOTATION] === deployment.id);
  if (pairs !== undefined && begun !== true)
    await keepDiff(db, deployment.id, diffOf(pairs, 'rollout', parts.clock.now()));
}
/** What changes is told if it can be; the rollout itself says what is wrong with the cluster. */
const unlessAborted =
  (signal: AbortSignal) =>
  (error: unknown): undefined => {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
  };

export function resultOf(context: StepContext, outcome: RolloutOutcome): StepResult {
  switch (outcome.kind) {
    case 'complete':
      return done(outcome.sentence);
    case 'superseded':
      return { kind: 'superseded', reason: outcome.verdict.reason, verdict: outcome.verdict };
    case 'doomed':
    case 'timed_out':
      for (const line of outcome.verdict.evidence.log_lines) context.log('stderr', line);
      return { kind: 'failed', reason: outcome.verdict.reason, verdict: outcome.verdict };
  }
}
