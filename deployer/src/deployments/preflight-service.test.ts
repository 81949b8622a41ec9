import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DiffView, PreflightView } from '@aws-deployer/platform/contracts/preflight';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';

describe.each(testDatabases())('preflight and diff on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
  });
  afterAll(() => deployer.stop());
  beforeEach(() => {
    deployer.engines.cluster.behaviour = () => 'ready';
    deployer.engines.cluster.down = false;
  });
  const ask = async (body: object): Promise<PreflightView> => {
    const answer = await deployer.service.send('POST', '/api/v1/deployments/preflight', body, { as: 'developer' });
    expect(answer.status).toBe(200);
    return answer.body as PreflightView;
  };
  const get = (path: string) => deployer.service.send('GET', `/api/v1/deployments/${path}`);
  const diffOf = async (id: string, query = ''): Promise<DiffView> =>
    (await get(`${id}/diff${query}`)).body as DiffView;
  const told = ({ checks }: PreflightView) =>
    checks.filter(({ state }) => state !== 'ok' && state !== 'unknown').map(({ state, code }) => `${state} ${code}`);
  const foreign = (name: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'development', labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'app', image: 'helm:1' }] } } },
  });

  test('a question changes and starts nothing, and is answered in time', async () => {
    const before = deployer.engines.cluster.applied.length;
    const view = await ask(gitBody('asked'));
    expect(view).toMatchObject({ ok: true, diff: { basis: 'before_build' } });
    expect(view.duration_ms).toBeLessThan(2_000);
    expect(view.diff?.objects.map(({ kind, change }) => `${kind} ${change}`)).toEqual([
      'Namespace created',
      'Service created',
      'Deployment created',
    ]);
    expect(view.checks.find(({ name }) => name === 'image')?.message).toContain('built first');
    expect(deployer.engines.cluster.applied).toHaveLength(before);
    expect((await deployer.service.send('GET', '/api/v1/applications/asked')).status).toBe(404);
  });

  test('a request that could not be begun says so with its field; a viewer may not ask', async () => {
    const view = await ask(gitBody('asked', { workload: { secrets: ['nowhere'] } }));
    expect(view).toMatchObject({
      ok: false,
      diff: null,
      checks: [{ code: 'secret_unknown', object: 'workload.secrets.0' }],
    });
    expect(view.checks[0]?.mend).toContain('create it');
    const code = 'def f(:';
    const snippet = await ask({ application: 'asked', source: { type: 'snippet', language: 'python', code } });
    expect(told(snippet)).toEqual(['fail snippet_invalid']);
    const viewer = await deployer.service.send('POST', '/api/v1/deployments/preflight', gitBody('asked'), {
      as: 'viewer',
    });
    expect(viewer.status).toBe(403);
  });

  test('a cluster that does not answer is not known, and no refusal', async () => {
    deployer.engines.cluster.down = true;
    const view = await ask(gitBody('asked'));
    expect(view).toMatchObject({ ok: true, diff: null });
    expect(view.checks).toContainEqual(expect.objectContaining({ name: 'cluster', state: 'unknown' }));
  });

  test('what would fail ends the deployment before anything is built; its report stays', async () => {
    await deployer.engines.cluster.apply(foreign('blocked'), {});
    const body = gitBody('blocked');
    expect(told(await ask(body))).toContain('fail name_collision');
    const builds = deployer.engines.builder.builds.length;
    const last = await deployer.ended((await deployer.create(body)).id);
    expect(last).toMatchObject({
      state: 'rolled_back',
      failed_state: 'preparation_failed',
      verdict: { code: 'name_collision', fault: 'release', object: 'Deployment blocked' },
    });
    expect(last.verdict?.suggestion).toContain('adopt: true');
    expect(deployer.engines.builder.builds).toHaveLength(builds);
    const report = (await get(`${last.id}/preflight`)).body as PreflightView;
    expect(told(report)).toContain('fail name_collision');
  });

  test('the first deployment tells that it makes everything, the second what it changes; variables named like secrets are masked', async () => {
    const first = await deployer.ended(
      (await deployer.create(gitBody('shown', { workload: { env: { API_TOKEN: 'tell-nobody-1', LEVEL: 'info' } } })))
        .id,
    );
    expect((await diffOf(first.id)).basis).toBe('rollout');
    expect((await diffOf(first.id)).objects.map(({ kind, change }) => `${kind} ${change}`)).toContain(
      'Deployment created',
    );
    const body = gitBody('shown', {
      workload: { replicas: 2, env: { API_TOKEN: 'tell-nobody-2', LEVEL: 'debug' } },
    });
    const asked = await ask(body);
    const second = await deployer.ended((await deployer.create(body)).id);
    const diff = await diffOf(second.id);
    const deployment = diff.objects.find((one) => one.kind === 'Deployment');
    expect(diff.objects.find((one) => one.kind === 'Service')).toMatchObject({ change: 'unchanged', fields: [] });
    expect(deployment?.fields).toEqual([
      { path: 'spec.replicas', change: 'changed', before: 1, after: 2 },
      {
        path: 'spec.template.spec.containers[web].env[API_TOKEN].value',
        change: 'changed',
        before: '[masked]',
        after: '[masked]',
      },
      {
        path: 'spec.template.spec.containers[web].env[LEVEL].value',
        change: 'changed',
        before: 'info',
        after: 'debug',
      },
    ]);
    expect(
      asked.diff?.objects
        .find((one) => one.kind === 'Deployment')
        ?.fields.map(({ path }) => path)
        .sort(),
    ).toEqual([
      'spec.replicas',
      'spec.template.spec.containers[web].env[API_TOKEN].value',
      'spec.template.spec.containers[web].env[LEVEL].value',
      'spec.template.spec.containers[web].image',
    ]);
    expect((await diffOf(second.id, '?against=live')).objects.map(({ change }) => change)).toEqual([
      'unchanged',
      'unchanged',
    ]);
    expect(JSON.stringify([asked, diff])).not.toContain('tell-nobody');
  });

  test('warnings are on the deployment', async () => {
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'strict', namespace: 'development' },
      spec: { maxUnavailable: 0, selector: { matchLabels: { 'aws-deployer.io/application': 'warned' } } },
    };
    await deployer.engines.cluster.apply(budget, {});
    const last = await deployer.ended((await deployer.create(gitBody('warned'))).id);
    expect(last).toMatchObject({ state: 'stable', warnings: [{ code: 'disruption_budget_blocks', state: 'warn' }] });
  });

  test('with consent somebody else’s object is taken over, and given back when the release is bad', async () => {
    const { cluster } = deployer.engines;
    await cluster.apply(foreign('taken'), {});
    const body = gitBody('taken', { adopt: true });
    expect(told(await ask(body))).toEqual(['warn name_collision']);
    cluster.behaviour = (digest) => (digest === '' ? 'ready' : 'crash');
    const bad = await deployer.ended((await deployer.create(body)).id);
    expect(bad).toMatchObject({ state: 'rolled_back', state_reason: expect.stringContaining('given back') as string });
    const back = cluster.objects.get('Deployment/development/taken');
    expect(back?.metadata.labels).toEqual({ 'app.kubernetes.io/managed-by': 'Helm' });
    expect(back?.spec?.template?.spec?.containers).toMatchObject([{ name: 'app', image: 'helm:1' }]);
    cluster.behaviour = () => 'ready';
    const good = await deployer.ended((await deployer.create(body)).id);
    expect(good).toMatchObject({ state: 'stable', warnings: [{ code: 'name_collision' }] });
    expect(cluster.objects.get('Deployment/development/taken')?.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'aws-deployer',
    });
  });

  test('an image that failed here before is warned of', async () => {
    const body = {
      application: 'again',
      source: { type: 'image', image: 'registry.test/again:1' },
      monitor_seconds: 0,
    };
    deployer.engines.cluster.behaviour = () => 'crash';
    expect((await deployer.ended((await deployer.create(body)).id)).verdict).toMatchObject({ code: 'crash_loop' });
    const view = await ask(body);
    expect(told(view)).toEqual(['warn failed_before']);
    expect(view.checks.find(({ code }) => code === 'failed_before')?.evidence).toEqual(['crash_loop']);
  });

  test('a webhook that comes back in time stops nothing', async () => {
    const { cluster } = deployer.engines;
    const real = cluster.apply.bind(cluster);
    let refusals = 2;
    cluster.apply = async (manifest, options) => {
      const message = 'Internal error occurred: failed calling webhook "w.example": timeout';
      if (manifest.kind === 'Service' && manifest.metadata.name === 'patient' && refusals-- > 0)
        throw new AppError('unavailable', 'admission_webhook_unreachable', message, {
          cause: { status: 500, reason: '', message, causes: [] },
        });
      return real(manifest, options);
    };
    const last = await deployer.ended((await deployer.create(gitBody('patient'))).id);
    cluster.apply = real;
    expect(last.state).toBe('stable');
  });
});
