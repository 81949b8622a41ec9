/** What builds have used: minutes and money by project, over the builds that ended in a time. */
import type { BuildUsageQuery, BuildUsageView } from '@aws-deployer/platform/contracts/builds';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { CodebuildSchema } from '../schema.js';
import { PRICE_LIST_DATE } from './price-list.js';

type ProjectUsage = BuildUsageView['projects'][number];

export class BuildUsage {
  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly clock: Clock,
  ) {}

  /** From `from` (the beginning of this month, UTC) up to `to` (now), `to` itself left out. Dearest first. */
  async view(query: z.output<typeof BuildUsageQuery>): Promise<BuildUsageView> {
    const now = this.clock.now();
    const from = instant(new Date(query.from ?? Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)));
    const to = instant(query.to === undefined ? now : new Date(query.to));
    if (from >= to) throw invalidField('from', `${from} is not before ${to}`, 'give a time before `to`');
    const [sums, medians] = await Promise.all([this.#sums(from, to), this.#medians(from, to)]);
    const projects = sums
      .map((row): ProjectUsage => ({
        project: row.project,
        team: row.team,
        builds: Number(row.builds),
        succeeded: Number(row.succeeded),
        billed_minutes: Number(row.minutes),
        cost_usd: Number(row.micros) / 1_000_000,
        median_seconds: medians.get(row.project) ?? null,
      }))
      .sort(
        (a, b) => b.cost_usd - a.cost_usd || b.billed_minutes - a.billed_minutes || a.project.localeCompare(b.project),
      );
    return {
      from,
      to,
      price_list_date: PRICE_LIST_DATE,
      projects,
      total: {
        builds: projects.reduce((sum, { builds }) => sum + builds, 0),
        billed_minutes: projects.reduce((sum, { billed_minutes }) => sum + billed_minutes, 0),
        cost_usd: sums.reduce((sum, { micros }) => sum + Number(micros), 0) / 1_000_000, // in whole millionths
      },
    };
  }

  /** By name: a project that was deleted and made anew goes on under it. Its team is that of its newest build. */
  async #sums(from: string, to: string) {
    const { db } = this.database;
    const rows = await db
      .selectFrom('builds')
      .where('ended_at', '>=', from)
      .where('ended_at', '<', to)
      .groupBy('project')
      .select(({ fn }) => [
        'project',
        fn.max('id').as('newest'),
        fn.countAll<number | string>().as('builds'),
        sql<number | string>`sum(case when status = 'succeeded' then 1 else 0 end)`.as('succeeded'),
        sql<number | string>`coalesce(sum(billed_minutes), 0)`.as('minutes'),
        sql<number | string>`coalesce(sum(cost_micros), 0)`.as('micros'),
      ])
      .execute();
    if (rows.length === 0) return [];
    const teams = new Map(
      (
        await db
          .selectFrom('builds')
          .select(['id', 'team'])
          .where(
            'id',
            'in',
            rows.map(({ newest }) => newest),
          )
          .execute()
      ).map(({ id, team }) => [id, team]),
    );
    return rows.map((row) => ({ ...row, team: teams.get(row.newest) ?? '' }));
  }

  /** Of the builds that succeeded: how long the project takes when all is well. The mean of the middle two where there are two. */
  async #medians(from: string, to: string): Promise<Map<string, number>> {
    const ranked = this.database.db
      .selectFrom('builds')
      .where('ended_at', '>=', from)
      .where('ended_at', '<', to)
      .where('status', '=', 'succeeded')
      .where('duration_ms', 'is not', null)
      .select([
        'project',
        'duration_ms',
        sql<number>`row_number() over (partition by project order by duration_ms)`.as('place'),
        sql<number>`count(*) over (partition by project)`.as('places'),
      ])
      .as('ranked');
    const rows = await this.database.db
      .selectFrom(ranked)
      .where(sql<boolean>`place * 2 between places and places + 2`)
      .groupBy('project')
      .select(['project', sql<number | string>`avg(duration_ms)`.as('middle')])
      .execute();
    return new Map(rows.map(({ project, middle }) => [project, Math.round(Number(middle)) / 1000]));
  }
}
