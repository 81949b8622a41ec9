import type { Principal } from '@aws-deployer/platform/auth/principal';
import { narrowed, PERMISSIONS, permissionsOf, permits } from '@aws-deployer/platform/auth/permissions';
import type { CreatedTokenView, CreateTokenBody, TokenView } from '@aws-deployer/platform/contracts/auth';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Selectable } from 'kysely';
import type { z } from 'zod';
import type { AuthSchema, TokensTable } from '../schema.js';
import { API_TOKEN_PREFIX, hashToken, newSecretToken } from '../sessions/secret-token.js';
import { rolesOf } from '../users/user.js';

const DAY_MS = 86_400_000;
/** `last_used_at` is written at most this often: a busy script must not write a row a request. */
const USED_EVERY_MS = 60_000;
const PREFIX_LENGTH = 10;

type TokenRow = Selectable<TokensTable> & { username: string };

/** API tokens of scripts: shown once, stored hashed, scoped, expiring. */
export class TokenService {
  constructor(
    private readonly database: Database<AuthSchema>,
    private readonly clock: Clock,
  ) {}

  /**
   * A token that makes a token hands on no more than it holds itself.
   * Throws invalid/`bad_scope`, naming each that is unknown or not held.
   */
  async create(
    body: z.output<typeof CreateTokenBody>,
    owner: Principal,
    origin: Origin,
  ): Promise<z.output<typeof CreatedTokenView>> {
    checkScopes(body.scopes ?? [], owner);
    const token = newSecretToken(API_TOKEN_PREFIX);
    const now = this.clock.now();
    const inherited = owner.tokenId === null ? null : [...owner.permissions];
    const scopes = body.scopes ?? inherited;
    const row = {
      id: newId(),
      token_hash: hashToken(token),
      prefix: token.slice(0, PREFIX_LENGTH),
      user_id: owner.userId,
      name: body.name,
      scopes: scopes === null ? null : JSON.stringify(scopes),
      created_at: instant(now),
      expires_at: instant(new Date(now.getTime() + body.expires_in_days * DAY_MS)),
      last_used_at: null,
    };
    const view = toTokenView({ ...row, username: owner.username });
    await inTransaction(this.database, async (trx) => {
      await trx.insertInto('tokens').values(row).execute();
      await recordAction(trx, origin, {
        type: 'token.create',
        targetType: 'token',
        target: row.id,
        request: body,
        after: view,
      });
    });
    return { ...view, token };
  }

  /** Of one user, or of everybody (`userId` undefined); the newest first. */
  async list(userId: string | undefined, { limit, cursor }: PageQuery): Promise<Page<TokenView>> {
    let query = this.#rows()
      .orderBy('tokens.id', 'desc')
      .limit(limit + 1);
    if (userId !== undefined) query = query.where('tokens.user_id', '=', userId);
    if (cursor !== undefined) query = query.where('tokens.id', '<', String(decodeCursor(cursor, 1)[0]));
    return pageFrom(await query.execute(), limit, toTokenView, ({ id }) => [id]);
  }

  /** Throws not_found/`token_not_found`, also for another person's token without `token:any`. */
  async revoke(id: string, principal: Principal, origin: Origin): Promise<void> {
    await inTransaction(this.database, async (trx) => {
      const row = await trx.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row || (row.user_id !== principal.userId && !permits(principal.permissions, 'token:any')))
        throw new AppError('not_found', 'token_not_found', `There is no token ${id}`);
      await trx.deleteFrom('tokens').where('id', '=', id).execute();
      await recordAction(trx, origin, {
        type: 'token.revoke',
        targetType: 'token',
        target: id,
        before: { name: row.name, prefix: row.prefix, user_id: row.user_id },
      });
    });
  }

  /** Undefined: unknown, expired, revoked, or its owner is disabled. */
  async resolve(token: string): Promise<Principal | undefined> {
    const row = await this.database.db
      .selectFrom('tokens')
      .innerJoin('users', 'users.id', 'tokens.user_id')
      .select(['tokens.id', 'tokens.scopes', 'tokens.expires_at', 'tokens.last_used_at'])
      .select(['users.id as user_id', 'users.username', 'users.roles', 'users.disabled'])
      .where('tokens.token_hash', '=', hashToken(token))
      .executeTakeFirst();
    const now = this.clock.now();
    if (!row || row.disabled === 1 || row.expires_at <= instant(now)) return undefined;
    if (row.last_used_at === null || now.getTime() - Date.parse(row.last_used_at) > USED_EVERY_MS)
      await this.database.db
        .updateTable('tokens')
        .set({ last_used_at: instant(now) })
        .where('id', '=', row.id)
        .execute();
    const roles = rolesOf(row);
    const scopes = row.scopes === null ? null : (JSON.parse(row.scopes) as string[]);
    return {
      kind: 'token',
      userId: row.user_id,
      username: row.username,
      roles,
      permissions: narrowed(permissionsOf(roles), scopes),
      tokenId: row.id,
      csrfToken: null,
    };
  }

  #rows() {
    return this.database.db
      .selectFrom('tokens')
      .innerJoin('users', 'users.id', 'tokens.user_id')
      .selectAll('tokens')
      .select('users.username');
  }
}

function checkScopes(scopes: readonly string[], owner: Principal): void {
  const known: readonly string[] = ['*', ...PERMISSIONS];
  const fields = scopes.flatMap((scope, index) => {
    const field = `scopes.${index}`;
    if (!known.includes(scope))
      return [{ field, message: `${scope} is not a permission`, mend: 'see GET /api/v1/roles for all of them' }];
    if (!permits(owner.permissions, scope))
      return [{ field, message: `you do not hold ${scope} yourself`, mend: 'leave it out, or ask an admin' }];
    return [];
  });
  if (fields[0]) throw new AppError('invalid', 'bad_scope', `${fields[0].field}: ${fields[0].message}`, { fields });
}

const toTokenView = (row: TokenRow): TokenView => ({
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  user_id: row.user_id,
  username: row.username,
  scopes: row.scopes === null ? null : (JSON.parse(row.scopes) as string[]),
  created_at: row.created_at,
  expires_at: row.expires_at,
  last_used_at: row.last_used_at,
});
