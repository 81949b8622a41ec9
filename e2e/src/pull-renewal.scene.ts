/** A login of ECR expires in the middle of a rollout: it is renewed, once; where that does not help, nothing is blamed on the release. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { accountOf } from './account.js';
import { ECR_HOST, ExpiringEcr } from './expiring-ecr.js';
import { ImageRegistry } from './image-registry.js';
import { dockerIsHere, OwnDocker } from './own-docker.js';
import type { PlatformApi } from './platform-api.js';
import { StartedPlatform } from './started-platform.js';
import { ci } from './variants.js';

/** Of the rollout that cannot go well. */
const DEADLINE_SECONDS = 20;
const RENEWED = 'The registry refused the login of the pull: it was renewed, and the pods pull again.';

describe.skipIf(!dockerIsHere && !ci)('a login of ECR that expires in the middle of a rollout', () => {
  let folder: string;
  let docker: OwnDocker;
  let registry: ImageRegistry;
  let plain: OwnDocker;
  let ecr: ExpiringEcr;
  let platform: StartedPlatform;
  let api: PlatformApi;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aws-deployer-pull-renewal-'));
    plain = await OwnDocker.start();
    registry = await ImageRegistry.start(join(folder, 'registry'), plain.host);
    for (const name of ['renewed', 'refused']) await registry.push(name, name);
    await plain.remove();
    ecr = await ExpiringEcr.start(join(folder, 'ecr'), registry.host);
    docker = await OwnDocker.start({ within: ecr.within, trusting: [ECR_HOST] });
    platform = await StartedPlatform.start({ within: ecr.within, env: { ...ecr.env, DOCKER_HOST: docker.host } });
    api = await platform.signIn();
  }, 180_000);
  afterAll(async () => {
    await platform?.remove();
    await docker?.remove();
    await Promise.all([ecr?.stop(), registry?.stop()]);
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  async function deployed(application: string, more: object = {}): Promise<DeploymentView> {
    const { id } = await api.deploy({
      application,
      source: { type: 'image', image: `${ECR_HOST}/${application}:1` },
      monitor_seconds: 1,
      ...more,
    });
    onTestFailed(async () => console.error(await accountOf(platform, api, id)));
    return api.ended(id);
  }
  /** How often the log of a deployment says so. */
  const said = async (id: string, sentence: string): Promise<number> =>
    String((await api.get(`/api/v1/deployments/${id}/logs`)).body).split(sentence).length - 1;

  test('is renewed and the image pulled with the new one: the release is stable', async () => {
    ecr.expire(1);
    const ended = await deployed('renewed');
    expect(ecr.expired).toBe(1);
    expect(ended).toMatchObject({ state: 'stable', verdict: null });
    expect(await (await request(ended.url ?? '')).body.text()).toBe('renewed');
    expect(await said(ended.id, RENEWED)).toBe(1);
    expect(await said(ended.id, 'Reauthenticate')).toBe(0);
  });

  test('and so does the renewed one: told as the platform’s fault, and only the deadline ends it', async () => {
    ecr.expire(1_000);
    const ended = await deployed('refused', { timeouts: { deploying: DEADLINE_SECONDS } });
    expect(ecr.expired).toBe(2);
    expect(ended).toMatchObject({
      state: 'rolled_back',
      failed_state: 'deployment_failed',
      verdict: { code: 'image_pull_token_expired', fault: 'platform' },
    });
    expect(ended.verdict?.reason).toContain('login at the registry');
    const rollout = ended.stages.find(({ name }) => name === 'deploying');
    const seconds = (Date.parse(rollout?.ended_at ?? '') - Date.parse(rollout?.started_at ?? '')) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(DEADLINE_SECONDS);
    expect(await said(ended.id, RENEWED)).toBe(1);
  });
});
