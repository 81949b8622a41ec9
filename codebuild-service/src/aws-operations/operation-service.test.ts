/** What a run leaves on the books when things go wrong in the middle. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { principalOf } from '@aws-deployer/platform/testing/test-service';
import { testDatabases, type TestDatabase } from '@aws-deployer/platform/testing/test-database';
import { outboxMigrations } from '@aws-deployer/platform/outbox/outbox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codebuildMigrations } from '../migrations/all.js';
import type { OperationPage, OperationRunner } from '../ports/aws-operation-runner.js';
import type { CodebuildSchema } from '../schema.js';
import { Confirmations } from './confirmations.js';
import { knownOperation } from './operation-list.js';
import { OperationService, type Asker } from './operation-service.js';
import type { Order } from './order.js';

const [kind] = testDatabases();
let at: TestDatabase<CodebuildSchema>;
beforeAll(async () => {
  if (kind === undefined) throw new Error('there is no database to test on');
  at = await kind.open<CodebuildSchema>({ ...outboxMigrations, ...codebuildMigrations }, 'codebuild');
});
afterAll(() => at.drop());
const box = new SecretBox(() => Buffer.alloc(32, 1));
const serviceOn = (run: OperationRunner['run']) => {
  const confirmations = new Confirmations(at.database, box, { now: () => new Date() });
  return new OperationService({ database: at.database, box, confirmations, runner: { run } });
};
const asker = (): Asker => ({
  principal: principalOf('devops'),
  origin: {
    principal: principalOf('devops'),
    service: 'codebuild',
    endpoint: 'POST /x',
    ip: null,
    userAgent: null,
    traceId: null,
    startedAt: new Date(),
  },
  signal: AbortSignal.timeout(10_000),
});
const order = (name: string, parameters: Record<string, unknown>, keys = false): Order => ({
  operation: knownOperation(name),
  parameters,
  session: keys
    ? {
        account: null,
        region: 'eu-central-1',
        credential: { type: 'keys', accessKeyId: 'AKIACANARY', secretAccessKey: 'canary-secret' },
      }
    : { account: 'main', region: 'eu-central-1', credential: { type: 'environment' } },
});
const page = (rows: Record<string, unknown>[], nextToken: string | null = null): OperationPage => ({
  rows,
  nextToken,
  requestId: 'r-1',
});
const recorded = async () => {
  const rows = await at.database.db.selectFrom('outbox').select('record').orderBy('seq').execute();
  return rows.map(({ record }) => JSON.parse(record) as Record<string, unknown>);
};
async function confirmed(service: OperationService, what: Order): Promise<unknown> {
  const asked = await service.run(what, { limit: 50 }, asker());
  if (asked.done) throw new Error('it was done without a yes');
  return service.run(what, { limit: 50, confirm: asked.view.confirm }, asker());
}

test('the intent is on the books before AWS is asked', async () => {
  const what = order('s3.delete_bucket', { bucket: 'intent-first' });
  let before: unknown[] = [];
  await confirmed(
    serviceOn(async () => {
      before = (await recorded()).filter(({ target }) => target === 'intent-first').map((one) => one['action_type']);
      return page([{ bucket: 'intent-first' }]);
    }),
    what,
  );
  expect(before).toEqual(['aws.confirm']);
});

test('a yes that cannot be recorded does nothing', async () => {
  const what = order('s3.delete_bucket', { bucket: 'never-done' });
  let asked = 0;
  const service = serviceOn(async () => {
    asked += 1;
    return page([]);
  });
  const first = await service.run(what, { limit: 50 }, asker());
  if (first.done) throw new Error('it was done without a yes');
  const { confirm } = first.view;
  await at.database.db.schema.alterTable('outbox').renameTo('outbox_away').execute();
  await expect(service.run(what, { limit: 50, confirm }, asker())).rejects.toThrow();
  await at.database.db.schema.alterTable('outbox_away').renameTo('outbox').execute();
  expect(asked).toBe(0);
  await service.run(what, { limit: 50, confirm }, asker()); // the yes was not used up by what came to nothing
  expect(asked).toBe(1);
});

test('what was done and could not be recorded says so', async () => {
  const what = order('s3.delete_bucket', { bucket: 'done-unrecorded' });
  const service = serviceOn(async () => {
    await at.database.db.schema.alterTable('outbox').renameTo('outbox_away').execute();
    return page([]);
  });
  await expect(confirmed(service, what)).rejects.toMatchObject({ kind: 'unavailable', code: 'result_not_recorded' });
  await at.database.db.schema.alterTable('outbox_away').renameTo('outbox').execute();
});

test('no failure carries the keys of a request out', async () => {
  const saying = async () => {
    throw new AppError('unavailable', 'aws_failed', 'the string to sign was canary-secret of AKIACANARY', {
      cause: new Error('canary-secret'),
    });
  };
  const failure = await serviceOn(saying)
    .read(order('s3.list_buckets', {}, true), { limit: 5 }, asker().signal)
    .catch((error: unknown) => error as Error);
  expect(failure).toMatchObject({ message: 'the string to sign was [masked] of [masked]' });
  expect(failure).not.toHaveProperty('cause');
  const broken = await serviceOn(async () => {
    throw new TypeError('canary-secret is not a function');
  })
    .read(order('s3.list_buckets', {}, true), { limit: 5 }, asker().signal)
    .catch((error: unknown) => error as Error);
  expect((broken as Error).message).not.toContain('canary');
});

test('empty pages of AWS are passed over, and a page that is longer than asked for is shown in parts', async () => {
  const tokens: (string | null)[] = [];
  const service = serviceOn(async (_session, { token }) => {
    tokens.push(token);
    if (token === null) return page([], 'second');
    return page(
      [1, 2, 3].map((row) => ({ row })),
      'third',
    );
  });
  const what = order('s3.list_buckets', {});
  const first = await service.read(what, { limit: 2 }, asker().signal);
  expect(first.rows).toEqual([{ row: 1 }, { row: 2 }]);
  const second = await service.read(what, { limit: 2, cursor: first.next_cursor ?? '' }, asker().signal);
  expect(second.rows).toEqual([{ row: 3 }]);
  await service.read(what, { limit: 2, cursor: second.next_cursor ?? '' }, asker().signal);
  expect(tokens).toEqual([null, 'second', 'second', 'third']);
});
