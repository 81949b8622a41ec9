/** Each stage has a limit of its own, which the request may set. */
import { CreateDeploymentBody, STAGES, type StageName } from '@aws-deployer/platform/contracts/deployments';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';
import { stageLimitMs } from './stage-limits.js';

const ROLLOUT_MS = 120_000;
const limitOf = (stage: StageName, more: object = {}): number =>
  stageLimitMs(stage, CreateDeploymentBody.parse(gitBody('shop', more)), ROLLOUT_MS);

test.each(STAGES)('%s has a limit unless one is asked for', (stage) => {
  expect(limitOf(stage)).toBeGreaterThan(0);
  expect(limitOf(stage)).toBeLessThanOrEqual(3_600_000);
});

test.each(['validating', 'preparing', 'building', 'monitoring', 'rolling_back'] as const)(
  '%s ends after the seconds that were asked for',
  (stage) => expect(limitOf(stage, { timeouts: { [stage]: 77 } })).toBe(77_000),
);

const [sqlite] = testDatabases(); // nothing here depends on the database
describe('over HTTP', () => {
  let deployer: DeployerHarness;
  beforeEach(async () => {
    if (sqlite) deployer = await startDeployer(sqlite);
  });
  afterEach(() => deployer.stop());
  const refused = async (body: object): Promise<unknown> => {
    const answer = await deployer.service.send('POST', '/api/v1/deployments', body, { as: 'developer' });
    expect(answer.status).toBe(400);
    return (answer.body as { errors: { field: string }[] }).errors;
  };

  test('a way back that hangs ends at its limit, with the cause', async () => {
    const { id: first } = await deployer.create(gitBody('shop'));
    const { image_digest: digest } = await deployer.ended(first);
    deployer.engines.cluster.behaviour = (wanted) => (wanted === digest ? 'never' : 'crash');
    const source = { type: 'git', repo_url: 'https://git.test/shop.git', ref: 'v2' };
    const { id } = await deployer.create(gitBody('shop', { source, timeouts: { rolling_back: 5 } }));
    const ended = await deployer.ended(id); // is not waited for as long as a rollout may take
    expect(ended).toMatchObject({ state: 'rollback_failed', failed_state: 'deployment_failed' });
    expect(ended.state_reason).toMatch(/^Release 1 could not be restored: /);
  }, 40_000);

  test('a limit for monitoring that is shorter than the monitoring is named', async () => {
    const monitoring = [{ field: 'timeouts.monitoring', message: expect.stringContaining('65 s') as string }];
    expect(await refused(gitBody('shop', { monitor_seconds: 60, timeouts: { monitoring: 60 } }))).toMatchObject(
      monitoring,
    );
    // Also where the environment says for how long.
    const body = { ...gitBody('shop', { timeouts: { monitoring: 9 } }), monitor_seconds: undefined };
    expect(await refused(body)).toMatchObject([{ field: 'timeouts.monitoring' }]);
  });

  test.each([
    ['timeouts.validating', { validating: 0 }],
    ['timeouts.monitoring', { monitoring: 2.5 }],
    ['timeouts.rolling_back', { rolling_back: 1 }],
    ['timeouts.stable', { stable: 60 }],
  ])('%s that is none is named', async (field, timeouts) => {
    expect(await refused(gitBody('shop', { timeouts }))).toMatchObject([{ field }]);
  });
});
