/** What must not be deleted, as other services ask for it, on both databases. */
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';

describe.each(testDatabases())('live images on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
  });
  afterAll(() => deployer.stop());
  const live = async () =>
    (await deployer.service.sendInternal('GET', '/internal/v1/live-images', undefined, 'codebuild')).body.items;

  test('what runs is named with its place; an earlier release is not, one that is being rolled out is', async () => {
    expect(await live()).toEqual([]);
    const first = await deployer.ended((await deployer.create(gitBody('shop'))).id);
    expect(first.state).toBe('stable');
    const place = { application: 'shop', environment: 'development' };
    expect(await live()).toEqual([{ ...place, digest: first.image_digest }]);
    await deployer.ended((await deployer.create(gitBody('shop', { environment: 'staging' }))).id);
    expect(await live()).toHaveLength(2);

    const { db } = deployer.service.test.database;
    const digest = `sha256:${'f'.repeat(64)}`;
    await db
      .updateTable('deployments')
      .set({ image_digest: digest, ended_at: null })
      .where('id', '=', first.id)
      .execute();
    expect(await live()).toContainEqual({ ...place, digest });
    await db.updateTable('releases').set({ live: 0 }).execute();
    expect(await live()).toEqual([{ ...place, digest }]);
  });

  test('only services may ask', async () => {
    expect((await deployer.service.send('GET', '/internal/v1/live-images')).status).toBe(401);
  });
});
