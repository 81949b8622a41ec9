/**
 * Cloud accounts as people keep them: made, changed, removed. Credentials are sealed and never come back; one account is the
 * default one.
 */
import type {
  CloudAccountView,
  CreateCloudAccountBody,
  UpdateCloudAccountBody,
} from '@aws-deployer/platform/contracts/cloud-accounts';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { Transaction } from 'kysely';
import type { z } from 'zod';
import type { CodebuildSchema } from '../schema.js';
import { keepOneDefault } from './builtin-accounts.js';
import {
  ENVIRONMENT_ACCOUNT,
  LOCAL_ACCOUNT,
  shownIn,
  shownOf,
  toView,
  type CloudAccountRow,
  type Credential,
} from './cloud-account.js';
import { accountNamed, findAccount, sealedCredential } from './cloud-account-store.js';

export interface CloudAccountServiceParts {
  readonly database: Database<CodebuildSchema>;
  readonly box: SecretBox;
  readonly clock: Clock;
  /** Told of every account that is not any more what it was. */
  readonly changed: (account: string) => void;
}
/** Roles behind roles: more than this many is a mistake, and each is one more call before the first. */
const LONGEST_CHAIN = 5;

export class CloudAccountService {
  constructor(private readonly parts: CloudAccountServiceParts) {}

  async list({ limit, cursor }: PageQuery): Promise<Page<CloudAccountView>> {
    let query = this.parts.database.db
      .selectFrom('cloud_accounts')
      .selectAll()
      .orderBy('name')
      .limit(limit + 1);
    if (cursor !== undefined) query = query.where('name', '>', String(decodeCursor(cursor, 1)[0]));
    return pageFrom(await query.execute(), limit, toView, ({ name }) => [name]);
  }

  async get(idOrName: string): Promise<CloudAccountView> {
    return toView(await findAccount(this.parts.database.db, idOrName));
  }

  async create(body: z.output<typeof CreateCloudAccountBody>, origin: Origin): Promise<CloudAccountView> {
    if (body.name === LOCAL_ACCOUNT || body.name === ENVIRONMENT_ACCOUNT)
      throw invalidField(
        'name',
        `${body.name} is the name of a built-in account`,
        'take another name',
        'account_name_taken',
      );
    const id = newId();
    const row: CloudAccountRow = {
      id,
      name: body.name,
      description: body.description,
      kind: body.credential.type,
      credential: sealedCredential(id, body.credential, this.parts.box),
      shown: JSON.stringify(shownOf(body.credential)),
      regions: JSON.stringify([...new Set(body.regions)]),
      is_default: body.is_default ? 1 : 0,
      builtin: 0,
      concurrent_builds: body.concurrent_builds,
      account_id: null,
      checked_at: null,
      created_at: instant(this.parts.clock.now()),
    };
    await inTransaction(this.parts.database, async (trx) => {
      await refuseLoop(trx, body.name, body.credential);
      if (body.is_default) await trx.updateTable('cloud_accounts').set({ is_default: 0 }).execute();
      if (!(await insertedIfAbsent(trx.insertInto('cloud_accounts').values(row))))
        throw new AppError('conflict', 'cloud_account_exists', `There is a cloud account ${body.name} already`);
      await recordAction(trx, origin, {
        type: 'cloud_account.create',
        targetType: 'cloud_account',
        target: row.name,
        after: toView(row),
      });
    });
    return toView(row);
  }

  /** What is left out stays as it is; a new credential makes the last check void. */
  async update(
    idOrName: string,
    body: z.output<typeof UpdateCloudAccountBody>,
    origin: Origin,
  ): Promise<CloudAccountView> {
    const { box, database, changed } = this.parts;
    const view = await inTransaction(database, async (trx) => {
      const row = await findAccount(trx, idOrName);
      refuseForBuiltin(row, body);
      if (body.credential !== undefined) await refuseLoop(trx, row.name, body.credential);
      const next: CloudAccountRow = {
        ...row,
        description: body.description ?? row.description,
        regions: body.regions === undefined ? row.regions : JSON.stringify([...new Set(body.regions)]),
        is_default: body.is_default === true ? 1 : row.is_default,
        concurrent_builds: body.concurrent_builds === undefined ? row.concurrent_builds : body.concurrent_builds,
        ...(body.credential === undefined
          ? {}
          : {
              kind: body.credential.type,
              credential: sealedCredential(row.id, body.credential, box),
              shown: JSON.stringify(shownOf(body.credential)),
              account_id: null,
              checked_at: null,
            }),
      };
      if (body.is_default === true) await trx.updateTable('cloud_accounts').set({ is_default: 0 }).execute();
      await trx.updateTable('cloud_accounts').set(next).where('id', '=', row.id).execute();
      await recordAction(trx, origin, {
        type: 'cloud_account.update',
        targetType: 'cloud_account',
        target: row.name,
        before: toView(row),
        after: { ...toView(next), credential_changed: body.credential !== undefined },
      });
      return toView(next);
    });
    changed(view.name);
    return view;
  }

