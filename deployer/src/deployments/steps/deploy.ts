/** Stores the release, brings it to the cluster and follows it until every endpoint is proven to run it. */
import { retryWhileUnavailable } from '../retry-while-unavailable.js';
import { deadlineMsOf, ensureRelease, rolloutOf } from '../release-rollout.js';
import { rollOut, type RolloutRequest } from '../rollout.js';
import type { RolloutOutcome } from '../rollout-watch.js';
import { done, type Step, type StepContext, type StepResult } from '../step.js';

export const deploy: Step = async (context, signal) => {
  const release = await ensureRelease(context);
  context.log('system', `release ${release.number}: ${release.image} ${release.imageDigest}`);
  const { image, imageDigest, imageRuntime, commit, baseSubstituted } = release;
  if (context.deployment.imageDigest === null)
    await context.record({ image, imageDigest, imageRuntime, commit, baseSubstituted });
  const request: RolloutRequest = {
    ...(await rolloutOf(context, release, {
      onPods: (pods) => context.tellPods(pods),
      onVerdict: (verdict) => context.tellVerdict(verdict),
    })),
    force: context.deployment.rollbackOf !== null, // a person asked for exactly this release
  };
  context.probe();
  const outcome = await retryWhileUnavailable(() => rollOut(request, signal), {
    forMs: deadlineMsOf(context),
    onTry: (error) => context.log('system', `${error.message}; trying again`),
    signal,
  });
  return resultOf(context, outcome);
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
