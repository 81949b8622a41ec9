/**
 * Builds, live. Of a build itself each version of its row is an event (`build`, the whole view; its id is the version, so a
 * client that comes back gets the newest only); while it waits, its place in the queue as well. Of its log each line is one.
 */
import type { BuildEvents, BuildView } from '@aws-deployer/platform/contracts/builds';
import type { Database } from '@aws-deployer/platform/database/open-database';
import {
  LiveFeed,
  type LiveEvent,
  type LiveRow,
  type LiveSnapshot,
  type LiveSource,
} from '@aws-deployer/platform/live/live-feed';
import type { CodebuildSchema } from '../schema.js';
import type { BuildLogStore } from './build-log.js';
import type { BuildReadModel } from './build-read-model.js';

export type BuildFeedKind = 'build' | 'log';
export interface BuildFeedParts {
  readonly database: Database<CodebuildSchema>;
  readonly views: BuildReadModel;
  readonly logs: BuildLogStore;
}

export class BuildFeed extends LiveFeed<BuildFeedKind> {
  constructor(parts: BuildFeedParts) {
    super((kind, id) => (kind === 'log' ? new LogTail(parts, id) : new BuildTail(parts, id)));
  }
}

const eventOf = <Type extends keyof BuildEvents>(type: Type, data: BuildEvents[Type], seq?: number): LiveEvent => ({
  type,
  data,
  ...(seq === undefined ? {} : { seq }),
});

async function endOf({ database }: BuildFeedParts, id: string): Promise<LiveEvent | undefined> {
  const row = await database.db
    .selectFrom('builds')
    .select(['status', 'ended_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined || row.ended_at === null) return undefined;
  return eventOf('end', { status: row.status as BuildView['status'] });
}

class BuildTail implements LiveSource {
  constructor(
    private readonly parts: BuildFeedParts,
    private readonly id: string,
  ) {}

  async newest(): Promise<number> {
    return this.#version();
  }

  async read(after: number): Promise<LiveRow[]> {
    if ((await this.#version()) <= after) return [];
    const { version, view } = await this.parts.views.versioned(this.id);
    return [{ seq: version, event: eventOf('build', view, version) }];
  }

  end(): Promise<LiveEvent | undefined> {
    return endOf(this.parts, this.id);
  }

  async snapshot(known: LiveSnapshot | undefined): Promise<LiveSnapshot | undefined> {
    const { view } = await this.parts.views.versioned(this.id);
    if (view.queue === null) return known;
    const before = known === undefined ? null : (known.event.data as BuildView).queue;
    if (JSON.stringify(before) === JSON.stringify(view.queue)) return known;
    return { revision: (known?.revision ?? 0) + 1, event: eventOf('build', view) };
  }

  async #version(): Promise<number> {
    const row = await this.parts.database.db
      .selectFrom('builds')
      .select('version')
      .where('id', '=', this.id)
      .executeTakeFirst();
    return Number(row?.version ?? 0);
  }
}

class LogTail implements LiveSource {
  constructor(
    private readonly parts: BuildFeedParts,
    private readonly id: string,
  ) {}

  newest(): Promise<number> {
    return this.parts.logs.newest(this.id);
  }

  async read(after: number, limit: number): Promise<LiveRow[]> {
    const lines = await this.parts.logs.after(this.id, after, limit);
    return lines.map(({ seq, ...line }) => ({ seq, event: eventOf('line', line, seq) }));
  }

  end(): Promise<LiveEvent | undefined> {
    return endOf(this.parts, this.id);
  }
}
