/** Rows of `deployment_events`: what live streams read. */
import type { Kysely, Transaction } from 'kysely';
import type { DeployerSchema } from '../schema.js';

/** The row's number is the event's id for those who listen. */
export async function addEvent(
  trx: Kysely<DeployerSchema> | Transaction<DeployerSchema>,
  deploymentId: string,
  type: 'state' | 'stage' | 'verdict' | 'end',
  payload: unknown,
  now: string,
): Promise<void> {
  await trx
    .insertInto('deployment_events')
    .values({ seq: undefined, deployment_id: deploymentId, type, payload: JSON.stringify(payload), created_at: now })
    .execute();
}
