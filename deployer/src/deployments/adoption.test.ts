/** What a release took over from somebody else is theirs again when it fails, whatever was there before it. */
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';

describe.each(testDatabases())('what was taken over, on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
  });
  afterAll(() => deployer.stop());

  test('an object that the version before does not have is given back, not removed', async () => {
    const { cluster } = deployer.engines;
    expect((await deployer.ended((await deployer.create(gitBody('shop'))).id)).state).toBe('stable');
    const theirs = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'shop', namespace: 'development', labels: { team: 'web' } },
      spec: { rules: [{ host: 'theirs.test' }] },
    };
    await cluster.apply(theirs, {});
    const { items } = (await deployer.service.send('GET', '/api/v1/applications/shop/releases')).body;
    cluster.behaviour = (digest) => (digest === items[0].image_digest ? 'ready' : 'crash');
    const body = gitBody('shop', {
      source: { type: 'git', repo_url: 'https://git.test/shop.git', ref: 'bad' },
      workload: { route: { host: 'ours.test' } },
      adopt: true,
    });
    const last = await deployer.ended((await deployer.create(body)).id);
    expect(last).toMatchObject({ state: 'rolled_back', failed_state: 'deployment_failed' });
    const now = cluster.objects.get('Ingress/development/shop');
    expect(now).toMatchObject({ spec: theirs.spec });
    expect(now?.metadata.labels).toEqual({ team: 'web' });
  });
});
