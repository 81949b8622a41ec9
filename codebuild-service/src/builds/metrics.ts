/** Metrics of builds and their queue. Labels are names of statuses, engines, accounts and regions: never an id or a project. */
import { BUILD_ENDS } from '@aws-deployer/platform/contracts/builds';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface QueueCount {
  readonly account: string;
  readonly region: string;
  readonly waiting: number;
  readonly running: number;
}

export function buildMetrics(register: Registry, queues: () => Promise<readonly QueueCount[]>) {
  const registers = [register];
  const finished = new Counter({
    name: 'codebuild_builds_finished_total',
    help: 'Builds that ended, by how and on which engine',
    labelNames: ['status', 'engine'] as const,
    registers,
  });
  const duration = new Histogram({
    name: 'codebuild_build_duration_seconds',
    help: 'From the start of a build to its end, waiting left out',
    labelNames: ['status', 'engine'] as const,
    buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200],
    registers,
  });
  const queueWait = new Histogram({
    name: 'codebuild_queue_wait_seconds',
    help: 'How long builds waited for their turn',
    labelNames: ['engine'] as const,
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600, 14_400],
    registers,
  });
  const poll = new Histogram({
    name: 'codebuild_poll_seconds',
    help: 'Wall time of one look at the running builds of a queue',
    labelNames: ['engine', 'outcome'] as const,
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 2, 5, 10, 30],
    registers,
  });
  const accountLimitHits = new Counter({
    name: 'codebuild_account_limit_hits_total',
    help: 'Starts that the account refused because it was full; the builds went back to the queue',
    registers,
  });
  const takeovers = new Counter({
    name: 'codebuild_queue_takeovers_total',
    help: 'Queues that were taken over from a process that died or hung',
    registers,
  });
  const begunAgain = new Counter({
    name: 'codebuild_builds_begun_again_total',
    help: 'Builds that were begun again because the process that ran them died',
    registers,
  });
  for (const engine of ['local', 'codebuild']) {
    for (const status of BUILD_ENDS) {
      finished.inc({ status, engine }, 0);
      duration.zero({ status, engine });
    }
    queueWait.zero({ engine });
    poll.zero({ engine, outcome: 'succeeded' });
  }
  accountLimitHits.inc(0);
  takeovers.inc(0);
  begunAgain.inc(0);
  const gauge = (name: string, help: string, value: (count: QueueCount) => number): Gauge =>
    new Gauge({
      name,
      help,
      labelNames: ['account', 'region'] as const,
      registers,
      async collect() {
        this.reset();
        this.set({ account: 'local', region: 'local' }, 0); // there before the first build
        for (const count of await queues()) this.set({ account: count.account, region: count.region }, value(count));
      },
    });
  return {
    finished,
    duration,
    queueWait,
    poll,
    accountLimitHits,
    takeovers,
    begunAgain,
    gauges: [
      gauge('codebuild_queue_depth', 'Builds that wait for their turn', ({ waiting }) => waiting),
      gauge('codebuild_builds_running', 'Builds that run', ({ running }) => running),
    ],
  };
}
export type BuildMetrics = ReturnType<typeof buildMetrics>;
