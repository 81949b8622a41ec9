/** The cluster alone, for kubectl: `node dist/main.js`. Reads DATA_DIR, LOCAL_CLUSTER_PORT, LOCAL_GATEWAY_PORT, DOCKER_HOST. */
import { createLogger } from '@aws-deployer/platform/observability/logger';
import { stopOnSignal } from '@aws-deployer/platform/runtime/stop-on-signal';
import { startLocalCluster } from './cluster.js';

const { DATA_DIR = '.data', LOCAL_CLUSTER_PORT = '6443', LOCAL_GATEWAY_PORT = '0', DOCKER_HOST } = process.env;
const starting = startLocalCluster({
  dataDir: DATA_DIR,
  port: Number(LOCAL_CLUSTER_PORT),
  gatewayPort: Number(LOCAL_GATEWAY_PORT),
  runtimes: 'auto',
  dockerHost: DOCKER_HOST,
  log: createLogger({ service: 'local-cluster' }),
});
stopOnSignal(async () => (await starting).stop());
const cluster = await starting;
process.stdout.write(`cluster ${cluster.url}, gateway ${cluster.gatewayUrl}: ${cluster.engines.why}\n`);
