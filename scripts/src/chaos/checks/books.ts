/** Exactly one audit row and one row of activity for each transition, in order, and the chain stands. */
import type { DeployerSchema } from '@aws-deployer/deployer/schema';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { ChaosApi } from '../api.js';
import { pause } from '../child-process.js';
import type { Loss } from './loss.js';

const RELAY_MS = 60_000;
/** Actions on deployments that are no transitions. */
const ASKED = ['deployment.create', 'deployment.rollback', 'deployment.cancel'];

export async function checkBooks(
  api: ChaosApi,
  database: Database<DeployerSchema>,
  states: ReadonlyMap<string, readonly DeploymentState[]>,
): Promise<Loss[]> {
  const waiting = await outboxEmptied(database);
  const losses: Loss[] = waiting === 0 ? [] : [{ subject: 'outbox', what: `${waiting} actions were not relayed` }];
  for (const [book, path] of [
    ['history', '/api/v1/history'],
    ['activity', '/api/v1/activity'],
  ] as const)
    losses.push(...compare(book, await api.all(path), states));
  const { valid, first_broken: broken } = (await api.get('/api/v1/history/verify')) as {
    valid: boolean;
    first_broken: unknown;
  };
  if (!valid) losses.push({ subject: 'history', what: `the chain is broken: ${JSON.stringify(broken)}` });
  return losses;
}

function compare(
  book: string,
  items: readonly Record<string, unknown>[],
  states: ReadonlyMap<string, readonly DeploymentState[]>,
): Loss[] {
  const written = new Map<string, string[]>();
  const inOrder = [...items].sort((a, b) => String(a['event_id']).localeCompare(String(b['event_id'])));
  for (const { target, target_type: type, action_type: action } of inOrder) {
    if (type !== 'deployment' || ASKED.includes(String(action))) continue;
    const id = String(target);
    written.set(id, [...(written.get(id) ?? []), String(action).replace('deployment.', '')]);
  }
  const losses: Loss[] = [];
  for (const [id, way] of states) {
    const expected = way.slice(1).sort().join(' ');
    const found = [...(written.get(id) ?? [])].sort().join(' ');
    if (expected !== found)
      losses.push({ subject: id, what: `${book} has [${found}], its transitions are [${expected}]` });
  }
  for (const id of written.keys())
    if (!states.has(id)) losses.push({ subject: id, what: `is in ${book} and nowhere else` });
  return losses;
}

async function outboxEmptied({ db }: Database<DeployerSchema>): Promise<number> {
  const limit = Date.now() + RELAY_MS;
  for (;;) {
    const rows = await db
      .selectFrom('outbox')
      .select(['seq'])
      .where((where) => where.or([where('monitor_at', 'is', null), where('history_at', 'is', null)]))
      .execute();
    if (rows.length === 0 || Date.now() > limit) return rows.length;
    await pause(200);
  }
}
