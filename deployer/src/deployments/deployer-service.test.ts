import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import type { DeployerSchema } from '../schema.js';
import { deployerModule } from '../service.js';
import { fakeEngines, type FakeEngines } from '../testing/fake-engines.js';

describe.each(testDatabases())('the deployer on $kind', (kind) => {
  let engines: FakeEngines;
  let service: TestService<DeployerSchema>;
  beforeAll(async () => {
    engines = await fakeEngines();
    service = await startTestService<DeployerSchema>(
      deployerModule(() => engines),
      kind,
      { env: { EMBEDDED_REGISTRY: '127.0.0.1:5999' } },
    );
  });
  afterAll(() => service.stop());

  const git = (application: string, more: object = {}) => ({
    application,
    source: { type: 'git', repo_url: 'https://git.test/shop.git' },
    monitor_seconds: 0,
    ...more,
  });
  const create = async (body: object): Promise<DeploymentView> => {
    const answer = await service.send('POST', '/api/v1/deployments', body, { as: 'developer' });
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    return answer.body as DeploymentView;
  };
  const view = async (id: string): Promise<DeploymentView> =>
    (await service.send('GET', `/api/v1/deployments/${id}`)).body as DeploymentView;
  const ended = (id: string): Promise<DeploymentView> =>
    expect
      .poll(async () => (await view(id)).ended_at, { timeout: 15_000, interval: 50 })
      .not.toBeNull()
      .then(() => view(id));

  test('a git source goes the whole way and is proven stable', async () => {
    const created = await create(git('shop'));
    expect(created).toMatchObject({ state: 'initialized', environment: 'development', namespace: 'development' });
    const last = await ended(created.id);
    expect(last).toMatchObject({
      state: 'stable',
      failed_state: null,
      builder: 'host',
      url: expect.stringMatching('http') as string,
    });
    expect(last.image_digest).toMatch(/^sha256:/);
    expect(last.stages.map(({ name, outcome }) => [name, outcome])).toEqual(
      ['validating', 'preparing', 'building', 'deploying', 'testing', 'monitoring'].map((name) => [name, 'succeeded']),
    );
  });
});
