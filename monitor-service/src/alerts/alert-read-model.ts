import type { AlertQuery, AlertView } from '@aws-deployer/platform/contracts/alerts';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { newestFirst } from '@aws-deployer/platform/database/newest-first';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { instant } from '@aws-deployer/platform/runtime/clock';
import type { MonitorSchema } from '../schema.js';
import { toAlertView, type AlertRow } from './alert.js';

const FILTERS = ['state', 'name', 'severity', 'service', 'namespace'] as const;

/** Queries for screens, newest first by when the trouble began. */
export class AlertReadModel {
  constructor(private readonly database: Database<MonitorSchema>) {}

  async search({ limit, cursor, from, to, ...filter }: AlertQuery): Promise<Page<AlertView>> {
    const { rows, next_cursor } = await newestFirst<AlertRow>(
      { limit, cursor },
      {
        rows: (range, count) => {
          let query = this.database.db.selectFrom('alerts').selectAll().where(range);
          for (const name of FILTERS) {
            const value = filter[name];
            if (value !== undefined) query = query.where(name, '=', value);
          }
          if (from !== undefined) query = query.where('timestamp', '>=', instant(new Date(from)));
          if (to !== undefined) query = query.where('timestamp', '<=', instant(new Date(to)));
          return query.orderBy('timestamp', 'desc').orderBy('seq', 'desc').limit(count).execute();
        },
      },
    );
    return { items: rows.map(toAlertView), next_cursor };
  }

  /** Throws AppError not_found/`alert_not_found`. */
  async get(id: string): Promise<AlertView> {
    const row = await this.database.db.selectFrom('alerts').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw new AppError('not_found', 'alert_not_found', `There is no alert ${id}`);
    return toAlertView(row);
  }
}
