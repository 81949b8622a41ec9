/** The login that the pods pull with: who issues it may be away, and who entered it may have taken it back. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { Masker } from '@aws-deployer/platform/masking/mask';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';
import { toDeployment } from './deployment-rows.js';
import type { StepContext } from './step.js';
import { deploy } from './steps/deploy.js';
import { rollBack } from './steps/roll-back.js';
import { runTests } from './steps/run-tests.js';

describe.each(testDatabases())('the login for pulls on $kind', (kind) => {
  let deployer: DeployerHarness;
  let pullSecret: string | undefined;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
    const hub = { name: 'hub', url: 'https://registry.example.com/team', username: 'ann', password: 'pass-word-1' };
    await deployer.service.send('POST', '/api/v1/registries', { ...hub, is_default: true });
    expect((await deployer.ended((await deployer.create(gitBody('pulled'))).id)).state).toBe('stable');
    pullSecret = [...deployer.engines.cluster.objects.keys()].find((key) => key.endsWith('-pull'));
  });
  afterAll(() => deployer.stop());

  /** A step of the deployment that went well, once more; logins are had as `open` says. */
  const again = async (open: () => Promise<object>) => {
    const { database } = deployer.service.test;
    const row = await database.db.selectFrom('deployments').selectAll().executeTakeFirstOrThrow();
    const log: string[] = [];
    const parts = {
      database,
      clock: systemClock,
      cluster: deployer.engines.cluster,
      accounts: { open, issuingHost: async () => null },
    };
    const context: StepContext = {
      deployment: toDeployment(row),
      parts: parts as unknown as StepContext['parts'],
      masker: new Masker(),
      origin: platformOrigin('deployer', 'test'),
      endsBefore: new Map(),
      log: (_stream, text) => log.push(text),
      record: async () => undefined,
      tellPods: () => undefined,
      tellVerdict: () => undefined,
      probe: () => undefined,
      probed: () => undefined,
      probeFailure: () => undefined,
    };
    return { context, log };
  };
  const signal = new AbortController().signal;
  const away = (): AppError =>
    new AppError('unavailable', 'codebuild_unreachable', 'codebuild-service does not answer');
  const login = { host: 'registry.example.com', insecure: false, username: 'ann', password: 'pass-word-1' };

  test('who issues it is asked again when they do not answer: no release fails for that', async () => {
    let asked = 0;
    const { context } = await again(async () => {
      asked += 1;
      if (asked === 1) throw away();
      return login;
    });
    expect(await deploy(context, signal)).toMatchObject({ kind: 'done' });
    expect(asked).toBe(2);
  });

  test('tests need none, and a way back does without', async () => {
    const { context, log } = await again(() => Promise.reject(away()));
    expect(await runTests(context, signal)).toMatchObject({ kind: 'done' });
    expect(await rollBack(context, signal)).toMatchObject({ kind: 'done' });
    expect(log.join()).toContain(
      'codebuild-service does not answer: the pods pull with the login that the cluster has',
    );
    expect(deployer.engines.cluster.objects.has(pullSecret ?? '')).toBe(true);
  });

  test('a way back does not wait for who hangs, and leaves at once when it is ended', async () => {
    const { context, log } = await again(() => new Promise(() => undefined));
    expect(await rollBack(context, signal)).toMatchObject({ kind: 'done' });
    expect(log.join()).toContain(
      'The login for pulls was not had in 3 s: the pods pull with the login that the cluster has',
    );
    await expect(rollBack(context, AbortSignal.abort(new Error('ended')))).rejects.toThrow('ended');
  });

  test('the way back is not given up because the registry of the version before was deleted', async () => {
    expect((await deployer.service.send('DELETE', '/api/v1/registries/hub')).status).toBe(204);
    const { items } = (await deployer.service.send('GET', '/api/v1/applications/pulled/releases')).body;
    deployer.engines.cluster.behaviour = (digest) => (digest === items[0].image_digest ? 'ready' : 'crash');
    const last = await deployer.ended((await deployer.create(gitBody('pulled'))).id);
    expect(last).toMatchObject({ state: 'rolled_back', failed_state: 'deployment_failed' });
    expect(deployer.engines.cluster.objects.has(pullSecret ?? '')).toBe(true);
  });
});
