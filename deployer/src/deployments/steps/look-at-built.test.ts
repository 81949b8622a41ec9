/** What is known of an image only once it is built, and still before anything of it is rolled out. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import type { Manifest } from '../../ports/cluster.js';
import { gitBody, startDeployer, type DeployerHarness } from '../../testing/deployer-harness.js';

describe.each(testDatabases())('the image that was built on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await deployer.engines.cluster.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels } },
      {},
    );
  });
  afterAll(() => deployer.stop());
  const inStrict = async (application: string, facts: DeployerHarness['engines']['imageFacts']) => {
    deployer.engines.imageFacts = facts;
    const { id } = await deployer.create(gitBody(application, { namespace: 'strict' }));
    return deployer.ended(id);
  };
  const appliedOf = (application: string): Manifest | undefined =>
    deployer.engines.cluster.applied.find(
      ({ kind: of, metadata }) => of === 'Deployment' && metadata.name === application,
    );
  const rightsOf = (application: string) =>
    (appliedOf(application)?.['spec'] as { template: { spec: { containers: { securityContext: object }[] } } }).template
      .spec.containers[0]?.securityContext;
  const checksOf = async (id: string) =>
    (
      (await deployer.service.send('GET', `/api/v1/deployments/${id}/preflight`)).body as {
        checks: { name: string; state: string }[];
      }
    ).checks;

  test('one that runs as root goes nowhere where that is forbidden, and the Dockerfile’s line is told', async () => {
    const ended = await inStrict('root', { user: '' });
    expect(ended).toMatchObject({
      state: 'rolled_back',
      failed_state: 'build_failed',
      verdict: { code: 'pod_security_violation', fault: 'release' },
    });
    expect(ended.verdict?.reason).toContain('the image runs as root');
    expect(ended.verdict?.suggestion).toContain('USER 1000');
    expect(appliedOf('root')).toBeUndefined();
    const told = (await checksOf(ended.id)).filter(({ name }) => name === 'pod_security');
    expect(told.map(({ state }) => state)).toEqual(['fail']);
  });

  test('one with a number for its user runs there, without any right; the warning of before the build is gone', async () => {
    const ended = await inStrict('number', { user: '1000' });
    expect(ended.state).toBe('stable');
    expect(rightsOf('number')).toEqual({
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(ended.warnings).toEqual([]);
  });

  test('elsewhere one that runs as root keeps the rights that it needs to start', async () => {
    deployer.engines.imageFacts = { user: '' };
    const { id } = await deployer.create(gitBody('nginx'));
    expect((await deployer.ended(id)).state).toBe('stable');
    expect(rightsOf('nginx')).toEqual({ allowPrivilegeEscalation: false });
  });

  test('one for other machines than the cluster has is not rolled out', async () => {
    const status = { nodeInfo: { architecture: 'arm64' } };
    await deployer.engines.cluster.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, status }, {});
    const ended = await inStrict('other-machine', { user: '1000', architectures: ['amd64'] });
    expect(ended).toMatchObject({ failed_state: 'build_failed', verdict: { code: 'wrong_architecture' } });
    expect(ended.verdict?.reason).toContain('is built for amd64, and no node has that architecture');
    expect(appliedOf('other-machine')).toBeUndefined();
    expect((await inStrict('this-machine', { user: '1000', architectures: ['arm64'] })).state).toBe('stable');
  });
});
