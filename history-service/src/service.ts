/** history-service, composed: the audit chain with its checkpoints, search, verification, export, and the mission's operation history. */
import { mkdirSync } from 'node:fs';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { serviceModule, type Runtime, type Service } from '@aws-deployer/platform/runtime/service';
import { HistoryConfig } from './config.js';
import { chainKeysIn } from './entries/chain-keys.js';
import { ChainLock } from './entries/chain-lock.js';
import { ChainService } from './entries/chain-service.js';
import { EntryReadModel } from './entries/entry-read-model.js';
import { historyMetrics } from './entries/metrics.js';
import { entryRoute, entryRoutes } from './entries/routes.js';
import { exportRoute } from './export/routes.js';
import { auditLog } from './migrations/0001-audit-log.js';
import { auditCheckpoints } from './migrations/0002-audit-checkpoints.js';
import { savedEntries } from './migrations/0003-saved-entries.js';
import { savedRoutes } from './saved/routes.js';
import type { HistorySchema } from './schema.js';
import { Checkpoints } from './verification/checkpoints.js';
import { verificationRoute } from './verification/routes.js';
import { Verification } from './verification/verification.js';

async function createHistory(
  config: HistoryConfig,
  { database, register, shared, log, stopping }: Runtime<HistorySchema>,
): Promise<Service> {
  mkdirSync(shared.DATA_DIR, { recursive: true });
  const keys = chainKeysIn(shared.DATA_DIR, config.HISTORY_SIGNING_KEY);
  const metrics = historyMetrics(register);
  const checkpoints = new Checkpoints({
    database,
    keys,
    log,
    clock: systemClock,
    dataDir: shared.DATA_DIR,
    everyRows: config.CHECKPOINT_ROWS,
    everyMs: config.CHECKPOINT_SECONDS * 1000,
    made: metrics.checkpoints,
  });
  await checkpoints.load();
  const chain = new ChainService({ lock: new ChainLock(database), keys, checkpoints, metrics, log });
  const entries = new EntryReadModel(database);
  const verification = new Verification({ database, keys, checkpoints, signal: stopping }, metrics.broken, log);
  const verifying = verification.verifyEvery(config.VERIFY_SECONDS * 1000);
  return {
    routes: [
      ...entryRoutes(chain, entries),
      verificationRoute(verification),
      exportRoute(entries),
      entryRoute(entries),
      ...savedRoutes(database, systemClock),
    ],
    stop: async () => {
      await checkpoints.stop();
      await verifying;
    },
  };
}

export const history = serviceModule<HistorySchema, typeof HistoryConfig>({
  name: 'history',
  config: HistoryConfig,
  migrations: {
    '0001-audit-log': auditLog,
    '0002-audit-checkpoints': auditCheckpoints,
    '0003-saved-entries': savedEntries,
  },
  appendOnlyTables: ['audit_log', 'audit_checkpoints'],
  create: createHistory,
});
