/** Deliveries to the platform's own endpoint over HTTP: who is believed, what is built, and how often. */
import { createHmac } from 'node:crypto';
import { startGitServer } from '@aws-deployer/platform/testing/git-http-server';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { CodebuildSchema } from '../schema.js';
import { codebuild } from '../service.js';

const PATH = '/api/v1/build-projects';
const SHA = 'c'.repeat(40);
const push = (branch: string) => ({
  ref: `refs/heads/${branch}`,
  after: SHA,
  repository: { full_name: 'acme/shop' },
  sender: { id: 583231 },
  head_commit: { message: 'Mend' },
  commits: [],
});

describe.each(testDatabases())('webhooks on $kind', (kind) => {
  let service: TestService<CodebuildSchema>;
  beforeAll(async () => {
    service = await startTestService(codebuild, kind, { env: { GIT_ALLOWED_HOSTS: '127.0.0.1' } });
  });
  afterAll(() => service.stop());
  const db = () => service.test.database.db;

  /** Its builds are queued for an account whose queue nobody works on. */
  const hooked = async (name: string, webhook: object = {}): Promise<string> => {
    const { body } = await service.send('POST', PATH, {
      name,
      source: { type: 'github', location: 'https://github.com/acme/shop.git' },
      webhook,
    });
    await db().updateTable('build_projects').set({ account: 'elsewhere' }).where('name', '=', name).execute();
    return body.webhook_secret as string;
  };
  const deliver = (name: string, secret: string, body: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return service.send('POST', `${PATH}/${name}/webhook`, text, {
      as: null,
      headers: {
        'x-github-event': 'push',
        'x-github-delivery': 'delivery-1',
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`,
        ...headers,
      },
    });
  };
  const buildsOf = (name: string) => db().selectFrom('builds').selectAll().where('project', '=', name).execute();

  test('a signed push starts one build of that commit, however often it is delivered', async () => {
    const secret = await hooked('pushed');
    const first = await deliver('pushed', secret, push('main'));
    expect(first).toMatchObject({ status: 202, body: { build_number: 1, reason: 'every push is built' } });
    const again = await deliver('pushed', secret, push('main'));
    expect(again).toMatchObject({
      status: 202,
      body: { build_id: first.body.build_id, reason: expect.stringContaining('before') },
    });
    const other = await deliver('pushed', secret, push('main'), { 'x-github-delivery': 'delivery-2' });
    expect(other.body.build_number).toBe(2);
    const [build] = await buildsOf('pushed');
    expect(build).toMatchObject({ source_version: SHA, trigger_kind: 'webhook', created_by: 'webhook:583231' });
    expect(JSON.parse(build?.overrides ?? '')).toMatchObject({
      variables: expect.arrayContaining([
        { name: 'CODEBUILD_WEBHOOK_TRIGGER', value: 'branch/main', type: 'PLAINTEXT' },
        { name: 'CODEBUILD_WEBHOOK_HEAD_REF', value: 'refs/heads/main', type: 'PLAINTEXT' },
      ]),
    });
    expect(await buildsOf('pushed')).toHaveLength(2);
  });

  test('deliveries of the same id at the same time are one build', async () => {
    const secret = await hooked('raced');
    const answers = await Promise.all(Array.from({ length: 10 }, () => deliver('raced', secret, push('main'))));
    expect(new Set(answers.map(({ status }) => status))).not.toContain(500);
    expect(await buildsOf('raced')).toHaveLength(1);
  });

  test('what the filters leave out is answered with why, and builds nothing', async () => {
    const secret = await hooked('filtered', { filter_groups: [[{ type: 'HEAD_REF', pattern: '^refs/heads/main$' }]] });
    expect(await deliver('filtered', secret, push('feature'))).toMatchObject({
      status: 200,
      body: { build_id: null, build_number: null, reason: expect.stringContaining('HEAD_REF does not match') },
    });
    expect((await deliver('filtered', secret, { zen: 'x' }, { 'x-github-event': 'ping' })).body.reason).toMatch(
      /answers/,
    );
    expect((await deliver('filtered', secret, push('main'))).status).toBe(202); // the same delivery, after the filter was mended
    expect(await buildsOf('filtered')).toHaveLength(1);
  });

  test('a change that lies in a fork runs nothing here', async () => {
    const secret = await hooked('forked', {
      filter_groups: [[{ type: 'EVENT', pattern: 'PULL_REQUEST_CREATED' }]],
    });
    const pull = (head: string) => ({
      action: 'opened',
      number: 1,
      pull_request: {
        title: 'A feature',
        head: { ref: 'feature', sha: SHA, repo: { full_name: head } },
        base: { ref: 'main', repo: { full_name: 'acme/shop' } },
      },
    });
    const headers = { 'x-github-event': 'pull_request' };
    expect((await deliver('forked', secret, pull('stranger/shop'), headers)).body.reason).toMatch(/fork of acme\/shop/);
    expect((await deliver('forked', secret, pull('acme/shop'), headers)).status).toBe(202);
    expect(await buildsOf('forked')).toHaveLength(1);
  });

  test('a push is built on this machine at the commit that it says', { timeout: 60_000 }, async () => {
    const git = await startGitServer();
    onTestFinished(() => git.stop());
    const repository = await git.repository('shop.git');
    const buildspec = (word: string) =>
      `version: 0.2\nenv:\n  exported-variables: [WORD, FROM]\nphases:\n  build:\n    commands:\n      - export WORD=${word} FROM=$CODEBUILD_WEBHOOK_TRIGGER\n`;
    const pushed = await repository.commit({ 'buildspec.yml': buildspec('pushed') }, 'The pushed one');
    await repository.commit({ 'buildspec.yml': buildspec('later') }, 'A later one');
    const { body: project } = await service.send('POST', PATH, {
      name: 'built',
      source: { type: 'git', location: `${git.url}/shop.git` },
      webhook: {},
    });
    const { body } = await deliver('built', project.webhook_secret as string, { ...push('main'), after: pushed });
    await vi.waitFor(
      async () =>
        expect((await service.send('GET', `/api/v1/builds/${body.build_id}`)).body).toMatchObject({
          status: 'succeeded',
          resolved_commit: pushed,
          exported_variables: { WORD: 'pushed', FROM: 'branch/main' },
        }),
      { timeout: 50_000, interval: 200 },
    );
  });

  test('GitLab is believed by its token', async () => {
    const secret = await hooked('gitlab');
    const body = { ref: 'refs/heads/main', after: SHA, project: { path_with_namespace: 'acme/shop' } };
    const headers = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-event-uuid': 'u-1', 'x-gitlab-token': secret };
    const answer = await service.send('POST', `${PATH}/gitlab/webhook`, body, { as: null, headers });
    expect(answer.status).toBe(202);
  });

  test('whoever cannot prove it learns nothing, not even whether there is such a project', async () => {
    const secret = await hooked('guarded');
    await service.send('POST', PATH, {
      name: 'unhooked',
      source: { type: 'github', location: 'https://github.com/a/b' },
    });
    const answers = [
      await deliver('guarded', 'guess', push('main')),
      await deliver('unhooked', secret, push('main')),
      await deliver('not-there', secret, push('main')),
      await deliver('guarded', secret, push('main'), { 'x-hub-signature-256': 'sha256=00' }),
    ];
    for (const { status, body } of answers)
      expect({ status, code: body.code, detail: body.detail }).toEqual({
        status: 401,
        code: 'webhook_refused',
        detail: answers[0]?.body.detail,
      });
    expect(await buildsOf('guarded')).toHaveLength(0);
  });

  test('a body that is no JSON, too large or without an id is refused', async () => {
    const secret = await hooked('strict');
    expect((await deliver('strict', secret, 'payload=%7B%7D')).body).toMatchObject({ code: 'malformed_json' });
    const unnamed = await deliver('strict', secret, push('main'), { 'x-github-delivery': '' });
    expect(unnamed).toMatchObject({ status: 400, body: { code: 'no_delivery' } });
    expect((await deliver('strict', secret, { pad: 'x'.repeat(5_100_000) })).status).toBe(413);
  });

  test('a delivery whose process died before its build was there starts it when it comes again', async () => {
    const secret = await hooked('retried');
    const { body } = await service.send('GET', `${PATH}/retried`);
    const build_id = '01a1fd1d-cca7-7000-ac1c-6d2fdca5ea0e';
    await db()
      .insertInto('webhook_deliveries')
      .values({ project_id: body.id, delivery: 'delivery-1', build_id, created_at: new Date().toISOString() })
      .execute();
    expect(await deliver('retried', secret, push('main'))).toMatchObject({ status: 202, body: { build_id } });
    expect(await buildsOf('retried')).toMatchObject([{ id: build_id, number: 1 }]);
  });

  test('what is no commit is not handed to git', async () => {
    const secret = await hooked('careful');
    for (const after of ['--upload-pack=x', 'y'.repeat(300), ''])
      expect((await deliver('careful', secret, { ...push('main'), after })).body.reason).toMatch(/no commit|deleted/);
    expect(await buildsOf('careful')).toHaveLength(0);
  });
});
