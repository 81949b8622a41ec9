/** The sentence of a deployment that waits: it names the one ahead of it. */
import type { Transaction } from 'kysely';
import type { DeployerSchema } from '../schema.js';
import type { Deployment } from './deployment.js';
import { addEvent } from './deployment-events.js';

const AT_ONCE = 'Accepted: it begins at once.';
const waitsFor = (ahead: { readonly id: string } | undefined): string =>
  ahead === undefined ? AT_ONCE : `Waits for deployment ${ahead.id}, which came first.`;

const open = (
  trx: Transaction<DeployerSchema>,
  { applicationId, environment }: Pick<Deployment, 'applicationId' | 'environment'>,
) =>
  trx
    .selectFrom('deployments')
    .select(['id', 'state', 'reason', 'lease_owner'])
    .where('application_id', '=', applicationId)
    .where('environment', '=', environment)
    .where('ended_at', 'is', null);

/** For one that joins the queue now. */
export async function reasonToWait(
  trx: Transaction<DeployerSchema>,
  place: Pick<Deployment, 'applicationId' | 'environment'>,
): Promise<string> {
  return waitsFor(await open(trx, place).orderBy('queue_number', 'desc').limit(1).executeTakeFirst());
}

/** One has ended: those behind it name the one that is ahead of them now. No move of theirs, so no action. */
export async function tellWaiting(trx: Transaction<DeployerSchema>, ended: Deployment, now: string): Promise<void> {
  const queue = await open(trx, ended).orderBy('queue_number').execute();
  for (const [index, row] of queue.entries()) {
    const ahead = queue[index - 1];
    const reason = waitsFor(ahead);
    if (ahead === undefined || row.state !== 'initialized' || row.lease_owner !== null || row.reason === reason)
      continue;
    await trx
      .updateTable('deployments')
      .set({ reason })
      .where('id', '=', row.id)
      .where('state', '=', 'initialized')
      .execute();
    await addEvent(trx, row.id, 'state', { state: 'initialized', reason, at: now }, now);
  }
}
