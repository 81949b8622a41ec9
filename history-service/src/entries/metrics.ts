import { SERVICE_NAMES } from '@aws-deployer/platform/runtime/config';
import { Counter, Gauge, type Registry } from 'prom-client';

export function historyMetrics(register: Registry) {
  const registers = [register];
  const metrics = {
    events: new Counter({
      name: 'audit_events_total',
      help: 'Actions written to the audit log',
      labelNames: ['service', 'outcome'] as const,
      registers,
    }),
    duplicates: new Counter({
      name: 'audit_duplicates_total',
      help: 'Actions that were relayed again and are on the log once',
      registers,
    }),
    checkpoints: new Counter({
      name: 'audit_checkpoints_total',
      help: 'Signed checkpoints put into the database',
      registers,
    }),
    broken: new Gauge({
      name: 'audit_chain_broken',
      help: '1 when the last verification found a broken row, else 0',
      registers,
    }),
  };
  for (const service of SERVICE_NAMES)
    for (const outcome of ['succeeded', 'failed', 'denied'] as const) metrics.events.inc({ service, outcome }, 0);
  return metrics;
}
export type HistoryMetrics = ReturnType<typeof historyMetrics>;
