import { principalOf } from '@aws-deployer/platform/testing/test-service';
import { testDatabases, type TestDatabase } from '@aws-deployer/platform/testing/test-database';
import { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codebuildMigrations } from '../migrations/all.js';
import type { CodebuildSchema } from '../schema.js';
import { Confirmations } from './confirmations.js';
import { knownOperation } from './operation-list.js';
import type { Order } from './order.js';

const ANN = principalOf('devops').userId;
const BOB = principalOf('admin').userId;
const order = (over: Partial<Order> = {}): Order => ({
  operation: knownOperation('s3.delete_bucket'),
  parameters: { bucket: 'team-uploads' },
  session: { account: 'prod', region: 'eu-central-1', credential: { type: 'environment' } },
  ...over,
});

describe.each(testDatabases())('confirmations on $kind', ({ open }) => {
  let at: TestDatabase<CodebuildSchema>;
  let now = new Date('2026-11-21T08:00:00.000Z');
  let confirmations: Confirmations;
  beforeAll(async () => {
    at = await open<CodebuildSchema>(codebuildMigrations, 'codebuild');
    confirmations = new Confirmations(at.database, new SecretBox(() => Buffer.alloc(32, 7)), { now: () => now });
  });
  afterAll(() => at.drop());
  const use = (token: string, what = order(), who = ANN) => confirmations.use(at.database.db, token, what, who);
  const rows = () => at.database.db.selectFrom('aws_confirmations').selectAll().execute();

  test('a token is good once, for the same person and exactly the same order, whatever the order of its parameters', async () => {
    const put = (parameters: Record<string, unknown>) =>
      order({ operation: knownOperation('s3.put_object'), parameters });
    const { token } = await confirmations.ask(put({ bucket: 'b-1', key: 'k', content: 'canary-content' }), ANN);
    expect(JSON.stringify(await rows())).not.toMatch(new RegExp(`canary-content|${token}`));
    await expect(use(token, put({ bucket: 'b-1', key: 'k', content: 'canary-content' }), BOB)).rejects.toMatchObject({
      code: 'confirmation_invalid',
    });
    await expect(use(token, put({ bucket: 'b-1', key: 'k', content: 'other' }))).rejects.toThrow(/another request/);
    const elsewhere = { ...order().session, region: 'eu-west-1' };
    await expect(
      use(token, { ...put({ bucket: 'b-1', key: 'k', content: 'canary-content' }), session: elsewhere }),
    ).rejects.toThrow(/another request/);
    await use(token, put({ content: 'canary-content', key: 'k', bucket: 'b-1' }));
    await expect(use(token, put({ bucket: 'b-1', key: 'k', content: 'canary-content' }))).rejects.toThrow(
      /has been used/,
    );
  });

  test('of two that use a token at once one does', async () => {
    const { token } = await confirmations.ask(order(), ANN);
    const tried = await Promise.allSettled([1, 2, 3].map(() => use(token)));
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('it is over after five minutes, and its row goes', async () => {
    const { token, expiresAt } = await confirmations.ask(order(), ANN);
    expect(expiresAt).toBe('2026-11-21T08:05:00.000Z');
    now = new Date('2026-11-21T08:05:00.001Z');
    await expect(use(token)).rejects.toThrow(/five minutes/);
    await confirmations.ask(order(), ANN);
    expect((await rows()).every(({ expires_at }) => expires_at > '2026-11-21T08:05:00.001Z')).toBe(true);
  });

  test('of words the order is kept sealed; the same words find it, those of another person do not', async () => {
    const asked = {
      operation: 's3.delete_bucket',
      account: 'prod',
      region: 'eu-central-1',
      parameters: { bucket: 'canary-bucket' },
    };
    await confirmations.askInWords('delete the bucket canary-bucket', asked, ANN);
    const again = { ...asked, region: 'eu-west-1' };
    await confirmations.askInWords(' delete the  bucket canary-bucket ', again, ANN);
    expect(JSON.stringify(await rows())).not.toContain('canary-bucket');
    await expect(confirmations.inWords('delete the bucket canary-bucket', BOB)).rejects.toMatchObject({
      code: 'nothing_to_confirm',
    });
    await expect(confirmations.inWords('delete the bucket other', ANN)).rejects.toMatchObject({ kind: 'not_found' });
    const found = await confirmations.inWords('delete the bucket canary-bucket', ANN);
    expect(found.asked).toEqual(again);
    await confirmations.useInWords(at.database.db, found.id);
    await expect(confirmations.useInWords(at.database.db, found.id)).rejects.toMatchObject({
      code: 'nothing_to_confirm',
    });
    await expect(confirmations.inWords('delete the bucket canary-bucket', ANN)).rejects.toMatchObject({
      code: 'nothing_to_confirm',
    });
  });
});
