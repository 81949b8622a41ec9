/** What a Dockerfile stands on, looked up before it is built. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { gitBody, startDeployer, type DeployerHarness } from '../../testing/deployer-harness.js';

const BASE = 'registry.test/base/node:24';

describe.each(testDatabases())('base images on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
    deployer.engines.builder.bases = [BASE];
  });
  afterAll(() => deployer.stop());
  beforeEach(() => {
    deployer.engines.builder.name = 'docker';
    deployer.engines.onLook = () => undefined;
  });
  let count = 0;
  const deploy = async (error?: AppError) => {
    deployer.engines.onLook = () => {
      if (error !== undefined) throw error;
    };
    count += 1;
    const { id } = await deployer.create(gitBody(`based-${String(count)}`));
    const ended = await deployer.ended(id);
    const { body } = await deployer.service.send('GET', `/api/v1/deployments/${id}/preflight`);
    const checks = (body as { checks: { name: string; state: string; message: string }[] }).checks;
    return { ended, check: checks.find(({ name }) => name === 'base_image') };
  };

  test('one that is there is on the record', async () => {
    const { ended, check } = await deploy();
    expect(ended.state).toBe('stable');
    expect(check).toMatchObject({ state: 'ok', message: `The base image ${BASE} is there and may be pulled.` });
  });

  test.each([
    ['image_not_found', 'image_not_found', 'The base image registry.test/base/node:24 does not exist in its registry.'],
    ['image_auth_failed', 'image_pull_unauthorized', 'The registry does not let registry.test/base/node:24 be pulled.'],
  ])('one that is not, or is not ours to pull, ends it before the build (%s)', async (said, code, message) => {
    const builds = deployer.engines.builder.builds.length;
    const { ended, check } = await deploy(new AppError('invalid', said, 'the registry said so'));
    expect(ended).toMatchObject({ failed_state: 'preparation_failed', verdict: { code, fault: 'release' } });
    expect(check).toMatchObject({ state: 'fail', message });
    expect(deployer.engines.builder.builds).toHaveLength(builds);
  });

  test.each([
    ['registry_unreachable', 'no way to registry.test', 'registry_unreachable'],
    ['registry_refused', 'registry.test answered 429 to HEAD: toomanyrequests', 'registry_rate_limited'],
  ])('a registry that does not say is a warning, and the build goes on (%s)', async (said, words, code) => {
    const { ended, check } = await deploy(new AppError('unavailable', said, words));
    expect(ended.state).toBe('stable');
    expect(check?.state).toBe('warn');
    expect(ended.warnings.map((one) => one.code)).toEqual([code]);
  });

  test('a build elsewhere has rights of its own: only a warning', async () => {
    deployer.engines.builder.name = 'codebuild';
    const { ended, check } = await deploy(new AppError('invalid', 'image_auth_failed', 'no'));
    expect(ended.state).toBe('stable');
    expect(check?.state).toBe('warn');
  });
});
