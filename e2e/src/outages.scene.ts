/** A part goes away in the middle of deployments and comes back: each ends as it should, and nothing acknowledged is lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEnd, type DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { accountOf } from './account.js';
import { GitHost, nodeApplication } from './git-host.js';
import { mariadbIsHere, OwnMariadb } from './own-mariadb.js';
import { eventually, freePort, pause, repositoryRoot, StartedPlatform } from './started-platform.js';
import { bare, ci } from './variants.js';

/** Longer than a lease and its heartbeat. */
const OUTAGE_MS = 15_000;

describe.skipIf(!mariadbIsHere && !ci)('the database goes away', () => {
  let database: OwnMariadb;
  let platform: StartedPlatform;
  let git: GitHost;
  beforeAll(async () => {
    [database, git] = await Promise.all([OwnMariadb.start(), GitHost.start()]);
    platform = await StartedPlatform.start({ env: { DATABASE_URL: database.url } });
  });
  afterAll(async () => {
    await platform?.remove();
    await Promise.all([git?.stop(), database?.remove()]);
  });

  test('in the middle of deployments, which go on when it is back', { timeout: 300_000 }, async () => {
    const api = await platform.signIn();
    const slow = nodeApplication('slow');
    await git.commit('slow', {
      ...slow,
      Dockerfile: (slow['Dockerfile'] ?? '').replace('WORKDIR /app', 'WORKDIR /app\nRUN sleep 8'),
    });
    await git.commit('watched', nodeApplication('watched'));
    const deploy = (application: string, seconds: number) =>
      api.deploy({
        application,
        source: { type: 'git', repo_url: git.urlOf(application) },
        monitor_seconds: seconds,
      });
    const watched = await deploy('watched', 10);
    await api.reached(watched.id, 'monitoring');
    const slowly = await deploy('slow', 1);
    await api.reached(slowly.id, 'building');
    onTestFailed(async () => {
      for (const { id } of [watched, slowly]) console.error(await accountOf(platform, api, id));
    });

    await database.down();
    const refused = await api.get(`/api/v1/deployments/${slowly.id}`);
    expect(refused.status).toBeGreaterThanOrEqual(500);
    await pause(OUTAGE_MS);
    await database.up();

    const ends = await Promise.all(
      [watched, slowly].map(({ id }) =>
        eventually(
          `the end of ${id}`,
          async () => {
            const deployment = await api.deployment(id);
            return isEnd(deployment.state) && deployment;
          },
          150_000,
        ),
      ),
    );
    expect(ends.map(({ state }) => state)).toEqual(['stable', 'stable']);
    for (const { id } of ends) {
      const written = await eventually('the last transition on the books', async () => {
        const items = await api.all(`/api/v1/history?target=${id}`);
        return items.some(({ action_type: type }) => type === 'deployment.stable') && items;
      });
      const states = written
        .map(({ action_type: type }) => String(type).replace('deployment.', '') as DeploymentState)
        .sort();
      expect(states).toEqual([
        'building',
        'create',
        'deploying',
        'monitoring',
        'preparing',
        'stable',
        'testing',
        'validating',
      ]);
    }
    expect((await api.get('/api/v1/history/verify')).body).toMatchObject({ valid: true });
  });
});

describe('a registry', () => {
  test('that is down at the push ends the deployment with a sentence that names it', async () => {
    const platform = await bare.start();
    try {
      const api = await platform.signIn();
      const host = `127.0.0.1:${await freePort()}`;
      expect((await api.send('POST', '/api/v1/registries', { name: 'gone', url: `http://${host}` })).status).toBe(201);
      const code = `require('node:http').createServer((q, s) => s.end('ok')).listen(process.env.PORT);\n`;
      const { id } = await api.deploy({
        application: 'unpushed',
        source: { type: 'snippet', language: 'node', code },
        registry: 'gone',
      });
      const ended = await api.ended(id);
      expect(ended).toMatchObject({ state: 'rolled_back', verdict: { fault: 'platform' } });
      expect(['preparation_failed', 'build_failed']).toContain(ended.failed_state);
      expect(ended.verdict?.reason).toContain(host);
    } finally {
      await platform.remove();
    }
  });
});

describe('the deployer', () => {
  test('is killed again and again, with the parts beside it, and nothing is lost', { timeout: 400_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-chaos-'));
    try {
      const chaos = spawn(
        join(repositoryRoot, 'node_modules/.bin/node'),
        [
          ...['--enable-source-maps', join(repositoryRoot, 'scripts/dist/chaos/main.js')],
          ...['--kills', '12', '--seed', '1', '--database', 'sqlite', '--outages'],
        ],
        { env: { PATH: process.env['PATH'], CHAOS_FOLDER: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let said = '';
      for (const stream of [chaos.stdout, chaos.stderr])
        stream.on('data', (chunk: Buffer) => {
          said += chunk.toString();
        });
      const [code] = (await once(chaos, 'close')) as [number];
      expect(code, said).toBe(0);
      console.log(said);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
