/** A run, live: its states, the lines of its log and what becomes of each resource, as rows in order. */
import type { Database } from '@aws-deployer/platform/database/open-database';
import { LiveFeed, type LiveEvent, type LiveRow, type LiveSource } from '@aws-deployer/platform/live/live-feed';
import type { InfraSchema } from '../schema.js';

export class RunFeed extends LiveFeed<'run'> {
  constructor(database: Database<InfraSchema>) {
    super((_kind, id) => new RunTail(database, id));
  }
}

/** The run's lines as text, page by page. */
export async function* logText(database: Database<InfraSchema>, id: string): AsyncGenerator<string> {
  const tail = new RunTail(database, id);
  for (let after = 0; ;) {
    const rows = await tail.read(after, 1_000);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.seq;
    const lines = rows.flatMap(({ event }) =>
      event.type === 'line' ? [event.data as { ts: string; text: string }] : [],
    );
    yield lines.map(({ ts, text }) => `${ts} ${text}\n`).join('');
  }
}

class RunTail implements LiveSource {
  constructor(
    private readonly database: Database<InfraSchema>,
    private readonly id: string,
  ) {}

  async newest(): Promise<number> {
    const row = await this.database.db
      .selectFrom('infra_run_events')
      .select('seq')
      .where('run_id', '=', this.id)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return Number(row?.seq ?? 0);
  }

  async read(after: number, limit: number): Promise<LiveRow[]> {
    const rows = await this.database.db
      .selectFrom('infra_run_events')
      .select(['seq', 'type', 'data'])
      .where('run_id', '=', this.id)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map(({ seq, type, data }) => {
      const number = Number(seq);
      return { seq: number, event: { type, data: JSON.parse(data) as unknown, seq: number } };
    });
  }

  async end(): Promise<LiveEvent | undefined> {
    const row = await this.database.db
      .selectFrom('infra_runs')
      .select(['status', 'ended_at'])
      .where('id', '=', this.id)
      .executeTakeFirst();
    return row === undefined || row.ended_at === null ? undefined : { type: 'end', data: { status: row.status } };
  }
}
