/** Metrics of runs and of drift. Labels are kinds, ends and, of drift alone, environments: there are few; never an id. */
import type { Database } from '@aws-deployer/platform/database/open-database';
import { RUN_KINDS, RUN_STATUSES } from '@aws-deployer/platform/contracts/infra';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { InfraSchema } from '../schema.js';
import { hasEnded } from './run.js';

export function runMetrics(register: Registry, database: Database<InfraSchema>) {
  const registers = [register];
  const finished = new Counter({
    name: 'infra_runs_finished_total',
    help: 'Runs of Terraform that ended, by kind and how',
    labelNames: ['kind', 'status'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'infra_run_duration_seconds',
    help: 'From the start of a run to its end, waiting left out',
    labelNames: ['kind', 'status'] as const,
    buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200],
    registers,
  });
  const drifts = new Counter({
    name: 'infra_drift_found_total',
    help: 'Looks for drift that found any',
    registers,
  });
  new Gauge({
    name: 'infra_drift_changes',
    help: 'Resources that the last look for drift found changed, by environment that has something applied; 0: none',
    labelNames: ['environment'] as const,
    registers,
    async collect() {
      const rows = await database.db
        .selectFrom('infra_environments')
        .select(['name', 'drift_changes'])
        .where('current_version', 'is not', null)
        .execute();
      this.reset(); // after the answer: environments come and go
      for (const { name, drift_changes } of rows) this.set({ environment: name }, Number(drift_changes));
    },
  });
  // Series that are there from the start: a first failure is a rise then, which alerts can see.
  for (const kind of RUN_KINDS)
    for (const status of RUN_STATUSES.filter(hasEnded)) {
      finished.inc({ kind, status }, 0);
      duration.zero({ kind, status });
    }
  return { finished, duration, drifts };
}
export type RunMetrics = ReturnType<typeof runMetrics>;
