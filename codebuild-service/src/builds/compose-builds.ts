/** Builds and their queue, composed: what the service starts and stops of them, and what the other slices use. */
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { Route } from '@aws-deployer/platform/http/define-route';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { Registry } from 'prom-client';
import type { BuildProject } from '../build-projects/build-project.js';
import type { AccountAccess } from '../ports/account-access.js';
import type { GateKeeper } from '../quality-gates/gate-keeper.js';
import { BuildHistory } from '../queue/build-history.js';
import { QueueLeaseStore } from '../queue/queue-lease-store.js';
import { QueueSnapshots } from '../queue/queue-snapshot.js';
import { QueueViews } from '../queue/queue-view.js';
import { QueueWorkers } from '../queue/queue-workers.js';
import { queueRoutes } from '../queue/routes.js';
import { TeamWeights } from '../queue/team-weights.js';
import type { CodebuildSchema } from '../schema.js';
import { batchRoutes } from './batch-routes.js';
import { BatchService } from './batch-service.js';
import { BuildFeed } from './build-feed.js';
import { BuildFiles } from './build-files.js';
import { BuildLogStore } from './build-log.js';
import { BuildReadModel } from './build-read-model.js';
import { BuildService } from './build-service.js';
import { BuildStore } from './build-store.js';
import { BuildUsage } from './build-usage.js';
import { findProject } from './find-project.js';
import { buildInsightRoutes } from './insight-routes.js';
import { buildLiveRoutes } from './live-routes.js';
import { buildMetrics } from './metrics.js';
import { buildOutputRoutes } from './output-routes.js';
import { PACES, type Pace } from './pace.js';
import { buildRoutes } from './routes.js';
import type { BuildEngines } from './watch-parts.js';

export interface BuildsParts {
  readonly database: Database<CodebuildSchema>;
  readonly accounts: AccountAccess;
  readonly engines: BuildEngines;
  readonly gates: Pick<GateKeeper, 'judge'>;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly register: Registry;
  readonly log: Logger;
  /** Actions were recorded. */
  readonly recorded: () => void;
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
  /** Tests ask their engines more often. */
  readonly paces?: Readonly<Record<'local' | 'codebuild', Pace>>;
}
export interface Builds {
  readonly builds: BuildService;
  readonly store: BuildStore;
  readonly views: BuildReadModel;
  readonly logs: BuildLogStore;
  readonly feed: BuildFeed;
  readonly routes: readonly Route[];
  start(): void;
  /** Leaves what runs to the next start, or to another process. */
  stop(): Promise<void>;
}

export function composeBuilds(parts: BuildsParts): Builds {
  const { database, accounts, box, clock, register, recorded } = parts;
  const store = new BuildStore(database, clock);
  const logs = new BuildLogStore(database, clock);
  const history = new BuildHistory(database, clock);
  const leases = new QueueLeaseStore(database, clock);
  const snapshots = new QueueSnapshots(database, accounts, history, clock);
  const queues = new QueueViews(snapshots, leases, clock);
  const views = new BuildReadModel(database, store, queues);
  const feed = new BuildFeed({ database, views, logs });
  const committed = (ids: readonly string[]): void => {
    queues.changed();
    for (const id of ids) feed.notify(id);
    recorded();
  };
  const workers = new QueueWorkers(
    {
      ...parts,
      store,
      logs,
      history,
      leases,
      snapshots,
      paces: parts.paces ?? PACES,
      metrics: buildMetrics(register, () => queues.counts()),
      committed,
    },
    parts,
  );
  const builds = new BuildService({
    database,
    store,
    views,
    box,
    clock,
    committed: (ids) => {
      committed(ids);
      workers.wake();
    },
  });
  const projectOf = (idOrName: string): Promise<BuildProject> => findProject(database.db, idOrName);
  return {
    builds,
    store,
    views,
    logs,
    feed,
    routes: [
      ...queueRoutes(queues, new TeamWeights(database)),
      ...buildInsightRoutes(store, views, new BuildUsage(database, clock)), // before `/builds/:id`
      ...buildRoutes({ builds, views, projectOf }),
      ...batchRoutes(new BatchService({ database, builds }), projectOf),
      ...buildOutputRoutes(views, new BuildFiles({ database, store, accounts, engines: parts.engines })),
      ...buildLiveRoutes(feed, logs, views),
    ],
    start: () => workers.start(),
    stop: () => workers.stop(),
  };
}
