/** The shell scripts against the running platform: a walk through its API, its health and logs, a backup that comes back. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { GitHost, nodeApplication } from './git-host.js';
import type { PlatformApi } from './platform-api.js';
import { eventually, repositoryRoot, StartedPlatform } from './started-platform.js';
import { ci, runSql } from './variants.js';

const mysql = process.env['TEST_MYSQL_URL'];

function script(path: string, args: readonly string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; out: string }>((resolve, reject) => {
    const options = { env: { PATH: process.env['PATH'], ...env }, timeout: 150_000 };
    execFile(join(repositoryRoot, path), args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(new Error(stdout + stderr, { cause: error }));
      else resolve({ code: error === null ? 0 : Number(error.code), out: stdout + stderr });
    });
  });
}

describe('the scripts', () => {
  let platform: StartedPlatform;
  let git: GitHost;
  let api: PlatformApi;
  let token: string;
  beforeAll(async () => {
    [platform, git] = await Promise.all([StartedPlatform.start(), GitHost.start()]);
    api = await (await platform.signIn()).withApiToken('scripts');
    token = api.token ?? '';
  });
  afterAll(async () => {
    await platform?.remove();
    await git?.stop();
  });

  test('the integration tests pass, twice, and leave nothing behind', async () => {
    for (const round of [1, 2]) {
      const walk = await script('scripts/integration-tests.sh', ['--server', platform.clusterUrl, platform.url], {
        DEPLOYER_TOKEN: token,
      });
      expect(walk.code, `round ${round}:\n${walk.out}`).toBe(0);
      expect(walk.out.match(/^ok /gm)).toHaveLength(10);
    }
    for (const kind of ['deployments', 'services']) {
      const path = kind === 'services' ? '/api/v1' : '/apis/apps/v1';
      const list = await (await fetch(`${platform.clusterUrl}${path}/namespaces/development/${kind}`)).text();
      expect(list).not.toContain('integration-test');
    }
  });

  test('the integration tests stop at the first thing that is wrong', async () => {
    const walk = await script('scripts/integration-tests.sh', [platform.url], { DEPLOYER_TOKEN: 'of nobody' });
    expect(walk.code).toBe(1);
    expect(walk.out).toMatch(/^ok +the services are up\nFAIL +the token is somebody: HTTP 401/);
    expect(walk.out).not.toContain('of nobody');
  });

  test('all is well, and the log says what was done', async () => {
    const health = await script('scripts/health-check.sh', [platform.url]);
    expect(health.code, health.out).toBe(0);
    for (const service of ['deployer', 'codebuild', 'history', 'monitor', 'auth', 'infra'])
      expect(health.out).toMatch(new RegExp(`health +${service} at .* ok `));
    const args = ['--since', '1h', '--level', 'debug'];
    const logs = await script('scripts/view-logs.sh', args, { DATA_DIR: platform.dataDir });
    expect(logs.code).toBe(0);
    const written = (await platform.log()).trim().split('\n');
    expect(logs.out.trim().split('\n')).toHaveLength(written.length);
    const { service, message } = JSON.parse(written[0] ?? '') as { service: string; message: string };
    expect(logs.out).toContain(` ${service}: ${message}`);
  });

  test('a pipeline deploys a commit by token, once for one key, and fails with what a bad one lacks', async () => {
    await git.commit('piped', nodeApplication('by a pipeline'));
    const env = {
      DEPLOYER_URL: platform.url,
      DEPLOYER_TOKEN: token,
      APPLICATION: 'piped',
      REPO_URL: git.urlOf('piped'),
      DEPLOYMENT_KEY: 'run-1',
    };
    for (const _time of [1, 2]) {
      const good = await script('examples/jenkins/deploy.sh', [], env);
      expect(good.code, good.out).toBe(0);
      expect(good.out).toMatch(/^stable/m);
      expect(good.out).toMatch(/ answers$/m);
    }
    expect(await api.all('/api/v1/deployments?application=piped')).toHaveLength(1);
    await git.commit('piped', nodeApplication('bad', 'process.exit(1);'));
    const bad = await script('examples/jenkins/deploy.sh', [], { ...env, DEPLOYMENT_KEY: 'run-2' });
    expect(bad.code, bad.out).toBe(1);
    expect(bad.out).toMatch(/^rolled_back/m);
  });
});

test.skipIf(mysql === undefined && !ci)(
  'a backup comes back into an empty server, and the audit chain is valid',
  async () => {
    const server = mysql ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-scene-backup-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const drop = async (): Promise<void> => {
      const names = await runSql(
        server,
        "select schema_name from information_schema.schemata where schema_name like 'aws\\_deployer\\_%'",
      );
      for (const name of names.trim().split('\n').filter(Boolean)) await runSql(server, `drop database \`${name}\``);
    };
    await drop();
    const platform = await StartedPlatform.start({ env: { DATABASE_URL: server } });
    onTestFinished(() => platform.remove());
    const api = await (await platform.signIn()).withApiToken('kept');
    const verified = async (of: PlatformApi) => (await of.get('/api/v1/history/verify')).body;
    const before = await eventually('the audit chain holds the token', async () => {
      const answer = await verified(api);
      return answer.checked >= 3 && answer;
    });
    expect(before.valid).toBe(true);

    // Taken while the platform runs, as every night.
    const taken = await script('scripts/backup.sh', [folder], { DATABASE_URL: server });
    expect(taken.code, taken.out).toBe(0);
    const backup = /^\/.*aws-deployer-\d{8}T\d{6}Z$/m.exec(taken.out)?.[0] ?? '';
    await platform.stop();
    await drop();

    const restored = await script('scripts/restore.sh', [backup], { DATABASE_URL: server });
    expect(restored.code, restored.out).toBe(0);
    await platform.startAgain();
    expect(await verified(api), 'the token of before is good, and so is the chain').toMatchObject({
      valid: true,
      checked: expect.any(Number) as number,
    });
    expect((await verified(api)).checked).toBeGreaterThanOrEqual(before.checked);
  },
);
