/** Asks the new version what its tests say, and watches it meanwhile: a test that fails may be the effect of another fault. */
import { addressOf, clientOf } from '../application-address.js';
import { ensureRelease, rolloutOf } from '../release-rollout.js';
import { runSmokeTests, smokeTestVerdict } from '../smoke-tests.js';
import { done, skipped, type Step } from '../step.js';
import { watchedBeside } from '../watched-beside.js';
import { resultOf } from './deploy.js';

const ADDRESS_MS = 30_000;
const TESTS_MS = 30_000;

export const runTests: Step = async (context, signal) => {
  const { deployment, parts } = context;
  const { workload, tests, timeouts } = deployment.spec;
  if (workload.replicas === 0) return skipped('Scaled to zero: there is nothing to test.');
  context.probe(); // also where another process did the rollout
  const url = await addressOf(parts, deployment, ADDRESS_MS, signal);
  if (url !== deployment.url) await context.record({ url });
  const client = clientOf(parts, deployment, url);
  const timeoutMs = timeouts?.testing === undefined ? TESTS_MS : timeouts.testing * 1000;
  try {
    const end = await watchedBeside(
      {
        request: {
          ...(await rolloutOf(context, await ensureRelease(context), {
            onPods: (pods) => context.tellPods(pods),
            onVerdict: (verdict) => context.tellVerdict(verdict),
          })),
          own: deployment.ownTemplate,
        },
        work: (testing) =>
          runSmokeTests(
            {
              client,
              tests,
              healthPath: workload.health?.path,
              timeoutMs,
              onResult: ({ sentence, durationMs }) => context.log('system', `${sentence} (${durationMs} ms)`),
            },
            testing,
          ),
        failed: (results) => results.some(({ passed }) => !passed),
        mostMs: timeoutMs,
      },
      signal,
    );
    if (end.kind === 'ended') return resultOf(context, end.outcome);
    const results = end.value;
    const failed = smokeTestVerdict(results);
    if (failed === undefined)
      return done(
        `${results.length} smoke test${results.length === 1 ? '' : 's'} passed: ${results[0]?.sentence ?? ''}`.trim(),
      );
    const verdict = end.cause ?? failed;
    if (end.cause !== undefined) context.log('system', failed.reason); // the effect, for the log
    return { kind: 'failed', reason: verdict.reason, verdict };
  } finally {
    await client.close();
  }
};
