/** Projects of an account of AWS: both sides change or none, whatever happens in between. */
import { CreateBuildProjectBody, type CreateBuildProjectInput } from '@aws-deployer/platform/contracts/build-projects';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { outboxMigrations } from '@aws-deployer/platform/outbox/outbox';
import { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { testDatabases, type TestDatabase } from '@aws-deployer/platform/testing/test-database';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codebuildMigrations } from '../migrations/all.js';
import type { CodebuildSchema } from '../schema.js';
import { fakeAccounts, FakeMirror } from '../testing/fake-mirror.js';
import { sampleProject } from '../testing/sample-project.js';
import { BuildProjectReadModel } from './build-project-read-model.js';
import { BuildProjectService } from './build-project-service.js';
import { MirroredChange } from './mirrored-change.js';
import { ProjectImport } from './project-import.js';

const origin = platformOrigin('codebuild', 'test');
const signal = AbortSignal.timeout(60_000);
const body = (name: string, more: Partial<CreateBuildProjectInput> = {}) =>
  CreateBuildProjectBody.parse({
    name,
    source: { type: 'github', location: 'https://github.com/acme/shop.git' },
    ...more,
  });

describe.each(testDatabases())('projects of an AWS account on $kind', ({ open }) => {
  let test_: TestDatabase<CodebuildSchema>;
  let mirror: FakeMirror;
  let projects: BuildProjectService;
  let imports: ProjectImport;
  beforeEach(async () => {
    test_ = await open<CodebuildSchema>({ ...outboxMigrations, ...codebuildMigrations });
    mirror = new FakeMirror();
    const { database } = test_;
    projects = new BuildProjectService({
      database,
      views: new BuildProjectReadModel(database, undefined),
      accounts: fakeAccounts,
      mirrored: new MirroredChange(mirror, silentLogger),
      box: new SecretBox(() => Buffer.alloc(32, 7)),
      clock: systemClock,
      isLocalMode: true,
    });
    imports = new ProjectImport({ database, accounts: fakeAccounts, mirror, clock: systemClock });
  });
  afterEach(() => test_.drop());
  const db = () => test_.database.db;
  const setRow = (name: string, values: object) =>
    db().updateTable('build_projects').set(values).where('name', '=', name).execute();
  const recorded = async () =>
    (await db().selectFrom('outbox').select('record').orderBy('seq').execute()).map(
      ({ record }) => (JSON.parse(record) as { action_type: string }).action_type,
    );

  test('a project is made in AWS with our tag, and here with what AWS answered', async () => {
    const view = await projects.create(body('shop', { webhook: {}, badge: true, tags: { a: 'b' } }), 'devops', origin);
    expect(view).toMatchObject({
      account: 'main',
      region: 'eu-central-1',
      engine: 'codebuild',
      arn: 'arn:aws:codebuild:eu-central-1:123456789012:project/shop',
      tags: { a: 'b' },
      webhook_url: 'https://codebuild.eu-central-1.example/webhooks/shop',
      webhook_secret: 'secret-of-aws',
      badge_url: expect.stringMatching(/^\/api\/v1\/build-projects\/shop\/badge\.svg\?token=/),
      aws_badge_url: 'https://codebuild.eu-central-1.example/badges/shop',
      aws_console_url:
        'https://eu-central-1.console.aws.amazon.com/codesuite/codebuild/123456789012/projects/shop?region=eu-central-1',
    });
    expect(mirror.projects.get('shop')?.tags).toEqual({ a: 'b', 'aws-deployer': 'build-project' });
    expect(await recorded()).toEqual(['build_project.create']);
  });

  test('what is not right goes to no account', async () => {
    const bad = body('bad', { environment: { compute: 'BUILD_LAMBDA_1GB' } });
    await expect(projects.create(bad, 'devops', origin)).rejects.toMatchObject({ code: 'build_project_invalid' });
    const docker = body('docker', { buildspec: { type: 'template', template: 'docker' } });
    await expect(projects.create(docker, 'devops', origin)).rejects.toMatchObject({
      fields: [{ field: 'environment.privileged', mend: 'set it to true' }],
    });
    expect(mirror.calls).toEqual([]);
  });

  test('a name that the account has already comes with the way to take that project over', async () => {
    mirror.projects.set('shop', body('shop'));
    await expect(projects.create(body('shop'), 'devops', origin)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'project_exists',
      fields: [{ field: 'name', mend: expect.stringContaining('/api/v1/build-projects/import') }],
    });
    expect(mirror.projects.has('shop')).toBe(true);
  });

  test('when the row cannot be written, what was made in AWS is taken back', async () => {
    mirror.after = async (call) => {
      if (call === 'create shop') await sampleProject(db(), 'shop', { account: 'local' });
    };
    await expect(projects.create(body('shop'), 'devops', origin)).rejects.toMatchObject({ code: 'project_exists' });
    expect(mirror.calls).toEqual(['create shop', 'remove shop']);
    expect(mirror.projects.size).toBe(0);
    expect(await recorded()).toEqual([]);
  });

  test('when it cannot be taken back either, the message says what is left where', async () => {
    mirror.after = async (call) => {
      if (call === 'create shop') await sampleProject(db(), 'shop', { account: 'local' });
      if (call === 'remove shop') throw new Error('AWS is away');
    };
    await expect(projects.create(body('shop'), 'devops', origin)).rejects.toMatchObject({
      code: 'project_exists',
      message: expect.stringMatching(/project shop could not be taken back in AWS \(AWS is away\)/),
    });
  });

  test('a change goes to AWS first; what only the platform knows does not', async () => {
    await projects.create(body('shop'), 'devops', origin);
    expect(await projects.update('shop', { timeout_minutes: 20 }, origin)).toMatchObject({ timeout_minutes: 20 });
    expect(mirror.projects.get('shop')).toMatchObject({
      timeout_minutes: 20,
      tags: { 'aws-deployer': 'build-project' },
    });
    await projects.update('shop', { team: 'web', quality_gates: { tests_passed: true, image_signed: false } }, origin);
    expect(mirror.calls).toEqual(['create shop', 'update shop']);
    expect(await projects.get('shop')).toMatchObject({ team: 'web', timeout_minutes: 20 });
  });

  test('when another change came first, AWS is put back to what that one says', async () => {
    await projects.create(body('shop'), 'devops', origin);
    let first = true;
    mirror.after = async (call) => {
      if (call !== 'update shop' || !first) return;
      first = false;
      await projects.update('shop', { description: 'the other one' }, origin);
    };
    await expect(projects.update('shop', { timeout_minutes: 20 }, origin)).rejects.toMatchObject({
      code: 'project_changed',
    });
    const row = await projects.get('shop');
    expect(row).toMatchObject({ description: 'the other one', timeout_minutes: 60 });
    expect(mirror.projects.get('shop')).toMatchObject({ description: 'the other one', timeout_minutes: 60 });
  });

  test('a change that AWS refuses changes nothing here', async () => {
    await projects.create(body('shop'), 'devops', origin);
    mirror.projects.clear();
    await expect(projects.update('shop', { timeout_minutes: 20 }, origin)).rejects.toMatchObject({
      code: 'project_not_found',
    });
    expect(await projects.get('shop')).toMatchObject({ timeout_minutes: 60 });
  });

  test('a deletion that broke off is repeated', async () => {
    await projects.create(body('shop'), 'devops', origin);
    mirror.after = async () => {
      throw new Error('the connection broke');
    };
    await expect(projects.remove('shop', origin)).rejects.toThrow('the connection broke');
    expect(await projects.get('shop')).toMatchObject({ name: 'shop' });
    mirror.after = async () => undefined;
    await projects.remove('shop', origin);
    await expect(projects.get('shop')).rejects.toMatchObject({ code: 'project_not_found' });
    expect(await recorded()).toEqual(['build_project.create', 'build_project.delete']);
  });

  test('a clone goes where it is told, and to this machine only what this machine can do', async () => {
    await projects.create(body('shop', { region: 'us-east-1' }), 'devops', origin);
    expect(await projects.clone('shop', { name: 'copy' }, 'devops', origin)).toMatchObject({ region: 'us-east-1' });
    const here = await projects.clone('shop', { name: 'here', account: 'local' }, 'devops', origin);
    expect(here).toMatchObject({ account: 'local', region: 'local', engine: 'local' });
    await projects.update('copy', { service_role: 'arn:aws:iam::123456789012:role/x' }, origin);
    await expect(projects.clone('copy', { name: 'there', account: 'local' }, 'devops', origin)).rejects.toMatchObject({
      fields: [{ field: 'service_role' }],
    });
  });

  test('projects of the account are taken over as they are, each for itself', async () => {
    await projects.create(body('ours'), 'devops', origin);
    await setRow('ours', { name: 'renamed' });
    const variables = [{ name: 'DB_PASSWORD', value: 'plain-in-aws' }];
    mirror.projects.set(
      'theirs',
      body('theirs', { environment: { variables }, badge: true, tags: { 'aws-deployer': 'build-project', a: 'b' } }),
    );
    mirror.lost.set('theirs', ['secondarySources']);
    await sampleProject(db(), 'taken');
    mirror.projects.set('taken', body('taken'));
    expect(await imports.importable({ account: 'main' }, signal)).toMatchObject([
      { name: 'ours', known: true },
      { name: 'theirs', known: false },
      { name: 'taken', known: false },
    ]);
    const names = ['theirs', 'taken', 'gone', 'theirs'];
    expect(await imports.take({ account: 'main', names, team: 'web' }, 'devops', origin, signal)).toEqual({
      imported: ['theirs'],
      skipped: [
        { name: 'taken', reason: expect.stringContaining('already') },
        { name: 'gone', reason: expect.stringContaining('no project gone') },
      ],
      lost: [{ name: 'theirs', parts: ['secondarySources'] }],
    });
    expect(await projects.get('theirs')).toMatchObject({
      imported: true,
      team: 'web',
      account: 'main',
      tags: { a: 'b' },
      arn: 'arn:aws:codebuild:eu-central-1:123456789012:project/theirs',
      aws_badge_url: expect.stringContaining('badges/theirs'),
      environment: { variables: [{ name: 'DB_PASSWORD', value: 'plain-in-aws' }] },
    });
    const books = JSON.stringify(await db().selectFrom('outbox').select('record').execute());
    expect(books).not.toContain('plain-in-aws');
    expect(mirror.calls).toEqual(['create ours']);
  });
});
