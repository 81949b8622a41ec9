/**
 * Puts back what was there before: the last stable release, its stored manifests byte for byte, with neither Git nor a
 * builder; where there was none, what was made is removed. Before anything was changed it only cleans up.
 */
import { isDatabaseGone } from '@aws-deployer/platform/database/open-database';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { unlessAborted } from '@aws-deployer/platform/runtime/clock';
import type { Manifest } from '../../ports/cluster.js';
import type { Release } from '../../releases/release.js';
import { liveRelease } from '../../releases/release-store.js';
import { giveBack } from '../adoption.js';
import { nothingWasChanged } from '../deployment.js';
import { adoptedBy } from '../preflight-store.js';
import { retryWhileUnavailable } from '../retry-while-unavailable.js';
import { deadlineMsOf, pullSecretOf, rolloutOf } from '../release-rollout.js';
import { removeRelease, rollOut } from '../rollout.js';
import type { RolloutOutcome } from '../rollout-watch.js';
import { wayBackMs } from '../stage-limits.js';
import { done, type Step, type StepContext } from '../step.js';

export const NOTHING_CHANGED = 'nothing was changed';

export const rollBack: Step = async (context, signal) => {
  const { deployment, parts } = context;
  if (nothingWasChanged(deployment.failedState)) return done(`Cleaned up: ${NOTHING_CHANGED}.`);
  const previous = await liveRelease(parts.database.db, deployment);
  const deadlineMs = wayBackMs(deployment.spec, deadlineMsOf(context));
  const again = {
    forMs: deadlineMs,
    onTry: (error: Error) => context.log('system', `${error.message}; trying again`),
    signal,
  };
  const adopted = await adoptedBy(parts.database.db, deployment.id);
  if (previous === undefined) {
    await retryWhileUnavailable(async () => {
      // Theirs again first: what is removed is what carries our marks.
      await giveBack(parts.cluster, adopted, signal);
      await removeRelease(parts.cluster, deployment, signal);
    }, again);
    await context.record({ url: null }); // nothing answers there any more
    return done(
      adopted.length === 0
        ? 'There was no earlier release: what was made was removed.'
        : 'There was no earlier release: what was taken over was given back as it was, and the rest was removed.',
    );
  }
  context.probe(); // what users see of the way back counts, too
  context.log('system', `restoring release ${previous.number} (${previous.imageDigest})`);
  // It is what served until now: going further back unasked would be the greater surprise.
  if (previous.bad !== null)
    context.log('system', `release ${previous.number} is marked bad by ${previous.bad.by}: ${previous.bad.reason}`);
  const request = await rolloutOf(context, previous, {
    onPods: (pods) => context.tellPods(pods),
    // The verdict of the deployment is the one that led here; what is said about the way back goes to the log.
    onVerdict: (verdict) => verdict && context.log('system', verdict.reason),
  });
  const secrets = [...request.secrets, ...(await pullSecretsIfHad(context, previous, signal))];
  // What the version before has no object for: as a leftover of the failed one it would be removed.
  const theirs = adopted.filter(({ kind, metadata: { name } }) =>
    request.manifests.every((own) => own.kind !== kind || own.metadata.name !== name),
  );
  // What had to be made anew for the new version has to be for the old one, too.
  const recreate = deployment.spec.recreate === true;
  const bring = async (): Promise<RolloutOutcome> => {
    await giveBack(parts.cluster, theirs, signal);
    return rollOut({ ...request, secrets, deadlineMs, recreate }, signal);
  };
  const outcome = await retryWhileUnavailable(bring, again);
  switch (outcome.kind) {
    case 'complete':
      await tellAddress(context, signal);
      return done(`Release ${previous.number} is back: ${outcome.sentence}`);
    case 'superseded':
    case 'doomed':
    case 'timed_out':
      return {
        kind: 'failed',
        reason: `Release ${previous.number} could not be restored: ${outcome.verdict.reason}`,
        verdict: null,
      };
  }
};

const LOGIN_MS = 3_000;

/** The version before was pulled once already: a login that cannot be had is no reason to stay with the one that failed. */
async function pullSecretsIfHad(context: StepContext, release: Release, signal: AbortSignal): Promise<Manifest[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LOGIN_MS)]);
  try {
    return await unlessAborted(pullSecretOf(context, release), limit);
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.aborted && (!(error instanceof AppError) || isDatabaseGone(error))) throw error;
    const why = limit.aborted ? `The login for pulls was not had in ${LOGIN_MS / 1000} s` : messageOf(error);
    context.log('system', `${why}: the pods pull with the login that the cluster has`);
    return [];
  }
}

/** The version before may answer elsewhere than the one that failed. Where it cannot be told now, what was known stays. */
async function tellAddress(context: StepContext, signal: AbortSignal): Promise<void> {
  const { namespace, application: name } = context.deployment;
  const url = await context.parts.cluster.serviceUrl({ namespace, name }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    return undefined;
  });
  if (url !== undefined && url !== context.deployment.url) await context.record({ url });
}

/** What `rolling_back` is about to do, for its sentence. */
export async function rollbackSentence({ deployment, parts }: StepContext): Promise<string> {
  if (nothingWasChanged(deployment.failedState)) return `Cleaning up: ${NOTHING_CHANGED}.`;
  const previous = await liveRelease(parts.database.db, deployment);
  return previous === undefined
    ? 'There is no earlier release: what was made is removed.'
    : `Going back to release ${previous.number}.`;
}
