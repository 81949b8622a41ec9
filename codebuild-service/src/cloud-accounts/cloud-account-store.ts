/** Rows of cloud accounts: found, written, and their credentials opened. The caller owns the transaction. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { Kysely, Transaction } from 'kysely';
import type { CodebuildSchema } from '../schema.js';
import { sealedFor, type CloudAccountRow, type Credential } from './cloud-account.js';

export type Db = Kysely<CodebuildSchema> | Transaction<CodebuildSchema>;

export async function findAccount(db: Db, idOrName: string): Promise<CloudAccountRow> {
  const row = await db
    .selectFrom('cloud_accounts')
    .selectAll()
    .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
    .executeTakeFirst();
  if (row === undefined)
    throw new AppError('not_found', 'cloud_account_not_found', `There is no cloud account ${idOrName}`);
  return row;
}

export const accountNamed = (db: Db, name: string): Promise<CloudAccountRow | undefined> =>
  db.selectFrom('cloud_accounts').selectAll().where('name', '=', name).executeTakeFirst();

export const defaultAccount = (db: Db): Promise<CloudAccountRow | undefined> =>
  db.selectFrom('cloud_accounts').selectAll().where('is_default', '=', 1).executeTakeFirst();

/** Built-in accounts and those of the environment have no sealed part. */
export function credentialOf(row: CloudAccountRow, box: SecretBox): Credential {
  if (row.credential === null) return { type: 'environment' };
  return JSON.parse(box.open(row.credential, sealedFor(row.id))) as Credential;
}

export const sealedCredential = (id: string, credential: Credential, box: SecretBox): string | null =>
  credential.type === 'environment' ? null : box.seal(JSON.stringify(credential), sealedFor(id));
