/** The process is killed in the middle of a deployment: the next start goes on to exactly one end. */
import { isEnd, type DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { accountOf } from './account.js';
import { GitHost, nodeApplication } from './git-host.js';
import { eventually, type StartedPlatform } from './started-platform.js';
import { variants } from './variants.js';

const KILLED_IN: readonly DeploymentState[] = ['building', 'deploying', 'monitoring'];

describe.each(variants)('on a machine with $name', ({ start, possible }) => {
  let platform: StartedPlatform;
  let git: GitHost;
  beforeAll(async () => {
    if (possible) [platform, git] = await Promise.all([start(), GitHost.start()]);
  });
  afterAll(async () => {
    await platform?.remove();
    await git?.stop();
  });

  test.skipIf(!possible).each(KILLED_IN)('killed while %s', async (state) => {
    const application = `killed-${state}`;
    await git.commit(application, nodeApplication(`survived ${state}`));
    const source = { type: 'git' as const, repo_url: git.urlOf(application) };
    let api = await platform.signIn();
    const { id } = await api.deploy({ application, source, monitor_seconds: 3 });
    await api.reached(id, state, ...(state === 'building' ? (['deploying'] as const) : []));
    await platform.kill();

    await platform.startAgain();
    api = await platform.signIn();
    onTestFailed(async () => console.error(await accountOf(platform, api, id)));
    const ended = await api.ended(id);
    expect(ended).toMatchObject({ state: 'stable' });
    expect(await (await fetch(ended.url ?? '')).text()).toBe(`survived ${state}\n`);

    const transitions = (await api.all(`/api/v1/history?target=${id}`))
      .map(({ action_type: type }) => String(type).replace('deployment.', '') as DeploymentState)
      .filter((word) => isEnd(word));
    expect(transitions).toEqual(['stable']);
  });

  test.skipIf(!possible)(
    'stopped in order, the application comes back with the next start at the same address',
    async () => {
      await git.commit('restart', nodeApplication('still here'));
      const source = { type: 'git' as const, repo_url: git.urlOf('restart') };
      const before = await platform.signIn();
      const live = await before.ended((await before.deploy({ application: 'restart', source, monitor_seconds: 1 })).id);
      expect((await platform.stop()).code).toBe(0);
      await platform.startAgain();
      const answer = await fetchPatiently(live.url ?? '');
      expect(answer).toBe('still here\n');
    },
  );
});

async function fetchPatiently(url: string): Promise<string> {
  return eventually(`an answer of ${url}`, async () => {
    const response = await fetch(url);
    return response.ok && response.text();
  });
}
