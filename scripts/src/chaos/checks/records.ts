/** Every deployment that was acknowledged went a legal way to exactly one end, nothing else was made, and nobody holds a lease. */
import { isEnd as isEndOfTable, TRANSITIONS } from '@aws-deployer/deployer/deployments/deployment';
import type { DeployerSchema } from '@aws-deployer/deployer/schema';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { Asked } from '../traffic.js';
import type { Loss } from './loss.js';

/** By deployment, the states in the order of their events; a waiting one tells its first state again. */
export async function statesOf(database: Database<DeployerSchema>): Promise<Map<string, DeploymentState[]>> {
  const rows = await database.db
    .selectFrom('deployment_events')
    .select(['deployment_id', 'payload'])
    .where('type', '=', 'state')
    .orderBy('seq')
    .execute();
  const states = new Map<string, DeploymentState[]>();
  for (const { deployment_id: id, payload } of rows) {
    const { state } = JSON.parse(payload) as { state: DeploymentState };
    const before = states.get(id) ?? [];
    if (state === 'initialized' && before.at(-1) === 'initialized') continue;
    states.set(id, [...before, state]);
  }
  return states;
}

export async function checkRecords(
  database: Database<DeployerSchema>,
  asked: readonly Asked[],
  states: ReadonlyMap<string, readonly DeploymentState[]>,
): Promise<Loss[]> {
  const losses: Loss[] = [];
  const lose = (subject: string, what: string): void => void losses.push({ subject, what });
  const rows = await database.db
    .selectFrom('deployments')
    .select(['id', 'state', 'reason', 'ended_at', 'lease_owner', 'lease_expires_at'])
    .execute();
  const known = new Map(rows.map((row) => [row.id, row]));
  const ids = new Set(asked.map(({ id }) => id));
  for (const id of ids) if (!known.has(id)) lose(id, 'was acknowledged and is not there');
  for (const { id, state, reason, ended_at: endedAt, lease_owner: owner, lease_expires_at: lease } of rows) {
    if (!ids.has(id)) lose(id, `was never acknowledged: a request was carried out twice (${state})`);
    if (endedAt === null)
      lose(id, `has not ended: ${state}, ${reason} (lease ${owner ?? 'of nobody'}, ${lease ?? '-'})`);
    else if (owner !== null || lease !== null) lose(id, `has ended and is still held by ${owner ?? '?'}`);
    const way = states.get(id) ?? [];
    const ends = way.filter(isEndOfTable);
    if (endedAt !== null && ends.length !== 1) lose(id, `has ${ends.length} ends: ${way.join(' → ')}`);
    if (way.at(-1) !== state) lose(id, `is ${state}, its events say ${way.join(' → ')}`);
    for (const [index, to] of way.entries()) {
      const from = way[index - 1];
      const legal: readonly string[] = from === undefined ? ['initialized'] : TRANSITIONS[from];
      if (!legal.includes(to)) lose(id, `went from ${from ?? 'nothing'} to ${to}`);
    }
  }
  const ends = await database.db
    .selectFrom('deployment_events')
    .select(['deployment_id'])
    .where('type', '=', 'end')
    .execute();
  const counts = countOf(ends.map((row) => row.deployment_id));
  for (const [id, count] of counts) if (count !== 1) lose(id, `has ${count} end events`);
  return losses;
}

/** What another actor changed while it was rolled out is theirs: the rollout ends, and undoes nothing. */
export const checkTampered = (
  tampered: readonly string[],
  states: ReadonlyMap<string, readonly DeploymentState[]>,
): Loss[] =>
  tampered.flatMap((id) => {
    const way = states.get(id) ?? [];
    return way.at(-1) === 'superseded'
      ? []
      : [{ subject: id, what: `somebody changed its workload meanwhile, and it went ${way.join(' → ')}` }];
  });

export const countOf = (keys: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};
