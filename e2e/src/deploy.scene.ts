/** The main job on each kind of machine: from a commit to a proven release, and back when the next one is bad. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { GitHost, nodeApplication } from './git-host.js';
import { Callers, type PlatformApi } from './platform-api.js';
import { repositoryRoot, type StartedPlatform } from './started-platform.js';
import { variants } from './variants.js';

const run = promisify(execFile);

describe.each(variants)('on a machine with $name', ({ start, possible, docker }) => {
  let platform: StartedPlatform;
  let git: GitHost;
  let script: PlatformApi;
  beforeAll(async () => {
    if (!possible) return;
    [platform, git] = await Promise.all([start(), GitHost.start()]);
    script = await (await platform.signIn()).withApiToken('scenes');
  });
  afterAll(async () => {
    await platform?.remove();
    await git?.stop();
  });

  test.skipIf(!possible)('a commit that works becomes stable; one that crashes at start is rolled back', async () => {
    const application = 'shop';
    const commit = await git.commit(application, nodeApplication('first version'));
    const source = { type: 'git' as const, repo_url: git.urlOf(application), ref: 'main' };
    const started = await script.deploy({ application, source, monitor_seconds: 2 });
    expect(started).toMatchObject({ application, environment: 'development' });

    const first = await script.ended(started.id);
    expect(first).toMatchObject({ state: 'stable', commit, builder: docker ? 'docker' : 'host', failed_state: null });
    expect(first.image_digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(first.stages.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(
      ['validating', 'preparing', 'building', 'deploying', 'testing', 'monitoring'].map((name) => `${name} succeeded`),
    );
    expect(await (await fetch(first.url ?? '')).text()).toBe('first version\n');

    const callers = new Callers(first.url ?? '', (text) => text === 'first version\n');
    onTestFinished(() => callers.stop());
    await git.commit(application, nodeApplication('second', "console.error('no DATABASE_HOST set'); process.exit(3);"));
    const second = await script.ended((await script.deploy({ application, source, monitor_seconds: 2 })).id);
    await callers.stop();

    expect(second).toMatchObject({ state: 'rolled_back', failed_state: 'deployment_failed' });
    expect(second.verdict).toMatchObject({ fault: 'release', evidence: { exit_code: 3 } });
    expect(second.verdict?.container).toBeTruthy();
    expect(second.verdict?.evidence.log_lines.join('\n')).toContain('no DATABASE_HOST set');
    expect(second.verdict?.suggestion).not.toBe('');
    expect(callers.requests).toBeGreaterThan(50);
    expect(callers.failures).toEqual([]);
    expect(await (await fetch(first.url ?? '')).text()).toBe('first version\n');
  });

  test.skipIf(!possible)('while a good version takes the place of another, every request is answered', async () => {
    const application = 'smooth';
    const source = { type: 'git' as const, repo_url: git.urlOf(application), ref: 'main' };
    const workload = { replicas: 2 };
    await git.commit(application, nodeApplication('one'));
    const one = await script.ended((await script.deploy({ application, source, workload, monitor_seconds: 1 })).id);
    expect(one.state).toBe('stable');
    const callers = new Callers(one.url ?? '', (text) => text === 'one\n' || text === 'two\n');
    onTestFinished(() => callers.stop());
    await git.commit(application, nodeApplication('two'));
    const two = await script.ended((await script.deploy({ application, source, workload, monitor_seconds: 2 })).id);
    await callers.stop();
    expect(two).toMatchObject({ state: 'stable', rollout: { failed: 0, longest_gap_ms: 0 } });
    expect(two.rollout.requests).toBeGreaterThan(10);
    expect(callers.requests).toBeGreaterThan(50);
    expect(callers.failures).toEqual([]);
    expect(await (await fetch(two.url ?? '')).text()).toBe('two\n');
  });

  test.skipIf(!possible)('pasted code of each language runs, and its address answers', async () => {
    const snippets = [
      [
        'node',
        "require('http').createServer((q, s) => s.end('from node')).listen(process.env.PORT || 8080)",
        'from node',
      ],
      ['static', '<!doctype html><title>t</title><p>from html', 'from html'],
    ] as const;
    for (const [language, code, text] of snippets) {
      const { id } = await script.deploy({
        application: `pasted-${language}`,
        source: { type: 'snippet', language, code },
        monitor_seconds: 1,
      });
      const ended = await script.ended(id);
      expect(ended).toMatchObject({ state: 'stable' });
      expect(await (await fetch(ended.url ?? '')).text()).toContain(text);
    }
  });

  test.skipIf(!possible)('the command line deploys, follows, and ends with the code of the end', async () => {
    await git.commit('by-command', nodeApplication('by command'));
    const deployer = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
      const env = { PATH: process.env['PATH'], DEPLOYER_URL: platform.url, DEPLOYER_TOKEN: script.token };
      try {
        const { stdout, stderr } = await run('node', [join(repositoryRoot, 'cli/bin/deployer.mjs'), ...args], { env });
        return { code: 0, out: stdout, err: stderr };
      } catch (error) {
        const failed = error as { code: number; stdout: string; stderr: string };
        return { code: failed.code, out: failed.stdout, err: failed.stderr };
      }
    };
    const source = ['--app', 'by-command', '--repo', git.urlOf('by-command'), '--monitor-seconds', '1'];
    const good = await deployer('deploy', ...source, '--follow', '--json');
    expect(good).toMatchObject({ code: 0 });
    expect(JSON.parse(good.out)).toMatchObject({ state: 'stable' });
    expect(good.err).toMatch(/building/);
    expect(good.err).toMatch(/\| /);

    await git.commit('by-command', nodeApplication('bad', 'process.exit(1);'));
    const bad = await deployer('deploy', ...source, '--wait');
    expect(bad).toMatchObject({ code: 3, out: expect.stringContaining('rolled_back') as string });
    expect(await deployer('releases', 'by-command')).toMatchObject({
      code: 0,
      out: expect.stringContaining('live') as string,
    });
    expect(await deployer('apps')).toMatchObject({ code: 0, out: expect.stringContaining('by-command') as string });
    expect((await deployer('logs', 'by-command')).out).not.toBe('');
  });

  test.skipIf(!possible)('a rollback that a person asks for is a deployment of the old release', async () => {
    const application = 'back';
    const source = { type: 'git' as const, repo_url: git.urlOf(application) };
    await git.commit(application, nodeApplication('one'));
    const one = await script.ended((await script.deploy({ application, source, monitor_seconds: 1 })).id);
    await git.commit(application, nodeApplication('two'));
    const two = await script.ended((await script.deploy({ application, source, monitor_seconds: 1 })).id);
    for (const deployment of [one, two]) expect(deployment).toMatchObject({ state: 'stable' });
    expect(await (await fetch(two.url ?? '')).text()).toBe('two\n');

    const asked = await script.send('POST', `/api/v1/deployments/${two.id}/rollback`, {});
    expect(asked.status).toBe(202);
    const back = await script.ended((asked.body as { id: string }).id);
    expect(back).toMatchObject({ state: 'stable', image_digest: one.image_digest });
    expect(await (await fetch(back.url ?? '')).text()).toBe('one\n');
  });

  test.skipIf(!possible)('a second deployment of the same application waits and names the one ahead', async () => {
    const application = 'queue';
    await git.commit(application, nodeApplication('queued'));
    const source = { type: 'git' as const, repo_url: git.urlOf(application) };
    const ahead = await script.deploy({ application, source, monitor_seconds: 3 });
    const behind = await script.deploy({ application, source, monitor_seconds: 1 });
    const waiting = await script.deployment(behind.id);
    expect(waiting.state).toBe('initialized');
    expect(waiting.state_reason).toContain(ahead.id);
    expect(await script.ended(ahead.id)).toMatchObject({ state: 'stable' });
    expect(await script.ended(behind.id)).toMatchObject({ state: 'stable' });
  });

  test.skipIf(!possible)('cancelling ends in cancelled and leaves the live release alone', async () => {
    const application = 'cancel';
    await git.commit(application, nodeApplication('stays'));
    const source = { type: 'git' as const, repo_url: git.urlOf(application) };
    const live = await script.ended((await script.deploy({ application, source, monitor_seconds: 1 })).id);
    expect(live).toMatchObject({ state: 'stable' });
    await git.commit(application, nodeApplication('goes'));
    const { id } = await script.deploy({ application, source, monitor_seconds: 60 });
    await script.reached(id, 'monitoring');
    expect((await script.send('POST', `/api/v1/deployments/${id}/cancel`, {})).status).toBe(202);
    expect(await script.ended(id, 30_000)).toMatchObject({ state: 'cancelled' });
    expect(await (await fetch(live.url ?? '')).text()).toBe('stays\n');
  });
});
