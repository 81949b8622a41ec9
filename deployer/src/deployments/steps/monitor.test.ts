/** The monitoring window and its end, on the release of a deployment that went well. */
import { Masker } from '@aws-deployer/platform/masking/mask';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gitBody, startDeployer, type DeployerHarness } from '../../testing/deployer-harness.js';
import type { RolloutCounts } from '../deployment.js';
import { toDeployment } from '../deployment-rows.js';
import type { StepContext } from '../step.js';
import { monitor } from './monitor.js';

describe.each(testDatabases())('the end of a monitoring window on $kind', (kind) => {
  let deployer: DeployerHarness;
  let context: StepContext;
  let counts: (RolloutCounts | undefined)[];
  beforeAll(async () => {
    deployer = await startDeployer(kind);
    const { id } = await deployer.create(gitBody('watched'));
    await deployer.ended(id);
    const { database } = deployer.service.test;
    const row = await database.db.selectFrom('deployments').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    context = {
      deployment: toDeployment(row),
      parts: { database, clock: systemClock, cluster: deployer.engines.cluster } as unknown as StepContext['parts'],
      masker: new Masker(),
      origin: platformOrigin('deployer', 'test'),
      endsBefore: new Map(),
      log: () => undefined,
      record: async () => undefined,
      tellPods: () => undefined,
      tellVerdict: () => undefined,
      probe: () => undefined,
      probed: () => (counts.length > 1 ? counts.shift() : counts[0]),
      probeFailure: () => 'GET / answered 503',
    };
  });
  afterAll(() => deployer.stop());
  const watch = (...read: (RolloutCounts | undefined)[]) => {
    counts = read;
    return monitor(async () => new Date())(context, new AbortController().signal);
  };
  const of = (requests: number, failed: number): RolloutCounts => ({ requests, failed, longestGapMs: 0 });

  test('requests that began to fail just before it is over are not passed over', async () => {
    expect(await watch(of(100, 0), of(140, 40))).toMatchObject({
      kind: 'failed',
      reason: '40 of 40 requests failed while the release was watched: the last one, GET / answered 503.',
      verdict: { code: 'requests_failing', fault: 'release' },
    });
  });

  test('a few that failed, or failures of the time before, fail nothing', async () => {
    expect(await watch(of(100, 0), of(140, 2))).toMatchObject({ kind: 'done' });
    expect(await watch(of(100, 50), of(140, 50))).toMatchObject({ kind: 'done' });
  });

  test('a process that takes over does not hold the failures of the time before against the window', async () => {
    const deployment = { ...context.deployment, rollout: of(100, 50) };
    counts = [undefined, of(140, 50)]; // its prober goes on from what is on the record
    const end = await monitor(async () => new Date())({ ...context, deployment }, new AbortController().signal);
    expect(end).toMatchObject({ kind: 'done' });
  });
});
