/** How much of the queue a team has a right to, against the others: a team of weight 3 gets three times what one of 1 gets. */
import type { TeamWeight } from '@aws-deployer/platform/contracts/builds';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { CodebuildSchema } from '../schema.js';

const USUAL_WEIGHT = 1;

export class TeamWeights {
  constructor(private readonly database: Database<CodebuildSchema>) {}

  /** Teams that have projects or a weight, by name. */
  async list(): Promise<TeamWeight[]> {
    const { db } = this.database;
    const set = await db.selectFrom('team_weights').selectAll().execute();
    const named = await db.selectFrom('build_projects').select('team').distinct().execute();
    const weights = new Map(named.map(({ team }) => [team, USUAL_WEIGHT]));
    for (const { team, weight } of set) weights.set(team, weight);
    return [...weights].map(([team, weight]) => ({ team, weight })).sort((a, b) => a.team.localeCompare(b.team));
  }

  async put(team: string, weight: number, origin: Origin): Promise<TeamWeight> {
    await inTransaction(this.database, async (trx) => {
      const before = await trx.selectFrom('team_weights').select('weight').where('team', '=', team).executeTakeFirst();
      const update = () => trx.updateTable('team_weights').set({ weight }).where('team', '=', team).execute();
      if (before !== undefined) await update();
      else if (!(await insertedIfAbsent(trx.insertInto('team_weights').values({ team, weight })))) await update();
      await recordAction(trx, origin, {
        type: 'build_queue.weigh',
        targetType: 'team',
        target: team,
        before: { weight: before?.weight ?? USUAL_WEIGHT },
        after: { weight },
      });
    });
    return { team, weight };
  }
}
