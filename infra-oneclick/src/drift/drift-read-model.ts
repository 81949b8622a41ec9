/** Drift of all environments, as a list: those that drifted first. */
import type { InfraDriftView } from '@aws-deployer/platform/contracts/infra';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { sql } from 'kysely';
import { environmentView } from '../environments/environment.js';
import type { InfraSchema } from '../schema.js';

/** 0: drifted; 1: all else. The order of the list, and with the name its place. */
const rank = sql<number>`case when drift_status = 'drifted' then 0 else 1 end`;

export class DriftReadModel {
  constructor(private readonly database: Database<InfraSchema>) {}

  /** Of environments that have something applied. */
  async list({ limit, cursor }: PageQuery): Promise<Page<InfraDriftView>> {
    let query = this.database.db
      .selectFrom('infra_environments')
      .selectAll()
      .select(rank.as('rank'))
      .where('current_version', 'is not', null)
      .orderBy('rank')
      .orderBy('name')
      .limit(limit + 1);
    if (cursor !== undefined) {
      const [group, name] = decodeCursor(cursor, 2);
      query = query.where((where) =>
        where.or([
          where(rank, '>', Number(group)),
          where.and([where(rank, '=', Number(group)), where('name', '>', String(name))]),
        ]),
      );
    }
    return pageFrom(
      await query.execute(),
      limit,
      (row) => {
        const { id, name, drift, drift_minutes } = environmentView(row);
        return { ...drift, environment_id: id, environment: name, drift_minutes };
      },
      ({ rank: group, name }) => [Number(group), name],
    );
  }
}
