/** Rows of secrets and their sealed versions: queries only. A secret of an environment goes before one for all of them. */
import type { SecretView } from '@aws-deployer/platform/contracts/registries';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { DeployerSchema, SecretsTable } from '../schema.js';

export type SecretRow = Selectable<SecretsTable>;
type Db = Kysely<DeployerSchema> | Transaction<DeployerSchema>;

export const secretById = (db: Db, id: string): Promise<SecretRow | undefined> =>
  db.selectFrom('secrets').selectAll().where('id', '=', id).executeTakeFirst();

/** What `name` means in this environment. */
export const secretFor = (db: Db, name: string, environment: string): Promise<SecretRow | undefined> =>
  db
    .selectFrom('secrets')
    .selectAll()
    .where('name', '=', name)
    .where('environment', 'in', [environment, ''])
    .orderBy('environment', 'desc')
    .limit(1)
    .executeTakeFirst();

export const sealedVersion = async (db: Db, secretId: string, version: number): Promise<string | undefined> =>
  (
    await db
      .selectFrom('secret_versions')
      .select('sealed')
      .where('secret_id', '=', secretId)
      .where('version', '=', version)
      .executeTakeFirst()
  )?.sealed;

export async function secretsPage(db: Db, { limit, cursor }: PageQuery): Promise<Page<SecretView>> {
  let query = db
    .selectFrom('secrets')
    .selectAll()
    .orderBy('name')
    .orderBy('id')
    .limit(limit + 1);
  if (cursor !== undefined) {
    const [name, id] = decodeCursor(cursor, 2).map(String) as [string, string];
    query = query.where((where) =>
      where.or([where('name', '>', name), where.and([where('name', '=', name), where('id', '>', id)])]),
    );
  }
  return pageFrom(await query.execute(), limit, toSecretView, ({ name, id }) => [name, id]);
}

export const toSecretView = (row: SecretRow): SecretView => ({
  id: row.id,
  name: row.name,
  type: row.type as SecretView['type'],
  environment: row.environment === '' ? null : row.environment,
  keys: JSON.parse(row.keys) as string[],
  version: row.version,
  created_by: row.created_by,
  created_at: row.created_at,
  updated_at: row.updated_at,
});
