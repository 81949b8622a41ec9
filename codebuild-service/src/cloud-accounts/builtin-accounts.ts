/**
 * The accounts that come with the platform: `local` where the process serves one machine, `environment` where it finds an
 * identity at AWS. Their rows are put right at every start, for what the process finds may have changed.
 */
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Transaction } from 'kysely';
import { namesAws, type CodebuildConfig } from '../config.js';
import type { CodebuildSchema } from '../schema.js';
import {
  ENVIRONMENT_ACCOUNT,
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  regionsOf,
  shownOf,
  type CloudAccountRow,
} from './cloud-account.js';

/** The region of the environment account where the environment names none. */
const FALLBACK_REGION = 'us-east-1';

/** Makes, mends and removes the built-in rows; there is exactly one default account afterwards. */
export async function keepBuiltinAccounts(
  database: Database<CodebuildSchema>,
  config: CodebuildConfig,
  clock: Clock,
): Promise<void> {
  await inTransaction(database, async (trx) => {
    const before = await trx.selectFrom('cloud_accounts').selectAll().execute();
    const named = (name: string) => before.find((row) => row.builtin === 1 && row.name === name);
    const region = config.AWS_REGION ?? config.AWS_DEFAULT_REGION;
    if (config.MODE === 'local') await keepLocal(trx, named(LOCAL_ACCOUNT), clock);
    else await removeBuiltin(trx, LOCAL_ACCOUNT);
    if (!namesAws(config)) await removeBuiltin(trx, ENVIRONMENT_ACCOUNT);
    else {
      const there = named(ENVIRONMENT_ACCOUNT);
      if (there === undefined) await addEnvironment(trx, region ?? FALLBACK_REGION, clock);
      else if (region !== undefined && regionsOf(there)[0] !== region) {
        const regions = JSON.stringify([region, ...regionsOf(there).filter((known) => known !== region)]);
        await trx.updateTable('cloud_accounts').set({ regions }).where('id', '=', there.id).execute();
      }
    }
    await keepOneDefault(trx);
  });
}

/** When no account is the default one, a built-in one is: AWS before this machine. */
export async function keepOneDefault(trx: Transaction<CodebuildSchema>): Promise<void> {
  const rows = await trx.selectFrom('cloud_accounts').select(['id', 'name', 'builtin', 'is_default']).execute();
  if (rows.some(({ is_default }) => is_default === 1)) return;
  const next =
    rows.find(({ builtin, name }) => builtin === 1 && name === ENVIRONMENT_ACCOUNT) ??
    rows.find(({ builtin }) => builtin === 1) ??
    rows[0];
  if (next) await trx.updateTable('cloud_accounts').set({ is_default: 1 }).where('id', '=', next.id).execute();
}

async function keepLocal(
  trx: Transaction<CodebuildSchema>,
  there: CloudAccountRow | undefined,
  clock: Clock,
): Promise<void> {
  if (there !== undefined) return;
  await insertedIfAbsent(
    trx
      .insertInto('cloud_accounts')
      .values(builtinRow(LOCAL_ACCOUNT, 'local', 'Builds run on this machine', [LOCAL_REGION], clock)),
  );
}

/** An identity at AWS that was not there before takes the place of this machine, unless a person chose another default. */
async function addEnvironment(trx: Transaction<CodebuildSchema>, region: string, clock: Clock): Promise<void> {
  const row = builtinRow(
    ENVIRONMENT_ACCOUNT,
    'environment',
    'What the process finds in its environment',
    [region],
    clock,
  );
  if (!(await insertedIfAbsent(trx.insertInto('cloud_accounts').values(row)))) return; // another replica starts as well
  await trx
    .updateTable('cloud_accounts')
    .set({ is_default: 0 })
    .where('name', '=', LOCAL_ACCOUNT)
    .where('builtin', '=', 1)
    .execute();
}

async function removeBuiltin(trx: Transaction<CodebuildSchema>, name: string): Promise<void> {
  await trx.deleteFrom('cloud_accounts').where('name', '=', name).where('builtin', '=', 1).execute();
}

const builtinRow = (
  name: string,
  kind: 'local' | 'environment',
  description: string,
  regions: readonly string[],
  clock: Clock,
): CloudAccountRow => ({
  id: newId(),
  name,
  description,
  kind,
  credential: null,
  shown: JSON.stringify(shownOf({ type: 'environment' })),
  regions: JSON.stringify(regions),
  is_default: 0,
  builtin: 1,
  concurrent_builds: null,
  account_id: null,
  checked_at: null,
  created_at: instant(clock.now()),
});
