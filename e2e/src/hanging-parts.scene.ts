/**
 * Every stage, each with a real part that hangs: a cancel ends it within five seconds and leaves nothing behind, and without one
 * the stage’s own limit does, with its state and a sentence that says so.
 */
import type { CreateDeploymentInput, DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { accountOf } from './account.js';
import { GitHost, nodeApplication } from './git-host.js';
import { processesWith, startSilentServer, startStallingRegistry, type HangingPart } from './hanging-parts.js';
import type { PlatformApi } from './platform-api.js';
import { eventually, StartedPlatform } from './started-platform.js';

const CANCELLED_WITHIN_MS = 5_000;
/** Nobody else sleeps for so long: found again by it. */
const SLEEP_SECONDS = '97531';

interface Hanging {
  readonly part: string;
  readonly state: DeploymentState;
  /** Once this is in its log it hangs; without one, once the state is reached. */
  readonly line?: RegExp;
  readonly failed: DeploymentState;
  readonly sentence: RegExp;
  readonly body: (application: string) => CreateDeploymentInput;
}

describe('a part that hangs', () => {
  let platform: StartedPlatform;
  let api: PlatformApi;
  let git: GitHost;
  let silent: HangingPart;
  let registry: HangingPart;
  beforeAll(async () => {
    [platform, git, silent, registry] = await Promise.all([
      StartedPlatform.start({ env: { RATE_LIMIT_PER_MINUTE: '100000' } }), // many are looked at, all the time
      GitHost.start(),
      startSilentServer(),
      startStallingRegistry(),
    ]);
    api = await platform.signIn();
    await git.commit('sound', nodeApplication('sound'));
    await git.commit('sleeper', {
      ...nodeApplication('never built'),
      Dockerfile: `FROM node:24-slim\nRUN sleep ${SLEEP_SECONDS}\nCMD ["node", "server.js"]\n`,
    });
    const added = await api.send('POST', '/api/v1/registries', { name: 'stalling', url: `http://${registry.host}` });
    expect(added.status).toBe(201);
  });
  afterAll(async () => {
    await platform?.remove();
    await Promise.all([git?.stop(), silent?.stop(), registry?.stop()]);
  });
  const snippet = (code: string): CreateDeploymentInput['source'] => ({ type: 'snippet', language: 'node', code });
  const listening = (answer: string): string =>
    `import { createServer } from 'node:http';\ncreateServer((request, response) => { ${answer} }).listen(process.env.PORT);\n`;

  const hangings: readonly Hanging[] = [
    {
      part: 'a Git server that never answers',
      state: 'preparing',
      failed: 'preparation_failed',
      sentence: /preparing was not finished within 5 s/,
      body: (application) => ({ application, source: { type: 'git', repo_url: `http://${silent.host}/shop` } }),
    },
    {
      part: 'a step of a Dockerfile',
      state: 'building',
      line: /RUN sleep/,
      failed: 'build_failed',
      sentence: /building was not finished within 5 s/,
      body: (application) => ({ application, source: { type: 'git', repo_url: git.urlOf('sleeper') } }),
    },
    {
      part: 'a registry that stalls on an upload',
      state: 'building',
      line: /; pushing /,
      failed: 'build_failed',
      sentence: /building was not finished within 5 s/,
      body: (application) => ({
        application,
        source: { type: 'git', repo_url: git.urlOf('sound') },
        registry: 'stalling',
      }),
    },
    {
      part: 'a rollout that never gets ready',
      state: 'deploying',
      failed: 'deployment_failed',
      sentence: /5 s|deadline|ready/,
      body: (application) => ({ application, source: snippet('setInterval(() => {}, 1_000_000);\n') }),
    },
    {
      part: 'a smoke test',
      state: 'testing',
      failed: 'testing_failed',
      sentence: /smoke test failed: GET \/hang/,
      body: (application) => ({
        application,
        source: snippet(listening(`if (request.url !== '/hang') response.end('ok');`)),
        tests: [{ path: '/hang' }],
      }),
    },
    {
      part: 'a monitoring window',
      state: 'monitoring',
      failed: 'unstable',
      sentence: /./,
      body: (application) => ({
        application,
        source: snippet(listening(`response.end('ok');`)),
        monitor_seconds: 600,
      }),
    },
  ];

  test('is cancelled within five seconds in every stage, and nothing of it is left', async () => {
    const measured = await Promise.all(
      hangings.map(async ({ part, state, line, body }, index) => {
        const { id } = await api.deploy(body(`cancelled-${index}`));
        onTestFailed(async () => console.error(part, await accountOf(platform, api, id)));
        await hangs(id, state, line);
        const asked = Date.now();
        expect((await api.send('POST', `/api/v1/deployments/${id}/cancel`, {})).status).toBe(202);
        const ended = await api.ended(id);
        return { part, id, state: ended.state, ms: Date.parse(ended.ended_at ?? '') - asked };
      }),
    );
    console.log(measured.map(({ part, ms }) => `${part}: cancelled in ${ms} ms`).join('\n'));
    for (const one of measured) expect(one).toMatchObject({ state: 'cancelled' });
    for (const { part, ms } of measured) expect(ms, part).toBeLessThanOrEqual(CANCELLED_WITHIN_MS);
    await nothingIsLeft();
  });

  test('is ended by the limit of its stage, with the state and the sentence of that stage', async () => {
    const timeouts = { preparing: 5, building: 5, deploying: 5, testing: 1 };
    await Promise.all(
      hangings
        .filter(({ state }) => state !== 'monitoring') // its window is its limit
        .map(async ({ part, body, failed, sentence }, index) => {
          const { id } = await api.deploy({ ...body(`late-${index}`), timeouts });
          onTestFailed(async () => console.error(part, await accountOf(platform, api, id)));
          const ended = await api.ended(id);
          expect([part, ended.state, ended.failed_state]).toEqual([part, 'rolled_back', failed]);
          expect(ended.verdict?.reason, part).toMatch(sentence);
        }),
    );
    await nothingIsLeft();
  });

  async function hangs(id: string, state: DeploymentState, line?: RegExp): Promise<void> {
    await eventually(
      `deployment ${id} in ${state}`,
      async () => {
        const deployment = await api.deployment(id);
        if (deployment.ended_at !== null)
          throw new Error(`it has ended ${deployment.state}: ${deployment.state_reason}`);
        return deployment.state === state;
      },
      90_000,
    );
    if (line === undefined) return;
    await eventually(`${String(line)} in the log of ${id}`, async () => line.test(await logOf(id)), 60_000);
  }

  /** What the stream of a log has now: it goes on until the deployment ends. */
  async function logOf(id: string): Promise<string> {
    const { body } = await request(`${platform.url}/api/v1/deployments/${id}/logs`, {
      headers: { authorization: `Bearer ${api.token ?? ''}` },
      bodyTimeout: 1_000,
    });
    let text = '';
    try {
      for await (const chunk of body) text += String(chunk);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'BodyTimeoutError')) throw error;
    }
    return text;
  }

  async function nothingIsLeft(): Promise<void> {
    await eventually('nothing is left', async () => {
      expect(processesWith(SLEEP_SECONDS)).toEqual([]);
      const work = join(platform.dataDir, 'work');
      expect(readdirSync(work).filter((name) => name !== 'builds')).toEqual([]);
      expect(existsSync(join(work, 'builds')) ? readdirSync(join(work, 'builds')) : []).toEqual([]);
      const { body } = await request(`${platform.clusterUrl}/api/v1/namespaces/development/pods`);
      expect(((await body.json()) as { items: unknown[] }).items).toEqual([]);
      return true;
    });
  }
});
