/**
 * A cancel reaches whatever a deployment is doing, with real parts that take their time, sent to the deployer that does not
 * work on it: within five seconds it has ended, and nothing of it goes on anywhere.
 */
import { existsSync, readdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CreateDeploymentInput, DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitHost, nodeApplication, type Files } from './git-host.js';
import { processesWith } from './hanging-parts.js';
import { dockerIsHere, OwnDocker } from './own-docker.js';
import { mariadbIsHere, OwnMariadb } from './own-mariadb.js';
import { openSlowDoor, type SlowDoor } from './slow-door.js';
import { eventually } from './started-platform.js';
import { TwoDeployers } from './two-deployers.js';
import { ci } from './variants.js';

const CANCELLED_WITHIN_MS = 5_000;
/** A second; what is sent takes minutes. */
const SLOW = 20_000;
const FAST = 1_000_000_000;
/** The first process of a container is not ended by a signal that it does not heed. */
const HEEDS = `process.on('SIGTERM', () => process.exit(0));\n`;
/** Nobody else sleeps for so long: found again by it. */
const SLEEPS = { docker: '97541', codebuild: '97542' } as const;

interface Work {
  readonly part: string;
  readonly state: DeploymentState;
  readonly body: () => CreateDeploymentInput;
  /** Whether it is really doing it, beside the state; and whether nothing of it goes on. */
  readonly underWay: () => Promise<boolean>;
}

