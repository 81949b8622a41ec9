/** monitor-service, composed: the activity of all with its live stream, the health of every service, and the alerts of Prometheus. */
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { serviceModule, type Runtime, type Service } from '@aws-deployer/platform/runtime/service';
import { ActivityFeed } from './activity/activity-feed.js';
import { ActivityReadModel } from './activity/activity-read-model.js';
import { ActivityWriter } from './activity/activity-writer.js';
import { activityMetrics } from './activity/metrics.js';
import { activityRoutes } from './activity/routes.js';
import { AlertReadModel } from './alerts/alert-read-model.js';
import { AlertStore } from './alerts/alert-store.js';
import { alertRoutes } from './alerts/routes.js';
import { MonitorConfig } from './config.js';
import { activity as activityMigration } from './migrations/0001-activity.js';
import { alerts as alertsMigration } from './migrations/0002-alerts.js';
import type { MonitorSchema } from './schema.js';
import { HealthPoller } from './services/health-poller.js';
import { serviceMetrics } from './services/metrics.js';
import { serviceRoutes } from './services/routes.js';

function createMonitor(config: MonitorConfig, runtime: Runtime<MonitorSchema>): Service {
  const { database, register, shared, log, stopping } = runtime;
  const metrics = activityMetrics(register);
  const activity = new ActivityReadModel(database);
  const feed = new ActivityFeed(activity, log, (count) => metrics.watchers.set(count));
  const writer = new ActivityWriter(database, () => feed.wake());
  const poller = new HealthPoller({
    urls: {
      deployer: shared.DEPLOYER_URL,
      codebuild: shared.CODEBUILD_URL,
      history: shared.HISTORY_URL,
      monitor: shared.MONITOR_URL,
      auth: shared.AUTH_URL,
      infra: shared.INFRA_URL,
    },
    everyMs: config.HEALTH_POLL_SECONDS * 1000,
    clock: systemClock,
    metrics: serviceMetrics(register),
    stopping,
  });
  return {
    routes: [
      ...activityRoutes({ writer, activity, feed, metrics, clock: systemClock }),
      ...serviceRoutes(poller),
      ...alertRoutes({
        store: new AlertStore(database, systemClock),
        alerts: new AlertReadModel(database),
        alertmanagerToken: config.ALERTMANAGER_TOKEN,
      }),
    ],
    start: async () => poller.start(),
    stop: async () => {
      await poller.stop();
      await feed.stop();
    },
  };
}

export const monitor = serviceModule<MonitorSchema, typeof MonitorConfig>({
  name: 'monitor',
  config: MonitorConfig,
  migrations: { '0001-activity': activityMigration, '0002-alerts': alertsMigration },
  create: createMonitor,
});
