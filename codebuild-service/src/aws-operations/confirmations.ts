/**
 * A yes that is still to be said: bound to who asked and to exactly what was asked, good once and for five minutes.
 *
 * An order by name gets a token; the caller says everything again with it, so nothing of the order is stored but a hash that
 * the token salts. Of what was asked in words the order is stored sealed: the second request has the words alone.
 */
import { randomBytes } from 'node:crypto';
import { newId } from '@aws-deployer/platform/database/ids';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { CodebuildSchema } from '../schema.js';
import { hashOf, textOf, type Order } from './order.js';

const FOR_MS = 5 * 60_000;

/** What was asked in words, as it is kept. */
const Asked = z.object({
  operation: z.string(),
  account: z.string().nullable(),
  region: z.string(),
  parameters: z.record(z.string(), z.unknown()),
});
export type Asked = z.infer<typeof Asked>;

export class Confirmations {
  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly box: SecretBox,
    private readonly clock: Clock,
  ) {}

  /** Asks for a yes to an order by name. */
  async ask(order: Order, userId: string): Promise<{ readonly token: string; readonly expiresAt: string }> {
    const token = randomBytes(32).toString('base64url');
    const expiresAt = await this.#keep({
      id: hashOf(token),
      user_id: userId,
      bound_to: hashOf(token, textOf(order)),
      operation: order.operation.name,
      request: null,
    });
    return { token, expiresAt };
  }

  /** Uses the token up. Throws invalid/`confirmation_invalid` on `confirm`, saying why where that tells nothing to a stranger. */
  async use(db: Kysely<CodebuildSchema>, token: string, order: Order, userId: string): Promise<void> {
    const id = hashOf(token);
    const row = await db
      .selectFrom('aws_confirmations')
      .selectAll()
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .where('request', 'is', null)
      .executeTakeFirst();
    if (row === undefined) throw invalidToken('is not known, was given to somebody else, or is over its five minutes');
    if (row.used === 1) throw invalidToken('has been used');
    if (row.expires_at <= this.#now()) throw invalidToken('is over its five minutes');
    if (row.bound_to !== hashOf(token, textOf(order)))
      throw invalidToken('was given for another request: operation, account, region and parameters must be the same');
    if (!(await this.#use(db, id))) throw invalidToken('has been used');
  }

  /** Asks for a yes to what was asked in words; the same words again take the place of the ones before. */
  async askInWords(query: string, asked: Asked, userId: string): Promise<string> {
    const id = newId();
    const bound_to = hashOf(userId, wordsOf(query));
    await this.database.db
      .deleteFrom('aws_confirmations')
      .where('user_id', '=', userId)
      .where('bound_to', '=', bound_to)
      .where('used', '=', 0)
      .execute();
    const request = this.box.seal(JSON.stringify(asked), placeOf(id));
    return this.#keep({ id, user_id: userId, bound_to, operation: asked.operation, request });
  }

  /** What the words asked for. Throws not_found/`nothing_to_confirm`. */
  async inWords(query: string, userId: string): Promise<{ readonly id: string; readonly asked: Asked }> {
    const row = await this.database.db
      .selectFrom('aws_confirmations')
      .selectAll()
      .where('user_id', '=', userId)
      .where('bound_to', '=', hashOf(userId, wordsOf(query)))
      .where('used', '=', 0)
      .where('expires_at', '>', this.#now())
      .orderBy('created_at', 'desc')
      .executeTakeFirst();
    if (row?.request == null) throw nothingToConfirm();
    return { id: row.id, asked: Asked.parse(JSON.parse(this.box.open(row.request, placeOf(row.id)))) };
  }
  /** Uses it up. Throws as `inWords` where another request was first. */
  async useInWords(db: Kysely<CodebuildSchema>, id: string): Promise<void> {
    if (!(await this.#use(db, id))) throw nothingToConfirm();
  }

  async #keep(row: {
    id: string;
    user_id: string;
    bound_to: string;
    operation: string;
    request: string | null;
  }): Promise<string> {
    const now = this.clock.now();
    const { db } = this.database;
    await db.deleteFrom('aws_confirmations').where('expires_at', '<', instant(now)).execute();
    const expires_at = instant(new Date(now.getTime() + FOR_MS));
    await db
      .insertInto('aws_confirmations')
      .values({ ...row, used: 0, expires_at, created_at: instant(now) })
      .execute();
    return expires_at;
  }

  /** False: another request was first. */
  async #use(db: Kysely<CodebuildSchema>, id: string): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('aws_confirmations')
      .set({ used: 1 })
      .where('id', '=', id)
      .where('used', '=', 0)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  }

  #now(): string {
    return instant(this.clock.now());
  }
}

const nothingToConfirm = (): AppError =>
  new AppError(
    'not_found',
    'nothing_to_confirm',
    'Nothing waits for your yes under these words: it was answered, is over its five minutes, or was asked in other words. Ask again',
    {
      fields: [
        {
          field: 'query',
          message: 'has nothing that waits for a confirmation',
          mend: 'send it to /api/ask first, and the same words here within five minutes',
        },
      ],
    },
  );
const placeOf = (id: string): string => `aws-confirmation/${id}`;
const wordsOf = (query: string): string => query.trim().replace(/\s+/g, ' ');
const invalidToken = (why: string): AppError =>
  new AppError('invalid', 'confirmation_invalid', `The confirmation token ${why}; nothing was done`, {
    fields: [
      {
        field: 'confirm',
        message: why,
        mend: 'send the request without confirm, read what would be done, and confirm with the new token',
      },
    ],
  });
