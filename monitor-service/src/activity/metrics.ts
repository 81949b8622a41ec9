import { Counter, Gauge, type Registry } from 'prom-client';

export function activityMetrics(register: Registry) {
  const registers = [register];
  const metrics = {
    rows: new Counter({
      name: 'monitor_activity_total',
      help: 'Activities written',
      labelNames: ['source'] as const,
      registers,
    }),
    watchers: new Gauge({ name: 'monitor_activity_watchers', help: 'Clients of the live activity stream', registers }),
  };
  for (const source of ['relay', 'log'] as const) metrics.rows.inc({ source }, 0);
  return metrics;
}
export type ActivityMetrics = ReturnType<typeof activityMetrics>;
