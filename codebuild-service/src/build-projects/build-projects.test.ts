/** Build projects of the local account over HTTP: their life, their rules, their badge, the mission's own body. */
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { templateText } from '../buildspec/buildspec-templates.js';
import type { CodebuildSchema } from '../schema.js';
import { codebuild } from '../service.js';

const PATH = '/api/v1/build-projects';
const SPEC = 'version: 0.2\nphases:\n  build:\n    commands: [make]\n';
const INLINE = { type: 'inline', text: SPEC };
const GITHUB = { type: 'github', location: 'https://github.com/acme/shop.git' };

describe.each(testDatabases())('build projects on $kind', (kind) => {
  let service: TestService<CodebuildSchema>;
  beforeAll(async () => {
    service = await startTestService(codebuild, kind, { env: { PUBLIC_URL: 'https://deploy.example.com/' } });
  });
  afterAll(() => service.stop());
  const db = () => service.test.database.db;
  const make = (name: string, more: object = {}) =>
    service.send('POST', PATH, { name, source: GITHUB, buildspec: INLINE, ...more });
  /** A build that nobody runs: it is queued for an account whose queue nobody works on. */
  const queueBuild = async (name: string) => {
    const place = (account: string) =>
      db().updateTable('build_projects').set({ account }).where('name', '=', name).execute();
    await place('elsewhere');
    const { body } = await service.send('POST', `${PATH}/${name}/builds`, {});
    await place('local');
    return body as { id: string; created_at: string };
  };
  const actions = async (target: string) =>
    (await db().selectFrom('outbox').select('record').orderBy('seq').execute())
      .map(({ record }) => JSON.parse(record) as Record<string, unknown>)
      .filter((record) => record['target'] === target);

  test('a project is made with the usual settings, read, listed and found', async () => {
    const made = await make('usual', { description: 'The Shop', team: 'shop' });
    expect(made).toMatchObject({
      status: 201,
      headers: { location: `${PATH}/usual` },
      body: {
        name: 'usual',
        account: 'local',
        region: 'local',
        engine: 'local',
        arn: 'arn:aws-deployer:codebuild:local:000000000000:project/usual',
        environment: {
          image: 'aws/codebuild/standard:7.0',
          type: 'LINUX_CONTAINER',
          compute: 'BUILD_GENERAL1_SMALL',
          privileged: false,
        },
        artifacts: { type: 'none' },
        webhook_url: null,
        webhook_secret: null,
        badge_url: null,
        aws_badge_url: null,
        aws_console_url: null,
        imported: false,
        last_build: null,
        created_by: 'admin',
      },
    });
    expect((await service.send('GET', `${PATH}/usual`, undefined, { as: 'developer' })).body.id).toBe(made.body.id);
    expect((await service.send('GET', `${PATH}/usual`, undefined, { as: 'viewer' })).status).toBe(403);
    await make('other');
    const names = async (query: string) =>
      (await service.send('GET', `${PATH}?${query}`)).body.items.map(({ name }: { name: string }) => name);
    expect(await names('q=SHOP')).toEqual(['usual']);
    expect(await names('q=%25')).toEqual([]);
    expect(await names('team=shop')).toEqual(['usual']);
    expect(await names('account=elsewhere')).toEqual([]);
    const first = await service.send('GET', `${PATH}?limit=1`);
    expect(first.body.items).toHaveLength(1);
    expect(await names(`limit=1&cursor=${first.body.next_cursor}`)).toEqual(['usual']);
    expect((await service.send('GET', `${PATH}/not-there`)).body.code).toBe('project_not_found');
    expect((await make('usual')).body).toMatchObject({ code: 'project_exists', errors: [{ field: 'name' }] });
    expect((await make('by-developer', {})).status).toBe(201);
    const refused = await service.send('POST', PATH, { name: 'x1', source: GITHUB }, { as: 'developer' });
    expect(refused.status).toBe(403);
  });

  test('a change keeps what it leaves out, and the books say what changed, without secrets', async () => {
    await make('changing', { environment: { variables: [{ name: 'DB_PASSWORD', value: 'hunter2-in-plain' }] } });
    const changed = await service.send('PATCH', `${PATH}/changing`, {
      timeout_minutes: 15,
      environment: {
        variables: [
          { name: 'DB_PASSWORD', value: 'other-in-plain' },
          { name: 'LEVEL', value: 'debug' },
        ],
      },
    });
    expect(changed).toMatchObject({ status: 200, body: { timeout_minutes: 15, description: '', buildspec: INLINE } });
    expect(changed.body.updated_at > changed.body.created_at).toBe(true);
    const record = (await actions('changing')).at(-1);
    expect(record).toMatchObject({
      action_type: 'build_project.update',
      before: { timeout_minutes: 60, environment: { variables: { DB_PASSWORD: '[masked]' } } },
      after: { timeout_minutes: 15, environment: { variables: { DB_PASSWORD: '[masked]', LEVEL: 'debug' } } },
    });
    expect(Object.keys(record?.['after'] as object).sort()).toEqual(['environment', 'timeout_minutes']);
    const variables = [{ name: 'DB_PASSWORD', value: 'refused-in-plain' }];
    await service.send('PATCH', `${PATH}/changing`, { environment: { compute: 'BUILD_LAMBDA_1GB', variables } });
    expect(JSON.stringify(await actions('changing'))).not.toContain('in-plain');
    const same = await service.send('PATCH', `${PATH}/changing`, { timeout_minutes: 15 });
    expect(same.body.updated_at).toBe(changed.body.updated_at);
    expect((await service.send('PATCH', `${PATH}/changing`, { account: 'x' })).status).toBe(400);
  });

  test('a template becomes the text that can be changed from then on', async () => {
    const made = await make('templated', { buildspec: { type: 'template', template: 'python' } });
    expect(made.body.buildspec).toEqual({ type: 'inline', text: templateText('python') });
    const listed = await service.send('GET', `${PATH}/templates`);
    expect(listed.body.items.map(({ template }: { template: string }) => template)).toEqual([
      'node',
      'python',
      'java',
      'docker',
    ]);
  });

  test('a buildspec is checked before it is kept, and by itself', async () => {
    const text = 'version: 0.2\nphases:\n  build:\n    comands: [make]\n';
    const refused = await make('misspelt', { buildspec: { type: 'inline', text } });
    expect(refused).toMatchObject({ status: 400, body: { code: 'build_project_invalid' } });
    expect(refused.body.errors).toEqual([
      {
        field: 'buildspec.text',
        message: 'line 4, column 5: phases.build.comands is not known here',
        mend: 'did you mean commands?',
      },
    ]);
    const check = await service.send('POST', `${PATH}/check-buildspec`, { text }, { as: 'developer' });
    expect(check.body).toMatchObject({ valid: false, problems: [{ line: 4, column: 5 }], warnings: [{}, {}] });
    expect((await service.send('POST', `${PATH}/check-buildspec`, { text: SPEC })).body).toEqual({
      valid: true,
      problems: [],
      warnings: [],
    });
  });

  test('a clone is the same under another name, with a webhook secret and a badge of its own', async () => {
    const webhook = { filter_groups: [[{ type: 'HEAD_REF', pattern: '^refs/heads/main$' }]] };
    const original = await make('original', { webhook, badge: true, tags: { a: 'b' } });
    expect(original.body).toMatchObject({
      webhook_url: 'https://deploy.example.com/api/v1/build-projects/original/webhook',
      webhook_secret: expect.stringMatching(/^[\w-]{32}$/),
    });
    const copy = await service.send('POST', `${PATH}/original/clone`, { name: 'copy' });
    expect(copy).toMatchObject({ status: 201, body: { tags: { a: 'b' }, source: GITHUB, account: 'local' } });
    expect(copy.body.webhook_secret).not.toBe(original.body.webhook_secret);
    expect(copy.body.badge_url).not.toBe(original.body.badge_url);
    expect((await actions('copy'))[0]).toMatchObject({
      action_type: 'build_project.clone',
      after: { clone_of: 'original' },
    });
    expect((await service.send('POST', `${PATH}/original/clone`, { name: 'copy' })).body.code).toBe('project_exists');
    const elsewhere = await service.send('POST', `${PATH}/original/clone`, { name: 'far', account: 'nowhere' });
    expect(elsewhere.body.errors).toMatchObject([{ field: 'account' }]);
  });

  test('the secret of a webhook is shown once, sealed, and gone with the webhook', async () => {
    await make('hooked');
    const on = await service.send('PATCH', `${PATH}/hooked`, { webhook: {} });
    const secret = on.body.webhook_secret as string;
    expect(secret).toMatch(/^[\w-]{32}$/);
    const keyed = { name: 'keyed', source: GITHUB, webhook: {} };
    const { body: first } = await service.send('POST', PATH, keyed, { headers: { 'idempotency-key': 'once-1' } });
    const kept = JSON.stringify(await db().selectFrom('idempotency_keys').selectAll().execute());
    expect(kept).not.toContain(first.webhook_secret);
    const other = await service.send('PATCH', `${PATH}/hooked`, {
      webhook: { filter_groups: [[{ type: 'EVENT', pattern: 'PUSH' }]] },
    });
    expect(other.body.webhook_secret).toBeNull();
    expect(other.body.webhook_url).toBe(on.body.webhook_url);
    const rows = JSON.stringify([
      await db().selectFrom('build_projects').selectAll().where('name', '=', 'hooked').execute(),
      await actions('hooked'),
      (await service.send('GET', `${PATH}/hooked`)).body,
    ]);
    expect(rows).not.toContain(secret);
    const off = await service.send('PATCH', `${PATH}/hooked`, { webhook: null });
    expect(off.body).toMatchObject({ webhook_url: null, webhook_secret: null, webhook: null });
    const row = await db().selectFrom('build_projects').selectAll().where('name', '=', 'hooked').executeTakeFirst();
    expect(row?.webhook_secret).toBeNull();
  });

  test('a badge shows the newest build to whoever has its address', async () => {
    const { body: project } = await make('badged', { badge: true });
    const address = (project.badge_url as string).replace('https://deploy.example.com', '');
    const badge = () => service.send('GET', address, undefined, { as: null });
    expect(await badge()).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'image/svg+xml; charset=utf-8',
        'cache-control': 'no-cache',
        'cross-origin-resource-policy': 'cross-origin',
      },
      body: expect.stringContaining('no builds'),
    });
    const build = await queueBuild('badged');
    await db()
      .updateTable('builds')
      .set({ status: 'succeeded', ended_at: build.created_at })
      .where('id', '=', build.id)
      .execute();
    expect((await badge()).body).toContain('build: passing');
    expect((await service.send('GET', `${PATH}/badged`)).body.last_build).toMatchObject({
      id: build.id,
      number: 1,
      status: 'succeeded',
    });
    const wrong = await service.send('GET', `${PATH}/badged/badge.svg?token=guess`, undefined, { as: null });
    expect(wrong).toMatchObject({ status: 404, body: { code: 'badge_not_found' } });
    expect((await service.send('GET', `${PATH}/usual/badge.svg?token=guess`, undefined, { as: null })).status).toBe(
      404,
    );
    await service.send('PATCH', `${PATH}/badged`, { badge: false });
    expect((await badge()).status).toBe(404);
  });

  test('a project with a build that waits is not deleted; without one it is, and its builds stay known', async () => {
    await make('deletable');
    const build = await queueBuild('deletable');
    expect((await service.send('DELETE', `${PATH}/deletable`)).body).toMatchObject({ code: 'project_building' });
    await db()
      .updateTable('builds')
      .set({ status: 'failed', ended_at: build.created_at })
      .where('id', '=', build.id)
      .execute();
    expect((await service.send('DELETE', `${PATH}/deletable`)).status).toBe(204);
    expect((await service.send('GET', `${PATH}/deletable`)).status).toBe(404);
    expect((await service.send('GET', `/api/v1/builds/${build.id}`)).body.project).toBe('deletable');
    expect((await actions('deletable')).map((record) => record['action_type'])).toEqual([
      'build_project.create',
      'build_project.delete',
      'build_project.delete',
    ]);
    expect((await service.send('DELETE', `${PATH}/deletable`)).status).toBe(404);
  });

  test('of many changes at once that read the same, one wins and the others are told', async () => {
    await make('contended');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        service.send('PATCH', `${PATH}/contended`, { description: `change ${String(index)}` }),
      ),
    );
    const won = answers.filter(({ status }) => status === 200).length;
    expect(won).toBeGreaterThanOrEqual(1);
    for (const { status, body } of answers)
      if (status !== 200) expect({ status, code: body.code }).toEqual({ status: 409, code: 'project_changed' });
    expect((await actions('contended')).filter((one) => one['outcome'] === 'succeeded')).toHaveLength(won + 1);
  });

  test('this machine has nothing to import', async () => {
    for (const answer of [
      await service.send('GET', `${PATH}/importable?account=local`),
      await service.send('POST', `${PATH}/import`, { account: 'local', names: ['shop'] }),
    ])
      expect(answer).toMatchObject({ status: 400, body: { code: 'account_local', errors: [{ field: 'account' }] } });
  });

  test("the mission's body makes a project in the default account", async () => {
    const made = await service.send('POST', '/create-codebuild-project', {
      project_name: 'mission-inline',
      source_location: 'https://github.com/acme/shop.git',
      build_spec: SPEC,
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        success: true,
        project_name: 'mission-inline',
        arn: 'arn:aws-deployer:codebuild:local:000000000000:project/mission-inline',
        region: 'local',
      },
    });
    await service.send('POST', '/create-codebuild-project', {
      project_name: 'mission-file',
      source_location: 'file:///srv/git/shop.git',
      build_spec: 'ci/buildspec.yml',
    });
    expect((await service.send('GET', `${PATH}/mission-file`)).body).toMatchObject({
      source: { type: 'git', location: 'file:///srv/git/shop.git' },
      buildspec: { type: 'file', path: 'ci/buildspec.yml' },
      environment: { image: 'aws/codebuild/standard:7.0', compute: 'BUILD_GENERAL1_SMALL', type: 'LINUX_CONTAINER' },
      artifacts: { type: 'none' },
    });
  });

  test.each([
    [{ project_name: 'x y', source_location: GITHUB.location, build_spec: SPEC }, 'project_name'],
    [{ project_name: 'no-spec', source_location: GITHUB.location }, 'build_spec'],
    [{ project_name: 'bad-url', source_location: 'not a url', build_spec: SPEC }, 'source_location'],
    [{ project_name: 'bad-spec', source_location: GITHUB.location, build_spec: 'version: 0.3\n' }, 'build_spec'],
    [{ project_name: 'long-path', source_location: GITHUB.location, build_spec: 'x'.repeat(501) }, 'build_spec'],
    [{ project_name: 'outside', source_location: GITHUB.location, build_spec: '../buildspec.yml' }, 'build_spec'],
  ])("bad input of the mission's body names its field: %j", async (body, field) => {
    const answer = await service.send('POST', '/create-codebuild-project', body);
    expect(answer).toMatchObject({ status: 400, headers: { 'content-type': expect.stringContaining('problem+json') } });
    expect(answer.body.errors[0]).toMatchObject({ field, mend: expect.stringMatching(/./) });
  });
});