  /** Refused while anything leans on the account. */
  async remove(idOrName: string, origin: Origin): Promise<void> {
    const name = await inTransaction(this.parts.database, async (trx) => {
      const row = await findAccount(trx, idOrName);
      if (row.builtin === 1)
        throw new AppError('conflict', 'cloud_account_builtin', `The account ${row.name} belongs to the platform`);
      await refuseWhileInUse(trx, row);
      await trx.deleteFrom('cloud_accounts').where('id', '=', row.id).execute();
      await keepOneDefault(trx);
      await recordAction(trx, origin, {
        type: 'cloud_account.delete',
        targetType: 'cloud_account',
        target: row.name,
        before: toView(row),
      });
      return row.name;
    });
    this.parts.changed(name);
  }

  /** What a check has found out. */
  async remember(id: string, accountId: string, origin: Origin): Promise<void> {
    const now = instant(this.parts.clock.now());
    await inTransaction(this.parts.database, async (trx) => {
      const row = await findAccount(trx, id);
      await trx
        .updateTable('cloud_accounts')
        .set({ account_id: accountId, checked_at: now })
        .where('id', '=', id)
        .execute();
      await recordAction(trx, origin, {
        type: 'cloud_account.check',
        targetType: 'cloud_account',
        target: row.name,
        before: { account_id: row.account_id },
        after: { account_id: accountId },
      });
    });
  }
}

function refuseForBuiltin(row: CloudAccountRow, body: z.output<typeof UpdateCloudAccountBody>): void {
  if (row.builtin === 0) return;
  const refused = (field: string, message: string, mend: string) =>
    invalidField(field, message, mend, 'cloud_account_builtin');
  if (body.credential !== undefined)
    throw refused(
      'credential',
      `the account ${row.name} is built in and has no credential of its own`,
      'make another account',
    );
  if (row.kind === 'local' && body.regions !== undefined)
    throw refused('regions', 'the account of this machine has no regions', 'leave it out');
}

/** Follows the roles from account to account. Throws invalid on `credential.via`. */
async function refuseLoop(trx: Transaction<CodebuildSchema>, name: string, credential: Credential): Promise<void> {
  if (credential.type !== 'assume_role') return;
  const refused = (message: string, mend: string) => invalidField('credential.via', message, mend, 'account_via');
  const seen = [name];
  for (let next: string | null = credential.via; next !== null;) {
    if (seen.includes(next))
      throw refused(`goes round in a circle: ${[...seen, next].join(' → ')}`, 'assume the role as another account');
    const row: CloudAccountRow | undefined = await accountNamed(trx, next);
    if (row === undefined) throw refused(`there is no cloud account ${next}`, 'name one that is there');
    if (row.kind === 'local')
      throw refused('the account of this machine is nobody at AWS', 'name an account that signs in at AWS');
    seen.push(next);
    if (seen.length > LONGEST_CHAIN)
      throw refused(
        `more than ${LONGEST_CHAIN - 1} roles behind each other`,
        'let the account assume the role directly',
      );
    next = shownIn(row).via;
  }
}

async function refuseWhileInUse(trx: Transaction<CodebuildSchema>, row: CloudAccountRow): Promise<void> {
  const inUse = (by: string, mend: string) =>
    new AppError('conflict', 'cloud_account_in_use', `The cloud account ${row.name} is used by ${by}: ${mend}`);
  const projects = await trx
    .selectFrom('build_projects')
    .select('name')
    .where('account', '=', row.name)
    .orderBy('name')
    .limit(4)
    .execute();
  if (projects.length > 0)
    throw inUse(
      `build projects (${projects
        .slice(0, 3)
        .map(({ name }) => name)
        .join(', ')}${projects.length > 3 ? ', …' : ''})`,
      'delete them first',
    );
  const others = await trx.selectFrom('cloud_accounts').selectAll().where('kind', '=', 'assume_role').execute();
  const leaning = others.filter((other) => shownIn(other).via === row.name).map(({ name }) => name);
  if (leaning.length > 0) throw inUse(`${leaning.join(', ')} to assume a role`, 'change that first');
}
