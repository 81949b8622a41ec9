import { isDuplicate } from './open-database.js';

/**
 * Runs an insert; answers false when a unique index already holds the row. Only the statement fails, on both databases,
 * so the caller's transaction goes on. (INSERT IGNORE would hide every other error too.)
 */
export async function insertedIfAbsent(insert: { execute(): Promise<unknown> }): Promise<boolean> {
  try {
    await insert.execute();
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}
