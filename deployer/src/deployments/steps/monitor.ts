/**
 * Watches the new version for its monitoring window. It fails on a verdict of the release, and when more than one request in
 * twenty of the prober's fails (an effect: the cause is said if the cluster tells one); at the end the proof that every endpoint runs the built image must stand.
 */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { RolloutCounts } from '../deployment.js';
import { pruneReplicaSets } from '../replica-set-history.js';
import { retryWhileUnavailable } from '../retry-while-unavailable.js';
import { deadlineMsOf, ensureRelease, rolloutOf } from '../release-rollout.js';
import { holdRollout } from '../rollout.js';
import type { Step, StepContext } from '../step.js';
import { CAUSE_MS, isCause } from '../watched-beside.js';
import { resultOf } from './deploy.js';

const LOOK_MS = 500;
const MOST_FAILED = 0.05;
/** With fewer requests than these a share says nothing. */
const FEWEST_REQUESTS = 20;

export const monitor =
  (startedAt: (context: StepContext) => Promise<Date>): Step =>
  async (context, signal) => {
    const { deployment, parts } = context;
    const release = await ensureRelease(context);
    context.probe();
    const seconds = deployment.spec.monitor_seconds ?? 0;
    const over = (await startedAt(context)).getTime() + seconds * 1000;
    let cause: VerdictView | undefined;
    const request = await rolloutOf(context, release, {
      onPods: (pods) => context.tellPods(pods),
      onVerdict: (verdict) => {
        cause = isCause(verdict) ? verdict : undefined;
        context.tellVerdict(verdict);
      },
    });
    const stop = new AbortController();
    const watched = AbortSignal.any([signal, stop.signal]);
    const before = context.probed() ?? deployment.rollout; // a prober that has just begun goes on from there
    let failing: VerdictView | undefined;
    let failingSince = Infinity;
    const judge = (): VerdictView | undefined =>
      (failing ??= failingVerdict(before, context.probed(), context.probeFailure()));
    const look = setInterval(() => {
      if (judge() === undefined) return;
      failingSince = Math.min(failingSince, Date.now());
      if (cause !== undefined || Date.now() - failingSince >= CAUSE_MS) stop.abort();
    }, LOOK_MS);
    try {
      const outcome = await retryWhileUnavailable(
        () =>
          holdRollout(
            { ...request, own: deployment.ownTemplate, holdMs: Math.max(0, over - parts.clock.now().getTime()) },
            watched,
          ),
        {
          forMs: seconds * 1000 + deadlineMsOf(context),
          onTry: (error) => context.log('system', `${error.message}; trying again`),
          signal: watched,
        },
      );
      if (outcome.kind === 'complete') {
        // The window ends before a cause could be told: pods that are all well name none.
        const verdict = judge();
        if (verdict !== undefined) return { kind: 'failed', reason: verdict.reason, verdict };
        if (deployment.spec.workload.kind === 'ReplicaSet') await pruneReplicaSets(parts.cluster, deployment, watched);
      }
      return resultOf(context, outcome);
    } catch (error) {
      signal.throwIfAborted();
      if (failing === undefined) throw error;
      if (cause !== undefined) context.log('system', failing.reason); // the effect, for the log
      const verdict = cause ?? failing;
      return { kind: 'failed', reason: verdict.reason, verdict };
    } finally {
      clearInterval(look);
    }
  };

export function failingVerdict(
  before: RolloutCounts | undefined,
  now: RolloutCounts | undefined,
  lastFailure: string | undefined,
): VerdictView | undefined {
  const requests = (now?.requests ?? 0) - (before?.requests ?? 0);
  const failed = (now?.failed ?? 0) - (before?.failed ?? 0);
  if (requests < FEWEST_REQUESTS || failed / requests <= MOST_FAILED) return undefined;
  return {
    code: 'requests_failing',
    fault: 'release',
    object: null,
    container: null,
    reason: `${failed} of ${requests} requests failed while the release was watched${lastFailure === undefined ? '' : `: the last one, ${lastFailure.replace(/\.$/, '')}`}.`,
    evidence: { exit_code: null, log_lines: [], events: [] },
    suggestion: 'The application’s log says why it answers with errors or not at all.',
  };
}
