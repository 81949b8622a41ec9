/** What happens to deployments, live: the rows of their events and logs, and their pods as they are. */
import type { DeploymentEvents, DeploymentState, LogLine, PodView } from '@aws-deployer/platform/contracts/deployments';
import type { Database } from '@aws-deployer/platform/database/open-database';
import {
  LiveFeed as Feed,
  type LiveEvent,
  type LiveRow,
  type LiveSnapshot,
  type LiveSource,
} from '@aws-deployer/platform/live/live-feed';
import type { DeployerSchema } from '../schema.js';

export type FeedKind = 'deployment' | 'log';
type Named = { readonly type: keyof DeploymentEvents; readonly data: unknown; readonly seq?: number };

export class LiveFeed extends Feed<FeedKind> {
  constructor(database: Database<DeployerSchema>) {
    super((kind, id) => (kind === 'log' ? new DeploymentLog(database, id) : new DeploymentTail(database, id)));
  }
}

class DeploymentTail implements LiveSource {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly id: string,
  ) {}

  newest(): Promise<number> {
    return newestOf(this.database, 'deployment_events', this.id);
  }

  async read(after: number, limit: number): Promise<LiveRow[]> {
    const rows = await this.database.db
      .selectFrom('deployment_events')
      .selectAll()
      .where('deployment_id', '=', this.id)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map((row) =>
      rowOf(Number(row.seq), row.type as keyof DeploymentEvents, JSON.parse(row.payload) as unknown),
    );
  }

  end(): Promise<LiveEvent | undefined> {
    return endOf(this.database, this.id);
  }

  async snapshot(known: LiveSnapshot | undefined): Promise<LiveSnapshot | undefined> {
    const row = await this.database.db
      .selectFrom('deployment_pods')
      .select(['pods', 'revision'])
      .where('deployment_id', '=', this.id)
      .where('revision', '>', known?.revision ?? 0)
      .executeTakeFirst();
    if (row === undefined) return known;
    const event: Named = { type: 'pods', data: { pods: JSON.parse(row.pods) as PodView[] } };
    return { revision: row.revision, event };
  }
}

class DeploymentLog implements LiveSource {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly id: string,
  ) {}

  newest(): Promise<number> {
    return newestOf(this.database, 'deployment_logs', this.id);
  }

  async read(after: number, limit: number): Promise<LiveRow[]> {
    const rows = await this.database.db
      .selectFrom('deployment_logs')
      .selectAll()
      .where('deployment_id', '=', this.id)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map((row) => {
      const line: LogLine = {
        ts: row.ts,
        stage: row.stage as LogLine['stage'],
        stream: row.stream as LogLine['stream'],
        text: row.text,
      };
      return rowOf(Number(row.seq), 'line', line);
    });
  }

  end(): Promise<LiveEvent | undefined> {
    return endOf(this.database, this.id);
  }
}

const rowOf = (seq: number, type: keyof DeploymentEvents, data: unknown): LiveRow => {
  const event: Named = { type, data, seq };
  return { seq, event };
};

async function newestOf(
  database: Database<DeployerSchema>,
  table: 'deployment_events' | 'deployment_logs',
  id: string,
): Promise<number> {
  const row = await database.db
    .selectFrom(table)
    .select('seq')
    .where('deployment_id', '=', id)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return Number(row?.seq ?? 0);
}

async function endOf(database: Database<DeployerSchema>, id: string): Promise<LiveEvent | undefined> {
  const row = await database.db
    .selectFrom('deployments')
    .select(['state', 'ended_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined || row.ended_at === null) return undefined;
  const event: Named = { type: 'end', data: { state: row.state as DeploymentState } };
  return event;
}
