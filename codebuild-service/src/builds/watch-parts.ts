/** What it takes to look after the builds of a queue. */
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { AccountAccess } from '../ports/account-access.js';
import type { BuildEngine } from '../ports/build-engine.js';
import type { GateKeeper } from '../quality-gates/gate-keeper.js';
import type { BuildHistory } from '../queue/build-history.js';
import type { QueueLease } from '../queue/queue-lease.js';
import type { CodebuildSchema } from '../schema.js';
import type { BuildLogStore } from './build-log.js';
import type { BuildStore } from './build-store.js';
import type { BuildMetrics } from './metrics.js';
import type { Pace } from './pace.js';

export type BuildEngines = Readonly<Partial<Record<BuildEngine['name'], BuildEngine>>>;
export interface WatchParts {
  readonly database: Database<CodebuildSchema>;
  readonly store: BuildStore;
  readonly logs: BuildLogStore;
  readonly history: BuildHistory;
  readonly accounts: AccountAccess;
  readonly engines: BuildEngines;
  readonly paces: Readonly<Record<BuildEngine['name'], Pace>>;
  readonly gates: Pick<GateKeeper, 'judge'>;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly metrics: BuildMetrics;
  readonly log: Logger;
  /** These builds were written. */
  readonly committed: (ids: readonly string[]) => void;
}
/** What a build says to the queue that it came from. */
export interface QueueSide {
  readonly lease: QueueLease;
  /** The account refused a start because it is full. */
  full(): Promise<void>;
  /** How many builds of the queue run. */
  running(): number;
}