describe.skipIf(!(dockerIsHere && mariadbIsHere) && !ci)('a cancel sent to the other deployer', () => {
  let docker: OwnDocker;
  let database: OwnMariadb;
  let git: GitHost;
  let two: TwoDeployers;
  let slowGit: SlowDoor;
  let slowRegistry: SlowDoor;
  beforeAll(async () => {
    [docker, database, git] = await Promise.all([OwnDocker.start(), OwnMariadb.start(), GitHost.start()]);
    two = await TwoDeployers.start(database, docker.host);
    slowGit = await openSlowDoor(new URL(git.urlOf('heavy')).host, SLOW);
    slowRegistry = await openSlowDoor(two.registry.host, SLOW);
    const made = await two.api.send('POST', '/api/v1/registries', {
      name: 'slow',
      url: `http://${slowRegistry.host}`,
    });
    expect(made.status).toBe(201);
    const application = nodeApplication('sound');
    const withLine = (line: string): Files => ({
      ...application,
      Dockerfile: (application['Dockerfile'] ?? '').replace('COPY server.js ./', `COPY server.js ./\n${line}`),
    });
    await git.commit('heavy', { ...application, 'weight.txt': randomBytes(3_000_000).toString('base64') });
    await git.commit('sound', application);
    await git.commit('weighty', withLine('RUN head -c 30000000 /dev/urandom > /app/weight'));
    for (const builder of ['docker', 'codebuild'] as const)
      await git.commit(`sleeps-${builder}`, withLine(`RUN sleep ${SLEEPS[builder]}`));
    // What takes its time the first time: the base image, which is made of this machine's own.
    const warm = await two.api.deploy({ application: 'warm', source: gitSource('sound'), monitor_seconds: 0 });
    expect((await two.api.ended(warm.id)).state).toBe('stable');
  }, 300_000);
  afterAll(async () => {
    await two?.remove();
    await Promise.all([git?.stop(), slowGit?.stop(), slowRegistry?.stop(), database?.remove()]);
    await docker?.remove();
  }, 60_000);

  const gitSource = (name: string): CreateDeploymentInput['source'] => ({ type: 'git', repo_url: git.urlOf(name) });
  const snippet = (answer: string): CreateDeploymentInput['source'] => ({
    type: 'snippet',
    language: 'node',
    code: `${HEEDS}import { createServer } from 'node:http';\ncreateServer((request, response) => { ${answer} }).listen(process.env.PORT);\n`,
  });
  const sleeping = (word: string) => (): Promise<boolean> => Promise.resolve(processesWith(word).length > 0);
  const always = (): Promise<boolean> => Promise.resolve(true);

  const works: readonly Work[] = [
    {
      part: 'a clone from a Git server that trickles',
      state: 'preparing',
      body: () => ({
        application: 'clone',
        source: { type: 'git', repo_url: git.urlOf('heavy').replace(/127\.0\.0\.1:\d+/, slowGit.host) },
      }),
      underWay: () => Promise.resolve(slowGit.passed() > SLOW && slowGit.open() > 0),
    },
    {
      part: 'a step of a build in a Docker Engine',
      state: 'building',
      body: () => ({ application: 'build', source: gitSource('sleeps-docker'), builder: 'docker' }),
      underWay: sleeping(SLEEPS.docker),
    },
    {
      part: 'a build of the build service',
      state: 'building',
      body: () => ({ application: 'codebuild', source: gitSource('sleeps-codebuild'), builder: 'codebuild' }),
      underWay: sleeping(SLEEPS.codebuild),
    },
    {
      part: 'a push to a registry that is slow',
      state: 'building',
      body: () => ({ application: 'push', source: gitSource('weighty'), builder: 'docker', registry: 'slow' }),
      underWay: () => Promise.resolve(slowRegistry.passed() > SLOW && slowRegistry.open() > 0),
    },
    {
      part: 'a rollout that does not get ready',
      state: 'deploying',
      body: () => ({
        application: 'rollout',
        source: { type: 'snippet', language: 'node', code: `${HEEDS}setInterval(() => {}, 1_000_000);\n` },
      }),
      underWay: async () => (await podsOf('rollout')).length > 0,
    },
    {
      part: 'a smoke test that hangs',
      state: 'testing',
      body: () => ({
        application: 'test',
        source: snippet(`if (request.url !== '/hang') response.end('ok');`),
        tests: [{ path: '/hang' }],
      }),
      underWay: always,
    },
    {
      part: 'the monitoring of a release',
      state: 'monitoring',
      body: () => ({ application: 'watch', source: snippet(`response.end('ok');`), monitor_seconds: 600 }),
      underWay: always,
    },
  ];

  async function podsOf(application: string): Promise<unknown[]> {
    const { body } = await request(`${two.cluster.url}/api/v1/namespaces/development/pods`);
    const { items } = (await body.json()) as { items: { metadata: { name: string }; status: unknown }[] };
    return items
      .filter(({ metadata }) => metadata.name.startsWith(`${application}-`))
      .map(({ metadata, status }) => ({ metadata, status }));
  }
  const containersOf = async (application: string): Promise<unknown[]> =>
    (await docker.containers()).filter(({ Names }) => Names.some((name) => name.includes(`_${application}-`)));
  const workFolders = (): string[] =>
    two.deployers.flatMap(({ dataDir }) => {
      const work = join(dataDir, 'work');
      const folders = existsSync(work) ? readdirSync(work).filter((name) => name !== 'builds') : [];
      const builds = existsSync(join(work, 'builds')) ? readdirSync(join(work, 'builds')) : [];
      return [...folders, ...builds];
    });

  test('has ended within five seconds in every stage, and nothing of it goes on', { timeout: 400_000 }, async () => {
    const measured = await Promise.all(
      works.map(async ({ part, state, body, underWay }) => {
        const { id, application } = await two.api.deploy({ monitor_seconds: 1, ...body() });
        await two.api.when(
          id,
          `${part} is under way`,
          async (deployment) => {
            if (deployment.ended_at !== null) throw new Error(`${deployment.state}: ${deployment.state_reason}`);
            return deployment.state === state && (await underWay());
          },
          120_000,
        );
        const found = await eventually(`who works on ${part}`, () => two.ownerOf(id));
        const asked = Date.now();
        expect((await found.other.api.send('POST', `/api/v1/deployments/${id}/cancel`, {})).status).toBe(202);
        const ended = await found.other.api.ended(id);
        const ms = Date.parse(ended.ended_at ?? '') - asked;
        await eventually(`nothing of ${part} goes on`, async () => {
          expect(await podsOf(application)).toEqual([]);
          expect(await containersOf(application)).toEqual([]);
          return true;
        });
        return { part, state: ended.state, ms, gone: Date.now() - asked };
      }),
    );
    console.log(
      measured.map(({ part, ms, gone }) => `${part}: cancelled in ${ms} ms, gone after ${gone} ms`).join('\n'),
    );
    for (const one of measured) expect(one).toMatchObject({ state: 'cancelled' });
    for (const { part, ms } of measured) expect(ms, part).toBeLessThanOrEqual(CANCELLED_WITHIN_MS);
    // Were anything still sent, it would arrive now.
    for (const door of [slowGit, slowRegistry]) door.pace(FAST);
    await eventually('nothing is left', async () => {
      for (const word of Object.values(SLEEPS)) expect(processesWith(word)).toEqual([]);
      expect([slowGit.open(), slowRegistry.open()]).toEqual([0, 0]);
      expect(workFolders()).toEqual([]);
      // Of the builds no container either: what is left is the pod of the first deployment.
      expect((await docker.containers()).map(({ Names }) => Names[0])).toEqual([expect.stringContaining('_warm-')]);
      return true;
    });
    expect((await request(`http://${two.registry.host}/v2/push/tags/list`)).statusCode).toBe(404);
  });
});
