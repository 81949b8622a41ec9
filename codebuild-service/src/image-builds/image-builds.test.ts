/** Image builds before any engine is asked: one build for one key, whatever happens on the way. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateImageBuildBody } from '@aws-deployer/platform/contracts/image-builds';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { migrationsOf } from '@aws-deployer/platform/runtime/run-services';
import { keySource, SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { testDatabases, type TestDatabase } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectFromRow } from '../build-projects/build-project.js';
import { BuildReadModel } from '../builds/build-read-model.js';
import { BuildService } from '../builds/build-service.js';
import { BuildStore } from '../builds/build-store.js';
import type { CodebuildSchema } from '../schema.js';
import { codebuild } from '../service.js';
import { sampleProject } from '../testing/sample-project.js';
import { ImageBuildService } from './image-build-service.js';
import { UploadStore } from './upload-store.js';

const TAR = Buffer.from('the bytes of a tar');
const SHA256 = createHash('sha256').update(TAR).digest('hex');
const origin = platformOrigin('deployer', 'POST /internal/v1/image-builds');
const bytes = async function* (): AsyncGenerator<Buffer> {
  yield TAR;
};

describe.each(testDatabases())('image builds on $kind', (kind) => {
  let opened: TestDatabase<CodebuildSchema>;
  let folder: string;
  let uploads: UploadStore;
  let imageBuilds: ImageBuildService;
  beforeAll(async () => {
    opened = await kind.open<CodebuildSchema>(migrationsOf(codebuild), 'codebuild');
    folder = await mkdtemp(join(tmpdir(), 'image-builds-'));
    uploads = new UploadStore(join(folder, 'uploads'));
    const { database } = opened;
    const store = new BuildStore(database, systemClock);
    const box = new SecretBox(keySource(undefined, folder));
    const views = new BuildReadModel(database, store, { places: async () => new Map() });
    const builds = new BuildService({ database, store, views, box, clock: systemClock, committed: () => undefined });
    const findProject = async (name: string) => {
      const row = await database.db
        .selectFrom('build_projects')
        .selectAll()
        .where('name', '=', name)
        .executeTakeFirst();
      return row === undefined ? undefined : projectFromRow(row);
    };
    imageBuilds = new ImageBuildService({
      database,
      builds,
      store,
      uploads,
      findProject,
      createProject: ({ account: _account, region: _region, ...settings }) =>
        sampleProject(database.db, settings.name, { ...settings, account: 'elsewhere' }),
      clock: systemClock,
    });
  });
  afterAll(async () => {
    await opened.drop();
    await rm(folder, { recursive: true });
  });
  const body = (key: string, application = 'shop') =>
    CreateImageBuildBody.parse({
      key,
      application,
      context: { sha256: SHA256 },
      dockerfile: 'Dockerfile',
      build_args: { VERSION: '1 "two"' },
      image: { repository: '127.0.0.1:5999/shop', tag: 'v1', username: 'pusher', password: 'hush-hush-password' },
    });

  test('a tar that is not here is asked for by field; bytes that are others are refused', async () => {
    await expect(imageBuilds.create(body('too-early'), origin)).rejects.toMatchObject({ code: 'upload_missing' });
    await expect(uploads.put('0'.repeat(64), bytes())).rejects.toMatchObject({ code: 'digest_mismatch' });
    expect(await readdir(join(folder, 'uploads'))).toEqual([]);
    expect(await uploads.put(SHA256, bytes())).toBe(TAR.length);
  });

  test('the same key is one build, asked once, twice or ten times at once', async () => {
    await uploads.put(SHA256, bytes());
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => imageBuilds.create(body('same', 'cart'), origin)),
    );
    const again = await imageBuilds.create(body('same', 'cart'), origin);
    expect(new Set([...answers, again].map(({ build_id: id }) => id)).size).toBe(1);
    expect(again).toMatchObject({ project: 'image-cart', status: 'queued', digest: null });
    const rows = await opened.database.db
      .selectFrom('builds')
      .selectAll()
      .where('project', '=', 'image-cart')
      .execute();
    expect(rows).toHaveLength(1);
    const plan = JSON.parse(rows[0]?.plan ?? '') as { uploadSha256: string; environment: { variables: unknown[] } };
    expect(plan.uploadSha256).toBe(SHA256);
    expect(plan.environment.variables).toContainEqual({
      name: 'BUILD_ARG_VERSION',
      value: '1 "two"',
      type: 'PLAINTEXT',
    });
  });

  test('the password of the registry stands nowhere in the clear', async () => {
    await uploads.put(SHA256, bytes());
    await imageBuilds.create(body('sealed'), origin);
    const { db } = opened.database;
    const tables = await Promise.all([
      db.selectFrom('builds').selectAll().execute(),
      db.selectFrom('image_builds').selectAll().execute(),
      db.selectFrom('outbox').selectAll().execute(),
    ]);
    expect(JSON.stringify(tables)).toContain('pusher');
    expect(JSON.stringify(tables)).not.toContain('hush-hush');
  });

  test('a stop ends it, and stopping again is harmless', async () => {
    await uploads.put(SHA256, bytes());
    await imageBuilds.create(body('stopped'), origin);
    expect(await imageBuilds.stop('stopped', origin)).toMatchObject({ status: 'stopped' });
    expect(await imageBuilds.stop('stopped', origin)).toMatchObject({ status: 'stopped' });
    expect(await imageBuilds.log('stopped', 0)).toEqual({ lines: [], ended: true });
    await expect(imageBuilds.view('unknown')).rejects.toMatchObject({ code: 'image_build_not_found' });
  });
});
