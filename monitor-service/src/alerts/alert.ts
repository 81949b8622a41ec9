/** What becomes of an alert when Alertmanager tells of it: pure, so that each order and repetition of its posts can be looked at. */
import type { AlertmanagerAlert, AlertView } from '@aws-deployer/platform/contracts/alerts';
import { instant } from '@aws-deployer/platform/runtime/clock';
import type { Insertable, Selectable } from 'kysely';
import type { AlertTable } from '../schema.js';

export type AlertRow = Selectable<AlertTable>;
/** What one telling says, without number, id and time of writing. */
export type ToldAlert = Omit<Insertable<AlertTable>, 'seq' | 'id' | 'updated_at'>;
export type AlertChange =
  | { readonly kind: 'opened' | 'resolved' | 'updated'; readonly row: ToldAlert; readonly of: AlertRow | undefined }
  | { readonly kind: 'unchanged' };

const cut = (text: string | undefined, length: number): string | null => (text ? text.slice(0, length) : null);

export function toldAlert(told: AlertmanagerAlert): ToldAlert {
  const { labels, annotations } = told;
  return {
    fingerprint: told.fingerprint,
    timestamp: instant(new Date(told.startsAt)),
    name: cut(labels['alertname'], 200) ?? 'unnamed',
    state: told.status,
    severity: cut(labels['severity'], 100),
    service: cut(labels['service'], 200),
    namespace: cut(labels['namespace'], 200),
    summary: annotations['summary'] ?? annotations['description'] ?? null,
    labels: JSON.stringify(labels),
    annotations: JSON.stringify(annotations),
    source_url: told.generatorURL === '' ? null : told.generatorURL,
    resolved_at: told.status === 'resolved' ? instant(new Date(told.endsAt)) : null,
  };
}

/**
 * `last` is the newest time of trouble with this fingerprint. While it fires it is the one meant, whatever start is told: two
 * Prometheus servers begin at different moments. One that is over is meant only by its own start; it opens again when a
 * server was away so long that its alerts were taken for resolved.
 */
export function changeOf(last: AlertRow | undefined, told: ToldAlert): AlertChange {
  const isMeant = last !== undefined && (last.state === 'firing' || last.timestamp === told.timestamp);
  if (!isMeant) return { kind: told.state === 'firing' ? 'opened' : 'resolved', row: told, of: undefined };
  const row = { ...told, timestamp: last.timestamp };
  if (last.state !== told.state) return { kind: told.state === 'firing' ? 'opened' : 'resolved', row, of: last };
  const isKnown = told.state === 'resolved' || (last.summary === told.summary && last.annotations === told.annotations);
  return isKnown ? { kind: 'unchanged' } : { kind: 'updated', row, of: last };
}

export const toAlertView = ({ seq: _seq, timestamp, labels, annotations, ...row }: AlertRow): AlertView => ({
  ...row,
  labels: JSON.parse(labels) as Record<string, string>,
  annotations: JSON.parse(annotations) as Record<string, string>,
  started_at: timestamp,
});
