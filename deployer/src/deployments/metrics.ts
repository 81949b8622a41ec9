/** Metrics of deployments. Labels are names of environments, states and verdict codes: never an id. */
import { END_STATES, STAGES } from '@aws-deployer/platform/contracts/deployments';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface QueueCounts {
  readonly waiting: number;
  readonly working: number;
}

export function deploymentMetrics(register: Registry, queue: () => Promise<QueueCounts>) {
  const finished = new Counter({
    name: 'deployer_deployments_finished_total',
    help: 'Deployments that ended, by environment, end and the code of the verdict',
    labelNames: ['environment', 'outcome', 'cause'] as const,
    registers: [register],
  });
  for (const environment of ['development', 'staging', 'production'])
    for (const outcome of END_STATES) finished.inc({ environment, outcome, cause: 'none' }, 0);
  const stageSeconds = new Histogram({
    name: 'deployer_stage_duration_seconds',
    help: 'Wall time of one stage of a deployment, in seconds',
    labelNames: ['stage', 'outcome'] as const,
    buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800],
    registers: [register],
  });
  // Asked for by a person, a preflight is a stage of no deployment; one of a deployment is part of `preparing`.
  for (const stage of ['preflight', ...STAGES]) stageSeconds.zero({ stage, outcome: 'succeeded' });
  const gauges: readonly Gauge[] = [
    new Gauge({
      name: 'deployer_queue_depth',
      help: 'Deployments that wait for their turn',
      registers: [register],
      async collect() {
        this.set((await queue()).waiting);
      },
    }),
    new Gauge({
      name: 'deployer_deployments_in_progress',
      help: 'Deployments that are worked on',
      registers: [register],
      async collect() {
        this.set((await queue()).working);
      },
    }),
  ];
  const takeovers = new Counter({
    name: 'deployer_takeovers_total',
    help: 'Deployments that were taken over from a process that died',
    registers: [register],
  });
  takeovers.inc(0);
  return { finished, stageSeconds, takeovers, gauges };
}
export type DeploymentMetrics = ReturnType<typeof deploymentMetrics>;
