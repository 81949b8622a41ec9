import type { Transaction } from 'kysely';
import type { AuthSchema } from '../schema.js';

/** Ends all sessions of a user but the one with the token hash `keep`, in the transaction of what makes them end. */
export async function endSessionsOf(
  trx: Transaction<AuthSchema>,
  userId: string,
  keep: string | null = null,
): Promise<void> {
  let query = trx.deleteFrom('sessions').where('user_id', '=', userId);
  if (keep !== null) query = query.where('token_hash', '!=', keep);
  await query.execute();
}
