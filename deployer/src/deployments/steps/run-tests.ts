/** Asks the new version what its tests say. */
import { addressOf, clientOf } from '../application-address.js';
import { runSmokeTests, smokeTestVerdict } from '../smoke-tests.js';
import { done, skipped, type Step } from '../step.js';

const ADDRESS_MS = 30_000;
const TESTS_MS = 30_000;

export const runTests: Step = async (context, signal) => {
  const { deployment, parts } = context;
  const { workload, tests, timeouts } = deployment.spec;
  if (workload.replicas === 0) return skipped('Scaled to zero: there is nothing to test.');
  const url = await addressOf(parts, deployment, ADDRESS_MS, signal);
  if (url !== deployment.url) await context.record({ url });
  const client = clientOf(parts, deployment, url);
  try {
    const results = await runSmokeTests(
      {
        client,
        tests,
        healthPath: workload.health?.path,
        timeoutMs: timeouts?.testing === undefined ? TESTS_MS : timeouts.testing * 1000,
        onResult: ({ sentence, durationMs }) => context.log('system', `${sentence} (${durationMs} ms)`),
      },
      signal,
    );
    const verdict = smokeTestVerdict(results);
    if (verdict !== undefined) return { kind: 'failed', reason: verdict.reason, verdict };
    return done(
      `${results.length} smoke test${results.length === 1 ? '' : 's'} passed: ${results[0]?.sentence ?? ''}`.trim(),
    );
  } finally {
    await client.close();
  }
};
