import { AuditItem, HistoryQuery } from '@aws-deployer/platform/contracts/history';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { EntryReadModel } from '../entries/entry-read-model.js';
import { csvLine } from './csv.js';

const ExportQuery = HistoryQuery.omit({ limit: true, cursor: true }).extend({
  format: z.enum(['ndjson', 'csv']).default('ndjson'),
});
const COLUMNS = Object.keys(AuditItem.shape) as (keyof AuditItem)[];

/** The whole log or a part, oldest first, at the pace of the reader: nothing is gathered in memory. */
export const exportRoute = (entries: EntryReadModel): Route =>
  defineRoute({
    method: 'get',
    path: '/api/v1/history/export',
    operationId: 'exportHistory',
    summary: 'Download the audit log as NDJSON or CSV, with the filters of the search',
    access: 'history:read',
    query: ExportQuery,
    responses: { 200: 'text' },
    handler: async ({ query: { format, ...filter } }) =>
      format === 'csv'
        ? { download: csv(entries.all(filter)), type: 'text/csv', fileName: 'history.csv' }
        : { download: ndjson(entries.all(filter)), type: 'application/x-ndjson', fileName: 'history.ndjson' },
  });

async function* ndjson(batches: AsyncIterable<AuditItem[]>): AsyncGenerator<string> {
  for await (const items of batches) yield items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

async function* csv(batches: AsyncIterable<AuditItem[]>): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  for await (const items of batches) yield items.map((item) => csvLine(COLUMNS.map((name) => item[name]))).join('');
}
