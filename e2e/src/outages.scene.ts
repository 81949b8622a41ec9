/** A part goes away in the middle of deployments and comes back: each ends as it should, and nothing acknowledged is lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEnd } from '@aws-deployer/platform/contracts/deployments';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitHost, nodeApplication } from './git-host.js';
import { mariadbIsHere, OwnMariadb } from './own-mariadb.js';
import type { PlatformApi } from './platform-api.js';
import { eventually, freePort, pause, repositoryRoot, StartedPlatform } from './started-platform.js';
import { bare, ci } from './variants.js';

/** Six leases, and longer than anything waits for a database that answers. */
const OUTAGE_MS = 60_000;
const REFUSED_WITHIN_MS = 15_000;
const TRANSITIONS = ['building', 'create', 'deploying', 'monitoring', 'preparing', 'stable', 'testing', 'validating'];

interface Outage {
  readonly how: string;
  /** What is asked meanwhile is answered at once; from one that is silent an answer comes when it speaks again. */
  readonly refuses: boolean;
  readonly end: (database: OwnMariadb) => Promise<void>;
  readonly begin: (database: OwnMariadb) => Promise<void>;
}
const killed: Outage = {
  how: 'killed and started again',
  refuses: true,
  begin: (database) => database.kill(),
  end: (database) => database.up(),
};
const frozen: Outage = {
  how: 'there and silent',
  refuses: false,
  begin: async (database) => database.freeze(),
  end: async (database) => database.thaw(),
};

/** Deployments in three states go through an outage of a minute: built, watched, and waiting for the one ahead. */
async function throughOutage(api: PlatformApi, git: GitHost, database: OwnMariadb, { begin, end }: Outage) {
  const slow = nodeApplication('slow');
  await git.commit('slow', {
    ...slow,
    Dockerfile: (slow['Dockerfile'] ?? '').replace('WORKDIR /app', 'WORKDIR /app\nRUN sleep 8'),
  });
  await git.commit('watched', nodeApplication('watched'));
  const deploy = async (application: string, seconds: number): Promise<string> => {
    const source = { type: 'git' as const, repo_url: git.urlOf(application) };
    return (await api.deploy({ application, source, builder: 'host', monitor_seconds: seconds })).id;
  };
  const watched = await deploy('watched', 10);
  await api.reached(watched, 'monitoring');
  const building = await deploy('slow', 1);
  await api.reached(building, 'building');
  const waiting = await deploy('slow', 1);
  const ids = [watched, building, waiting];

  await begin(database);
  const began = Date.now();
  const asked = api.get(`/api/v1/deployments/${building}`).then(({ status }) => ({ status, ms: Date.now() - began }));
  await pause(OUTAGE_MS);
  await end(database);
  const back = Date.now();
  const meanwhile = await asked;

  const ends = await Promise.all(
    ids.map((id) =>
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
  const endedMs = Date.now() - back;
  const books = await Promise.all(
    ids.map((id) =>
      eventually('the last transition on the books', async () => {
        const items = await api.all(`/api/v1/history?target=${id}`);
        const types = items.map(({ action_type: type }) => String(type).replace('deployment.', ''));
        return types.includes('stable') && types.sort();
      }),
    ),
  );
  console.log(
    `asked meanwhile: ${meanwhile.status} after ${meanwhile.ms} ms; all ended ${endedMs} ms after it was back`,
  );
  return { meanwhile, ends, books };
}

// Side by side with each other and with the registry: each waits a minute for the most part.
describe.skipIf(!mariadbIsHere && !ci).concurrent.each([killed, frozen])('a database that is $how', (outage) => {
  let database: OwnMariadb;
  let git: GitHost;
  let platform: StartedPlatform;
  beforeAll(async () => {
    [database, git] = await Promise.all([OwnMariadb.start(), GitHost.start()]);
    platform = await StartedPlatform.start({ env: { DATABASE_URL: database.url } });
  });
  afterAll(async () => {
    await platform?.remove();
    await Promise.all([git?.stop(), database?.remove()]);
  });

  test('for a minute in the middle of deployments, which go on when it is back', { timeout: 300_000 }, async () => {
    const api = await platform.signIn();
    const { meanwhile, ends, books } = await throughOutage(api, git, database, outage);
    if (outage.refuses) {
      expect(meanwhile.status).toBe(503);
      expect(meanwhile.ms).toBeLessThan(REFUSED_WITHIN_MS);
    } else expect([200, 503]).toContain(meanwhile.status);
    for (const ended of ends) expect(ended).toMatchObject({ state: 'stable', verdict: null });
    for (const transitions of books) expect(transitions).toEqual(TRANSITIONS);
    expect((await api.get('/api/v1/history/verify')).body).toMatchObject({ valid: true });
  });
});

describe.concurrent('a registry', () => {
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
