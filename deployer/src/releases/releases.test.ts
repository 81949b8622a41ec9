/** Releases as bundles over REST, on both databases: marked bad, let go by the retention, and what is refused then. */
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';
import { ReleaseRetentionJob } from './release-retention.js';

const log = { error: () => undefined } as unknown as Logger;

describe.each(testDatabases())('releases on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
  });
  afterAll(() => deployer.stop());

  const send = (method: string, path: string, body?: object, as: 'viewer' | 'developer' | 'admin' = 'developer') =>
    deployer.service.send(method, path, body, { as });
  /** Deploys `ref` and waits for its end. */
  const deploy = async (application: string, ref: string, more: object = {}) =>
    deployer.ended(
      (
        await deployer.create(
          gitBody(application, { source: { type: 'git', repo_url: 'https://git.test/shop.git', ref }, ...more }),
        )
      ).id,
    );
  const releases = async (application: string) =>
    (await send('GET', `/api/v1/applications/${application}/releases`)).body.items;
  const actions = async (target: string): Promise<string[]> =>
    (await deployer.service.test.database.db.selectFrom('outbox').select('record').execute())
      .map(({ record }) => JSON.parse(record) as { action_type: string; target: string })
      .filter((record) => record.target === target)
      .map(({ action_type: type }) => type);

  test('a bad release is marked with its reason, refused without consent, and restored with it', async () => {
    const first = await deploy('marked', 'v1');
    const second = await deploy('marked', 'v2');
    const path = `/api/v1/applications/marked/releases/${first.release_id}`;
    const marked = await send('PUT', `${path}/bad`, { reason: 'loses orders' });
    expect(marked).toMatchObject({ status: 200, body: { bad: { reason: 'loses orders', marked_by: 'developer' } } });

    const rollback = `/api/v1/deployments/${second.id}/rollback`;
    const refused = await send('POST', rollback, { release_id: first.release_id });
    expect(refused).toMatchObject({ status: 409, body: { code: 'release_marked_bad' } });
    expect(refused.body.detail).toContain('loses orders');
    expect(refused.body.errors[0]).toMatchObject({ field: 'accept_bad_release' });
    // Unasked, a rollback does not choose it.
    expect((await send('POST', rollback, {})).body.code).toBe('nothing_to_roll_back_to');

    const agreed = await send('POST', rollback, { release_id: first.release_id, accept_bad_release: true });
    expect(agreed.status).toBe(202);
    expect(await deployer.ended(agreed.body.id)).toMatchObject({ state: 'stable', release_id: first.release_id });

    expect((await send('DELETE', `${path}/bad`)).status).toBe(204);
    expect((await send('DELETE', `${path}/bad`)).status).toBe(204);
    expect((await send('GET', path)).body.bad).toBeNull();
    expect(await actions(first.release_id ?? '')).toEqual(
      expect.arrayContaining(['release.mark_bad', 'release.unmark_bad']),
    );
    expect((await actions(first.release_id ?? '')).filter((type) => type === 'release.unmark_bad')).toHaveLength(1);
  });

  test('the same image by another way is refused as well, before anything is changed', async () => {
    const first = await deploy('twin', 'v1');
    await deploy('twin', 'v2');
    await send('PUT', `/api/v1/applications/twin/releases/${first.release_id}/bad`, { reason: 'loses orders' });
    const before = (await releases('twin')).length;
    const again = await deploy('twin', 'v1');
    expect(again).toMatchObject({
      state: 'rolled_back',
      failed_state: 'deployment_failed',
      verdict: { code: 'release_marked_bad', fault: 'release' },
    });
    expect(again.verdict?.reason).toContain('loses orders');
    expect(await releases('twin')).toHaveLength(before);
    expect(await deploy('twin', 'v1', { accept_bad_release: true })).toMatchObject({ state: 'stable' });
  });

  test.each([
    ['no reason', {}],
    ['an empty one', { reason: '  ' }],
  ])('a mark with %s is refused by its field', async (_name, body) => {
    const first = await deploy('reasons', 'v1');
    const answer = await send('PUT', `/api/v1/applications/reasons/releases/${first.release_id}/bad`, body);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'reason' }] } });
  });

  test('a release of another application is not found, and a viewer marks nothing', async () => {
    const first = await deploy('mine', 'v1');
    await deploy('theirs', 'v1');
    const path = `/api/v1/applications/theirs/releases/${first.release_id}`;
    expect((await send('GET', path)).status).toBe(404);
    expect((await send('PUT', `${path}/bad`, { reason: 'wrong place' })).status).toBe(404);
    const own = `/api/v1/applications/mine/releases/${first.release_id}/bad`;
    expect((await send('PUT', own, { reason: 'not allowed' }, 'viewer')).status).toBe(403);
  });

  test('the retention removes old bundles once; their rows stay, and a rollback to them is refused', async () => {
    const made = [];
    for (const ref of ['v1', 'v2', 'v3', 'v4']) made.push(await deploy('kept', ref, { environment: 'short' }));
    const [first, second] = made;
    const changed = await send('PATCH', '/api/v1/environments/short', { release_retention: { keep: 1 } }, 'admin');
    expect(changed).toMatchObject({ status: 200, body: { release_retention: { keep: 1, days: null } } });
    const { database } = deployer.service.test;
    const job = new ReleaseRetentionJob({ database, clock: systemClock, log, recorded: () => undefined });
    const looks = await Promise.all([0, 1].map(() => job.look(AbortSignal.timeout(10_000))));
    expect(looks[0]! + looks[1]!).toBe(2); // two replicas looked at once
    const after = await releases('kept');
    expect(after.map(({ number, bundle_removed_at: at }: never) => [number, at === null])).toEqual([
      [4, true],
      [3, true],
      [2, false],
      [1, false],
    ]);
    expect(await actions(first?.release_id ?? '')).toContain('release.remove_bundle');
    const refused = await send('POST', `/api/v1/deployments/${made[3]?.id}/rollback`, {
      release_id: second?.release_id,
    });
    expect(refused).toMatchObject({ status: 409, body: { code: 'bundle_removed' } });
    expect((await send('GET', `/api/v1/deployments/${first?.id}/manifest`)).body.code).toBe('bundle_removed');
    const back = await send('POST', `/api/v1/deployments/${made[3]?.id}/rollback`, {});
    expect((await deployer.ended(back.body.id)).release_id).toBe(made[2]?.release_id);
  });

  test('settings of an environment change one by one', async () => {
    const made = await send(
      'POST',
      '/api/v1/environments',
      { name: 'steps', release_retention: { keep: 10, days: 30 } },
      'admin',
    );
    expect(made.body.release_retention).toEqual({ keep: 10, days: 30 });
    const seconds = await send('PATCH', '/api/v1/environments/steps', { monitor_seconds: 45 }, 'admin');
    expect(seconds.body).toMatchObject({ monitor_seconds: 45, release_retention: { keep: 10, days: 30 } });
    const none = await send('PATCH', '/api/v1/environments/steps', { release_retention: {} }, 'admin');
    expect(none.body).toMatchObject({ monitor_seconds: 45, release_retention: { keep: null, days: null } });
    const wrong = await send('PATCH', '/api/v1/environments/steps', { release_retention: { keep: 0 } }, 'admin');
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: 'release_retention.keep' }] } });
  });
});
