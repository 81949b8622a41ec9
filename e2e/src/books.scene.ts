/** Every action is on both books exactly once, the chain is valid, and a row changed by hand is named. */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitHost, nodeApplication } from './git-host.js';
import type { PlatformApi } from './platform-api.js';
import { eventually, type StartedPlatform } from './started-platform.js';
import { runSql, variants } from './variants.js';

const SECRET = 'canary-7f3a-secret-value';

describe.each(variants)('on a machine with $name', ({ start, possible, mysql }) => {
  let platform: StartedPlatform;
  let git: GitHost;
  let admin: PlatformApi;
  beforeAll(async () => {
    if (!possible) return;
    [platform, git] = await Promise.all([start(), GitHost.start()]);
    admin = await platform.signIn();
  });
  afterAll(async () => {
    await platform?.remove();
    await git?.stop();
  });

  test.skipIf(!possible)(
    'logins, changes, refusals and transitions are on both books once, in the same words',
    async () => {
      await git.commit('booked', nodeApplication('booked'));
      const refused = await fetch(`${platform.url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'admin', password: SECRET }),
      });
      expect(refused.status).toBe(401);
      const secret = { name: 'canary', type: 'git_token', values: { token: SECRET } };
      expect((await admin.send('POST', '/api/v1/secrets', secret)).status).toBe(201);
      const source = { type: 'git' as const, repo_url: git.urlOf('booked') };
      const { id } = await admin.deploy({ application: 'booked', source, monitor_seconds: 1 });
      expect(await admin.ended(id)).toMatchObject({ state: 'stable' });

      const idsOf = async (path: string): Promise<string[]> =>
        (await admin.all(path)).map(({ event_id: event }) => String(event)).sort();
      const [activity, history] = await eventually('the books agree', async () => {
        const both = [await idsOf('/api/v1/activity'), await idsOf('/api/v1/history')] as const;
        return JSON.stringify(both[0]) === JSON.stringify(both[1]) && both[0].length > 10 ? both : undefined;
      });
      expect(new Set(activity).size).toBe(activity.length);
      expect(history).toEqual(activity);

      const types = (await admin.all('/api/v1/history')).map(
        (item) => `${String(item['action_type'])} ${String(item['outcome'])}`,
      );
      for (const expected of ['deployment.building succeeded', 'deployment.stable succeeded'])
        expect(types.filter((type) => type === expected)).toHaveLength(1);
      expect(types.filter((type) => /login/.test(type) && !type.endsWith('succeeded'))).toHaveLength(1);
    },
  );

  test.skipIf(!possible)('a secret is in none of them, nor in the log', async () => {
    const everything = [
      JSON.stringify(await admin.all('/api/v1/activity')),
      JSON.stringify(await admin.all('/api/v1/history')),
      await platform.log(),
      JSON.stringify((await admin.get('/api/v1/secrets')).body),
    ];
    const forms = [SECRET, Buffer.from(SECRET).toString('base64').replace(/=+$/, ''), encodeURIComponent(SECRET)];
    for (const text of everything) for (const form of forms) expect(text).not.toContain(form);
  });

  test.skipIf(!possible)('the mission’s own paths of the books answer with their own bodies', async () => {
    const saved = await admin.send('POST', '/history/save', { query: 'list buckets', output: 'none' });
    expect(saved.body).toMatchObject({ query: 'list buckets', output: 'none' });
    expect((await admin.get('/history/list')).body).toMatchObject([{ query: 'list buckets' }]);
    const entry = {
      user_id: 'u1',
      service: 's',
      endpoint: '/x',
      action_type: 'test',
      request_data: { a: 1 },
      response_summary: 'ok',
    };
    const logged = await admin.send('POST', '/monitor/log', [
      entry,
      { ...entry, event_id: 'e-1' },
      { ...entry, event_id: 'e-1' },
    ]);
    expect(logged).toMatchObject({ status: 201, body: { success: true, accepted: 2, duplicates: 1 } });
    expect((await admin.send('GET', '/monitor', undefined, { accept: 'application/json' })).status).toBe(200);
  });

  test.skipIf(!possible)('verify says valid, and names the row that was changed by hand', async () => {
    const verify = async () => (await admin.get('/api/v1/history/verify')).body as Record<string, unknown>;
    expect(await verify()).toMatchObject({ valid: true, first_broken: null });
    const change = "update audit_log set user_id = 'nobody' where seq = 3";
    if (mysql === undefined) {
      const file = new DatabaseSync(join(platform.dataDir, 'history.sqlite'));
      file.exec('pragma busy_timeout = 5000');
      file.exec(change);
      file.close();
    } else {
      await runSql(mysql, `${change.replace('audit_log', 'aws_deployer_history.audit_log')};`);
    }
    expect(await verify()).toMatchObject({ valid: false, first_broken: { seq: 3, kind: 'changed' } });
  });
});
