/**
 * The Docker Engine is restarted, as an upgrade does it: while applications only run, in the middle of a build, and in the
 * middle of a push. Each deployment ends well, what ran before runs again, and nothing is left behind.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { accountOf } from './account.js';
import { GitHost, nodeApplication } from './git-host.js';
import { ImageRegistry } from './image-registry.js';
import { dockerIsHere, OwnDocker } from './own-docker.js';
import type { PlatformApi } from './platform-api.js';
import { openSlowDoor, type SlowDoor } from './slow-door.js';
import { eventually, StartedPlatform } from './started-platform.js';
import { ci } from './variants.js';

/** Beside the layer of the application that is a few megabytes: some seconds, of which the first is long enough to be met. */
const SLOW = 400_000;
const FAST = 1_000_000_000;
const SLEEP = 'sleep 8';

describe.skipIf(!dockerIsHere && !ci)('the Docker Engine is restarted', () => {
  let folder: string;
  let docker: OwnDocker;
  let platform: StartedPlatform;
  let api: PlatformApi;
  let git: GitHost;
  let registry: ImageRegistry;
  let door: SlowDoor;
  let networks: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aws-deployer-engine-restart-'));
    [docker, git] = await Promise.all([OwnDocker.start(), GitHost.start()]);
    networks = await docker.networks();
    registry = await ImageRegistry.start(join(folder, 'registry'), docker.host);
    door = await openSlowDoor(registry.host, SLOW);
    platform = await StartedPlatform.start({ env: { DOCKER_HOST: docker.host } });
    api = await platform.signIn();
    const made = await api.send('POST', '/api/v1/registries', { name: 'slow', url: `http://${door.host}` });
    expect(made.status).toBe(201);
  });
  afterAll(async () => {
    await platform?.remove();
    await Promise.all([git?.stop(), door?.stop(), registry?.stop()]);
    await docker?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const deploy = async (application: string, run: string, more: object = {}): Promise<DeploymentView> => {
    const files = nodeApplication(application);
    const Dockerfile = (files['Dockerfile'] ?? '').replace('COPY server.js ./', `COPY server.js ./\n${run}`);
    await git.commit(application, { ...files, Dockerfile });
    const deployment = await api.deploy({
      application,
      source: { type: 'git', repo_url: git.urlOf(application) },
      builder: 'docker',
      monitor_seconds: 1,
      ...more,
    });
    onTestFailed(async () => console.error(await accountOf(platform, api, deployment.id)));
    return deployment;
  };
  const textOf = async (url: string | null): Promise<string> => (await request(url ?? '')).body.text();

  /** Containers: one for each application that is deployed, and its pod's; no image without a name; no folder; no network. */
  async function nothingIsLeft(applications: readonly string[]): Promise<void> {
    await eventually('nothing is left', async () => {
      const running = (await docker.containers()).map(({ Names, State }) => `${Names[0] ?? ''} ${State}`).sort();
      expect(running).toHaveLength(applications.length);
      for (const application of applications)
        expect(running.filter((one) => one.includes(application) && one.endsWith(' running'))).toHaveLength(1);
      expect(await docker.unnamedImages()).toEqual([]);
      expect(await docker.networks()).toEqual(networks);
      const work = join(platform.dataDir, 'work');
      expect(readdirSync(work).filter((name) => name !== 'builds')).toEqual([]);
      expect(existsSync(join(work, 'builds')) ? readdirSync(join(work, 'builds')) : []).toEqual([]);
      return true;
    });
  }

  test('while applications only run: they run again, and can be deployed', async () => {
    const idle = await api.ended((await deploy('idle', 'RUN true')).id);
    expect(idle.state).toBe('stable');
    await docker.down();
    await docker.up();
    const back = Date.now();
    await eventually('the application answers again', async () => (await textOf(idle.url)) === 'idle\n', 60_000);
    console.log(`idle: the application answered ${Date.now() - back} ms after the engine did`);
    const again = await api.ended((await deploy('idle', 'RUN echo again')).id);
    expect(again.state).toBe('stable');
    expect(await textOf(again.url)).toBe('idle\n');
    await nothingIsLeft(['idle']);
  });

  test('in the middle of a build: it is built again under the same key, and deployed', async () => {
    // It heeds SIGTERM, by which an engine that stops ends it: what it exits with then is not its own doing.
    const { id } = await deploy('built', `RUN trap 'exit 3' TERM; ${SLEEP} & wait $!`);
    await eventually('the step runs', async () =>
      (await docker.containers()).some(({ Command }) => Command.includes(SLEEP)),
    );
    await docker.down();
    await docker.up();
    const ended = await api.ended(id);
    expect(ended).toMatchObject({ state: 'stable', verdict: null });
    expect(await textOf(ended.url)).toBe('built\n');
    expect(await logOf(id)).toMatch(/trying again/);
    await nothingIsLeft(['built', 'idle']);
  });

  test('in the middle of a push: it is pushed again, and deployed', async () => {
    const { id } = await deploy('pushed', 'RUN head -c 6000000 /dev/urandom > /app/weight', { registry: 'slow' });
    await api.reached(id, 'building');
    await eventually('the push is under way', async () => door.passed() > 500_000, 60_000);
    await docker.down();
    door.pace(FAST);
    await docker.up();
    const ended = await api.ended(id);
    expect(ended).toMatchObject({ state: 'stable', verdict: null });
    expect(await textOf(ended.url)).toBe('pushed\n');
    expect(await logOf(id)).toMatch(/trying again/);
    await nothingIsLeft(['built', 'idle', 'pushed']);
  });

  const logOf = async (id: string): Promise<string> => String((await api.get(`/api/v1/deployments/${id}/logs`)).body);
});
