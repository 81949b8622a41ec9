/** A builder or a registry that is out of reach for a moment: the build is asked for again, and a cancel is heard meanwhile. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';

const [sqlite] = testDatabases(); // nothing here depends on the database
const gone = (code: string): AppError => new AppError('unavailable', code, 'The Docker Engine does not answer: gone');
let deployer: DeployerHarness;
beforeEach(async () => {
  if (sqlite) deployer = await startDeployer(sqlite);
});
afterEach(() => deployer.stop());

test('an engine that restarts during a build: the deployment goes on', async () => {
  let tries = 0;
  deployer.engines.builder.before = async () => {
    tries += 1;
    if (tries === 1) throw gone('builder_unreachable');
  };
  const { id } = await deployer.create(gitBody('restarted'));
  expect((await deployer.ended(id)).state).toBe('stable');
  expect(tries).toBe(2);
  const { text } = await deployer.service.test.database.db
    .selectFrom('deployment_logs')
    .select('text')
    .where('deployment_id', '=', id)
    .where('text', 'like', '%trying again%')
    .executeTakeFirstOrThrow();
  expect(text).toBe('The Docker Engine does not answer: gone; trying again');
});

test('what a build service calls its own fault is told at once', async () => {
  deployer.engines.builder.before = async () => {
    throw gone('build_fault');
  };
  const { id } = await deployer.create(gitBody('fault'));
  expect(await deployer.ended(id)).toMatchObject({ state: 'rolled_back', failed_state: 'build_failed' });
  expect(deployer.engines.builder.builds).toHaveLength(1);
});

test('a cancel is heard while it is waited', async () => {
  deployer.engines.builder.before = async () => {
    throw gone('push_failed');
  };
  const { id } = await deployer.create(gitBody('cancelled'));
  await deployer.until(id, ({ builder }) => builder !== null);
  await deployer.service.send('POST', `/api/v1/deployments/${id}/cancel`, {});
  expect((await deployer.ended(id)).state).toBe('cancelled');
});
