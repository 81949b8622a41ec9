/** Deployments over REST on fake engines, on both databases. In one file: all share one started deployer for each database. */
import { symlink } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';
import { commitOf, digestOf, hang } from '../testing/fake-engines.js';

const HAPPY = ['validating', 'preparing', 'building', 'deploying', 'testing', 'monitoring'];

describe.each(testDatabases())('deployments on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
  });
  afterAll(() => deployer.stop());
  beforeEach(() => {
    const { engines } = deployer;
    engines.cluster.behaviour = () => 'ready';
    engines.cluster.answer = () => ({ status: 200, body: 'ok' });
    engines.cluster.down = false;
    engines.builder.before = async () => undefined;
    engines.source.before = async () => undefined;
    engines.source.files = { Dockerfile: 'FROM node\nEXPOSE 3000\n' };
  });

  const post = (path: string, body: object = {}) => deployer.service.send('POST', path, body, { as: 'developer' });
  const statesOf = async (id: string): Promise<DeploymentState[]> =>
    (await deployer.events(`/api/v1/deployments/${id}/events`))
      .filter(({ event }) => event === 'state')
      .map(({ data }) => data.state as DeploymentState);
  const actionsOf = async (id: string): Promise<string[]> => {
    const rows = await deployer.service.test.database.db.selectFrom('outbox').select('record').orderBy('seq').execute();
    return rows
      .map(({ record }) => JSON.parse(record) as { target: string; action_type: string })
      .filter(({ target }) => target === id)
      .map(({ action_type }) => action_type);
  };

  test('a git source goes the whole way, one event and one action a move, and is proven stable', async () => {
    const created = await deployer.create(gitBody('shop', { workload: { replicas: 2 } }));
    expect(created).toMatchObject({ state: 'initialized', environment: 'development', namespace: 'development' });
    const last = await deployer.ended(created.id);
    expect(last).toMatchObject({ state: 'stable', failed_state: null, builder: 'host', commit: commitOf('main') });
    expect(last.image).toBe(`127.0.0.1:5999/shop:${commitOf('main')}`);
    expect(last.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect(last.stages.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(
      HAPPY.map((name) => `${name} succeeded`),
    );
    expect(await statesOf(created.id)).toEqual(['initialized', ...HAPPY, 'stable']);
    expect(await actionsOf(created.id)).toEqual([
      'deployment.create',
      ...[...HAPPY, 'stable'].map((state) => `deployment.${state}`),
    ]);
    const container = deployer.engines.cluster.applied.findLast(({ kind: what }) => what === 'Deployment');
    expect(JSON.stringify(container)).toContain('"containerPort":3000'); // the image's first EXPOSE
    const { body } = await deployer.service.send('GET', '/api/v1/applications/shop');
    expect(body.environments).toMatchObject([
      {
        environment: 'development',
        live_release_id: last.release_id,
        last_deployment: { state: 'stable', failure: null },
      },
    ]);
    const releases = await deployer.service.send('GET', '/api/v1/applications/shop/releases');
    expect(releases.body.items).toMatchObject([{ number: 1, status: 'stable', live: true, commit: commitOf('main') }]);
    expect((await deployer.service.send('GET', `/api/v1/deployments/${created.id}/pods`)).body.pods).toHaveLength(2);
    expect((await deployer.service.send('GET', '/metrics', undefined, { as: null })).body).toContain(
      'deployer_deployments_finished_total{environment="development",outcome="stable",cause="none"} 1',
    );
  });

  test('a deployment and its release say how they were to be proven, so that both can be asked for again', async () => {
    const proof = { tests: [{ path: '/health', expect_status: 200 }], monitor_seconds: 1, timeouts: { building: 300 } };
    const { id } = await deployer.create(gitBody('proven', proof));
    expect(await deployer.ended(id)).toMatchObject({ state: 'stable', ...proof });
    const { body } = await deployer.service.send('GET', '/api/v1/applications/proven/releases');
    expect(body.items).toMatchObject([{ namespace: 'development', ...proof }]);
  });

  test('a snippet and an image go the whole way too', async () => {
    const code = 'require("http").createServer((q, s) => s.end("hi")).listen(process.env.PORT)';
    const snippet = await deployer.create({
      application: 'pasted',
      source: { type: 'snippet', language: 'node', code },
      monitor_seconds: 0,
    });
    expect(await deployer.ended(snippet.id)).toMatchObject({ state: 'stable', commit: null });
    const image = await deployer.create({
      application: 'ready-made',
      source: { type: 'image', image: 'registry.test/team/app:1' },
      monitor_seconds: 0,
    });
    const last = await deployer.ended(image.id);
    expect(last).toMatchObject({ state: 'stable', image_digest: digestOf('registry.test/team/app:1'), builder: null });
    expect(last.stages.filter(({ outcome }) => outcome === 'skipped').map(({ name }) => name)).toEqual([
      'preparing',
      'building',
    ]);
  });

  test.each<[string, object, () => void, DeploymentState, RegExp]>([
    [
      'a ref that is not there',
      { source: { type: 'git', repo_url: 'https://git.test/a.git', ref: 'gone' } },
      () => undefined,
      'preparation_failed',
      /no ref gone/,
    ],
    [
      'a missing Dockerfile',
      {},
      () => (deployer.engines.source.files = { 'a.txt': '' }),
      'preparation_failed',
      /no Dockerfile/,
    ],
    [
      'code that is not well formed',
      { source: { type: 'snippet', language: 'node', code: 'const = 1' } },
      () => undefined,
      'validation_failed',
      /not valid node/,
    ],
    [
      'a build that fails',
      {},
      () => (deployer.engines.builder.before = () => Promise.reject(new Error('no space'))),
      'build_failed',
      /no space/,
    ],
  ])('%s ends rolled back with nothing changed', async (name, more, arrange, failed, words) => {
    arrange();
    const applied = deployer.engines.cluster.applied.length;
    const application = `early-${name.replace(/[^a-z]+/gi, '-').toLowerCase()}`.slice(0, 60);
    const { id } = await deployer.create(gitBody(application, more));
    const last = await deployer.ended(id);
    expect(last).toMatchObject({ state: 'rolled_back', failed_state: failed, release_id: null });
    expect(last.state_reason).toContain('nothing was changed');
    expect(last.verdict?.reason).toMatch(words);
    const { body } = await deployer.service.send('GET', `/api/v1/applications/${application}`);
    expect(body.environments).toMatchObject([{ last_deployment: { id, failure: last.verdict?.reason } }]);
    expect(deployer.engines.cluster.applied.length).toBe(applied);
    expect(await statesOf(id)).toEqual(expect.arrayContaining([failed, 'rolling_back', 'rolled_back']));
  });

  test('a crashing release goes back to the stored manifests of the one before, byte for byte', async () => {
    const good = await deployer.ended((await deployer.create(gitBody('crashing'))).id);
    expect(good.state).toBe('stable');
    const { cluster, builder } = deployer.engines;
    const stored = (await deployer.service.send('GET', `/api/v1/deployments/${good.id}/manifest`)).body.manifests;
    cluster.behaviour = (digest) => (digest === good.image_digest ? 'ready' : 'crash');
    const builds = builder.builds.length;
    const bad = await deployer.ended(
      (
        await deployer.create(
          gitBody('crashing', { source: { type: 'git', repo_url: 'https://git.test/a.git', ref: 'v2' } }),
        )
      ).id,
    );
    expect(bad).toMatchObject({ state: 'rolled_back', failed_state: 'deployment_failed' });
    expect(bad.verdict).toMatchObject({ fault: 'release', container: 'web', evidence: { exit_code: 1 } });
    expect(bad.verdict?.evidence.log_lines.join('\n')).toContain('the configuration is missing');
    expect(builder.builds.length).toBe(builds + 1); // going back needs no builder
    const back = cluster.applied.findLast(({ kind: what }) => what === 'Deployment');
    expect(back).toEqual(stored.find((manifest: { kind: string }) => manifest.kind === 'Deployment'));
    const releases = (await deployer.service.send('GET', '/api/v1/applications/crashing/releases')).body.items;
    expect(releases).toMatchObject([
      { number: 2, status: 'failed', live: false },
      { number: 1, status: 'stable', live: true },
    ]);
  });

  test('a first release that crashes leaves nothing behind', async () => {
    deployer.engines.cluster.behaviour = () => 'crash';
    const last = await deployer.ended((await deployer.create(gitBody('firstborn'))).id);
    expect(last).toMatchObject({ state: 'rolled_back', failed_state: 'deployment_failed' });
    const left = [...deployer.engines.cluster.objects.values()].filter(
      ({ metadata }) => metadata.labels?.['aws-deployer.io/application'] === 'firstborn',
    );
    expect(left).toEqual([]);
  });

  test('a smoke test that fails because the pods died names what they died of', async () => {
    const { cluster } = deployer.engines;
    cluster.answer = (path) => {
      if (path !== '/tested') return { status: 200, body: 'ok' }; // what the prober asks
      cluster.behaviour = () => 'crash';
      cluster.changePods('development', 'dying');
      return { status: 503, body: 'no endpoint' };
    };
    const last = await deployer.ended((await deployer.create(gitBody('dying', { tests: [{ path: '/tested' }] }))).id);
    expect(last).toMatchObject({
      state: 'rolled_back',
      failed_state: 'testing_failed',
      verdict: { code: 'crash_loop', fault: 'release' },
    });
    const lines = await deployer.events(`/api/v1/deployments/${last.id}/logs`);
    expect(lines.map(({ data }) => data.text).join()).toContain('GET /tested answered 503'); // the effect is in the log
  });

  test('a failing smoke test takes the release back', async () => {
    deployer.engines.cluster.answer = (path) => ({ status: path === '/health' ? 500 : 200, body: 'broken inside' });
    const { id } = await deployer.create(gitBody('untested', { tests: [{ path: '/health', expect_status: 200 }] }));
    expect(await deployer.ended(id)).toMatchObject({
      state: 'rolled_back',
      failed_state: 'testing_failed',
      verdict: { code: 'smoke_test_failed' },
    });
  });

  test('requests that fail in the monitoring window make it unstable', async () => {
    const { id } = await deployer.create(gitBody('shaky', { monitor_seconds: 30 }));
    await deployer.until(id, ({ state, rollout }) => state === 'monitoring' && rollout.requests > 0);
    deployer.engines.cluster.answer = () => ({ status: 503, body: '' });
    const last = await deployer.ended(id);
    expect(last).toMatchObject({
      state: 'rolled_back',
      failed_state: 'unstable',
      verdict: { code: 'requests_failing' },
    });
    expect(last.rollout.failed).toBeGreaterThan(0);
  });

  test('requests that fail because the pods died name what they died of', async () => {
    const { cluster } = deployer.engines;
    const { id } = await deployer.create(gitBody('hungry', { monitor_seconds: 30 }));
    await deployer.until(id, ({ state, rollout }) => state === 'monitoring' && rollout.requests > 0);
    cluster.answer = () => ({ status: 503, body: '' });
    cluster.killForMemory('hungry');
    const last = await deployer.ended(id);
    expect(last).toMatchObject({
      state: 'rolled_back',
      failed_state: 'unstable',
      verdict: { code: 'oom_killed', evidence: { exit_code: 137 } },
    });
    const lines = await deployer.events(`/api/v1/deployments/${id}/logs`);
    expect(lines.map(({ data }) => data.text).join()).toContain('requests failed while the release was watched');
  });

  test('somebody else’s object of the same name is not taken over', async () => {
    const metadata = { name: 'theirs', namespace: 'development', labels: {} };
    await deployer.engines.cluster.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec: {} }, {});
    const last = await deployer.ended((await deployer.create(gitBody('theirs'))).id);
    expect(last).toMatchObject({ failed_state: 'preparation_failed', verdict: { code: 'name_collision' } });
  });

  test('the log says once why a build failed', async () => {
    deployer.engines.builder.before = () =>
      Promise.reject(new AppError('invalid', 'build_failed', 'line 2: no\nbefore'));
    const { id } = await deployer.create(gitBody('said-once'));
    await deployer.ended(id);
    const lines = (await deployer.events(`/api/v1/deployments/${id}/logs`)).map(({ data }) => JSON.stringify(data));
    expect(lines.filter((line) => line.includes('line 2: no'))).toHaveLength(1);
  });

  test('a context that leads out of the repository is refused before anything begins', async () => {
    const source = { type: 'git', repo_url: 'https://git.test/a.git', context: '../..' };
    expect(await post('/api/v1/deployments', { application: 'outward', source })).toMatchObject({
      status: 400,
      body: { code: 'context_escapes', errors: [{ field: 'source.context' }] },
    });
  });

  test('a symbolic link out of the repository is refused', async () => {
    deployer.engines.source.before = async () => undefined;
    const { source } = deployer.engines;
    const checkout = source.checkout.bind(source);
    source.checkout = async (request, signal) => {
      const answer = await checkout(request, signal);
      await symlink('/etc', `${request.into}/inner`);
      return answer;
    };
    const last = await deployer.ended((await deployer.create(gitBody('linked'))).id);
    source.checkout = checkout;
    expect(last).toMatchObject({ failed_state: 'preparation_failed', verdict: { code: 'context_escapes' } });
    expect(last.verdict?.reason).toContain('inner');
  });

  test('cancelled while it builds: the builder is told, nothing was changed', async () => {
    let aborted = false;
    deployer.engines.builder.before = (_request, signal) =>
      hang(signal).finally(() => {
        aborted = true;
      });
    const { id } = await deployer.create(gitBody('stopped'));
    await deployer.until(id, ({ state, builder }) => state === 'building' && builder !== null);
    expect((await post(`/api/v1/deployments/${id}/cancel`)).status).toBe(202);
    expect(await deployer.ended(id)).toMatchObject({ state: 'cancelled', failed_state: null, cancel_requested: true });
    expect(aborted).toBe(true);
    expect((await post(`/api/v1/deployments/${id}/cancel`)).status).toBe(202); // twice is once
    expect((await actionsOf(id)).filter((type) => type === 'deployment.cancelled')).toHaveLength(1);
  });

  test.each(['preparing', 'deploying', 'monitoring'] as const)(
    'cancelled while %s: what was there comes back',
    async (stage) => {
      const application = `cancel-${stage}`;
      const first = await deployer.ended((await deployer.create(gitBody(application))).id);
      const { source, cluster } = deployer.engines;
      if (stage === 'preparing') source.before = hang;
      if (stage === 'deploying') cluster.behaviour = (digest) => (digest === first.image_digest ? 'ready' : 'never');
      const { id } = await deployer.create(
        gitBody(application, {
          monitor_seconds: 60,
          source: { type: 'git', repo_url: 'https://git.test/a.git', ref: 'v2' },
        }),
      );
      await deployer.until(id, ({ state }) => state === stage);
      await post(`/api/v1/deployments/${id}/cancel`);
      const last = await deployer.ended(id);
      expect(last).toMatchObject({ state: 'cancelled', failed_state: null });
      const states = await statesOf(id);
      expect(states.includes('rolling_back')).toBe(stage !== 'preparing');
      const runs = cluster.applied.findLast(
        ({ kind: what, metadata }) => what === 'Deployment' && metadata.name === application,
      );
      expect(JSON.stringify(runs)).toContain(first.image_digest);
      expect((await post(`/api/v1/deployments/${first.id}/cancel`)).body.code).toBe('deployment_ended');
    },
  );

  test('a second deployment waits its turn and says for whom; a waiting one is cancelled at once', async () => {
    const go = Promise.withResolvers<void>();
    deployer.engines.builder.before = () => go.promise;
    const first = await deployer.create(gitBody('queued'));
    const second = await deployer.create(gitBody('queued'));
    const third = await deployer.create(gitBody('queued'));
    expect(second.state_reason).toContain(first.id);
    expect(third.state_reason).toContain(second.id);
    const cancelled = async () =>
      Number(
        /deployments_finished_total\{environment="development",outcome="cancelled",cause="none"\} (\d+)/.exec(
          String((await deployer.service.send('GET', '/metrics')).body),
        )?.[1],
      );
    const before = await cancelled();
    expect((await post(`/api/v1/deployments/${second.id}/cancel`)).body).toMatchObject({ state: 'cancelled' });
    expect(await cancelled()).toBe(before + 1);
    await deployer.until(first.id, ({ state }) => state === 'building');
    expect(await deployer.view(third.id)).toMatchObject({ state: 'initialized' });
    expect((await deployer.view(third.id)).state_reason).toContain(first.id);
    go.resolve();
    const [one, three] = await Promise.all([deployer.ended(first.id), deployer.ended(third.id)]);
    expect([one.state, three.state]).toEqual(['stable', 'stable']);
    expect((one.ended_at ?? '') <= (three.stages[0]?.started_at ?? '')).toBe(true);
  });

  test('a rollback that a person asks for restores a release without git and builder', async () => {
    const { cluster, builder, source } = deployer.engines;
    const first = await deployer.ended((await deployer.create(gitBody('wayback'))).id);
    const second = await deployer.ended(
      (
        await deployer.create(
          gitBody('wayback', { source: { type: 'git', repo_url: 'https://git.test/a.git', ref: 'v2' } }),
        )
      ).id,
    );
    expect(second.state).toBe('stable');
    const builds = builder.builds.length;
    source.before = () => Promise.reject(new Error('git is down'));
    const before = cluster.applied.find(
      ({ kind: what, metadata }) => what === 'Deployment' && metadata.name === 'wayback',
    );
    const asked = await post(`/api/v1/deployments/${second.id}/rollback`);
    expect(asked).toMatchObject({ status: 202, body: { rollback_of: first.release_id, release_id: first.release_id } });
    const last = await deployer.ended(asked.body.id);
    expect(last).toMatchObject({ state: 'stable', image_digest: first.image_digest, commit: first.commit });
    expect(builder.builds.length).toBe(builds);
    const after = cluster.applied.findLast(
      ({ kind: what, metadata }) => what === 'Deployment' && metadata.name === 'wayback',
    );
    expect(JSON.stringify(after)).toBe(JSON.stringify(before));
    const releases = (await deployer.service.send('GET', '/api/v1/applications/wayback/releases')).body.items;
    expect(releases.map(({ number, live }: { number: number; live: boolean }) => [number, live])).toEqual([
      [2, false],
      [1, true],
    ]);
    expect((await post(`/api/v1/deployments/${first.id}/rollback`)).body.code).toBe('nothing_to_roll_back_to');
  });

  test('a ReplicaSet does not roll: the Service moves to a new one', async () => {
    const body = gitBody('sets', { workload: { kind: 'ReplicaSet' } });
    const first = await deployer.ended((await deployer.create(body)).id);
    expect(first.state).toBe('stable');
    const second = await deployer.ended((await deployer.create(body)).id);
    expect(second.state).toBe('stable');
    const { objects } = deployer.engines.cluster;
    expect(JSON.stringify(objects.get('Service/development/sets')?.spec)).toContain(second.release_id);
    const sets = [...objects.values()].filter(
      ({ kind: what, metadata }) => what === 'ReplicaSet' && metadata.name.startsWith('sets-'),
    );
    expect(sets.map(({ spec }) => spec?.replicas).sort()).toEqual([0, 1]); // the one before stays at zero
  });

  test('somebody who changes the workload meanwhile keeps what they made', async () => {
    const { cluster } = deployer.engines;
    cluster.behaviour = () => 'never';
    const { id } = await deployer.create(gitBody('taken'));
    await deployer.until(id, ({ state, release_id }) => state === 'deploying' && release_id !== null);
    await expect.poll(() => cluster.objects.has('Deployment/development/taken')).toBe(true);
    const ours = cluster.objects.get('Deployment/development/taken');
    if (!ours) throw new Error('the Deployment is gone');
    const template = { ...ours.spec?.template, metadata: { labels: { changed: 'by hand' } } };
    await cluster.apply({ ...ours, spec: { ...ours.spec, template } }, {});
    const last = await deployer.ended(id);
    expect(last).toMatchObject({ state: 'superseded', failed_state: null, verdict: { code: 'newer_release' } });
    expect(JSON.stringify(cluster.objects.get('Deployment/development/taken'))).toContain('by hand');
  });

  test('streams begin where the client was, and end', async () => {
    const { id } = await deployer.create(gitBody('streamed'));
    const path = `/api/v1/deployments/${id}/events`;
    const all = await deployer.events(path);
    expect(all.at(-1)).toMatchObject({ event: 'end', data: { state: 'stable' } });
    expect(all.filter(({ event }) => event === 'state').map(({ data }) => data.state)).toContain('deploying');
    const numbered = all.filter(({ id: number }) => number !== undefined);
    const third = numbered[2];
    const rest = await deployer.events(path, third?.id);
    expect(rest.map(({ id: number }) => number)).toEqual(numbered.slice(3).map(({ id: number }) => number));
    expect(await deployer.events(path, numbered.at(-1)?.id)).toMatchObject([{ event: 'end' }]);

    const lines = await deployer.events(`/api/v1/deployments/${id}/logs`);
    expect(lines.map(({ data }) => data.text)).toContain(`building ${commitOf('main')}`);
    expect(lines.at(-1)).toMatchObject({ event: 'end' });
    expect(lines.find(({ data }) => data.text?.startsWith('building 7') === false)?.data.ts).toMatch(/Z$/);

    const both = await deployer.events(`/api/v1/deployments/stream?topics=deployment:${id},log:${id}`);
    expect(
      both
        .filter(({ event }) => event === 'end')
        .map(({ data }) => data.topic)
        .sort(),
    ).toEqual([`deployment:${id}`, `log:${id}`]);
    const half = Math.floor(both.length / 2);
    const again = await deployer.events(`/api/v1/deployments/stream?topics=deployment:${id},log:${id}`, both[half]?.id);
    const keys = (some: typeof both) =>
      some.filter(({ event }) => event !== 'end').map(({ data }) => JSON.stringify(data));
    expect(keys(again).sort()).toEqual(keys(both.slice(half + 1)).sort()); // nothing twice, nothing lost
  });

  test('a line is with a reader within 250 ms', async () => {
    const go = Promise.withResolvers<void>();
    let said = 0;
    deployer.engines.builder.before = async (request) => {
      await go.promise;
      said = Date.now();
      request.onLine('stdout', 'the line');
      await new Promise((resolve) => setTimeout(resolve, 400));
    };
    const { id } = await deployer.create(gitBody('quick'));
    await deployer.until(id, ({ state }) => state === 'building');
    const reading = deployer.events(
      `/api/v1/deployments/${id}/logs`,
      undefined,
      ({ data }) => data.text === 'the line',
    );
    setTimeout(() => go.resolve(), 300);
    await reading;
    expect(Date.now() - said).toBeLessThan(350);
    await deployer.ended(id);
  });

  test('the same Idempotency-Key makes one deployment', async () => {
    const headers = { 'idempotency-key': `once-${kind.kind}` };
    const send = () => deployer.service.send('POST', '/api/v1/deployments', gitBody('once'), { headers });
    const [first, again] = [await send(), await send()];
    expect(again.body.id).toBe(first.body.id);
    const { items } = (await deployer.service.send('GET', '/api/v1/deployments?application=once')).body;
    expect(items).toHaveLength(1);
    await deployer.ended(first.body.id);
  });

  test.each([
    [{ source: { type: 'compose', repo_url: 'https://a/b' } }, 'source.type'],
    [{ source: { type: 'git', repo_url: '--upload-pack=x' } }, 'source.repo_url'],
    [{ application: 'Not A Name' }, 'application'],
    [{ workload: { node_port: 30_080 } }, 'workload.node_port'],
    [{ workload: { secrets: ['nobody'] } }, 'workload.secrets.0'],
    [{ registry: 'nowhere' }, 'registry'],
    [{ nonsense: true }, 'nonsense'],
  ])('%j is refused by naming the field', async (more, field) => {
    const answer = await post('/api/v1/deployments', gitBody('refused', more));
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
    expect(answer.body.errors[0].mend.length).toBeGreaterThan(5);
  });

  test('what is not there is 404, and a viewer changes nothing', async () => {
    const nobody = '018f0000-0000-7000-8000-000000000000';
    for (const path of ['', '/events', '/logs', '/pods', '/manifest'])
      expect((await deployer.service.send('GET', `/api/v1/deployments/${nobody}${path}`)).status, path).toBe(404);
    expect((await post(`/api/v1/deployments/${nobody}/cancel`)).status).toBe(404);
    expect((await deployer.service.send('GET', '/api/v1/applications/none')).status).toBe(404);
    const denied = await deployer.service.send('POST', '/api/v1/deployments', gitBody('no'), { as: 'viewer' });
    expect(denied.status).toBe(403);
  });

  test('a secret is in the cluster and nowhere else', async () => {
    const canary = 'canary-5up3r-s3cret-value';
    const made = await deployer.service.send('POST', '/api/v1/secrets', {
      name: 'db',
      values: { DB_PASSWORD: canary },
    });
    expect(made.status).toBe(201);
    deployer.engines.builder.before = async (request) =>
      request.onLine(
        'stdout',
        `leak ${canary} ${Buffer.from(canary).toString('base64')} ${encodeURIComponent(canary)}`,
      );
    const { id } = await deployer.create(gitBody('sealed', { workload: { secrets: ['db'] } }));
    const last = await deployer.ended(id);
    expect(last.state).toBe('stable');
    const secret = deployer.engines.cluster.applied.findLast(({ kind: what }) => what === 'Secret');
    expect((secret?.['data'] as Record<string, string>)['DB_PASSWORD']).toBe(Buffer.from(canary).toString('base64'));
    const { db } = deployer.service.test.database;
    const tables = [
      'outbox',
      'deployments',
      'deployment_events',
      'releases',
      'secret_versions',
      'secrets',
      'idempotency_keys',
    ] as const;
    for (const table of tables) {
      const text = JSON.stringify(await db.selectFrom(table).selectAll().execute());
      expect(text.includes(canary), table).toBe(false);
      expect(text.includes(Buffer.from(canary).toString('base64')), table).toBe(false);
    }
    const reads = (await db.selectFrom('outbox').select('record').execute()).filter(({ record }) =>
      record.includes('"secret.read"'),
    );
    expect(reads.length).toBeGreaterThan(0);
    const refused = await deployer.service.send('DELETE', `/api/v1/secrets/${made.body.id}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'secret_in_use' } });
  });
});
