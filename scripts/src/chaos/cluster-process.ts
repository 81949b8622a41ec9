/** The embedded cluster and registry as a process of their own. Reads DATA_DIR, CLUSTER_PORT, GATEWAY_PORT, REGISTRY_PORT. */
import { startLocalCluster } from '@aws-deployer/local-cluster/cluster';
import { startLocalRegistry } from '@aws-deployer/local-registry/registry';
import { createLogger } from '@aws-deployer/platform/observability/logger';
import { stopOnSignal } from '@aws-deployer/platform/runtime/stop-on-signal';

const { DATA_DIR = '.data', CLUSTER_PORT = '0', GATEWAY_PORT = '0', REGISTRY_PORT = '0' } = process.env;
const log = createLogger({ service: 'local-cluster' });
const registry = await startLocalRegistry({ dataDir: DATA_DIR, port: Number(REGISTRY_PORT), log });
const cluster = await startLocalCluster({
  dataDir: DATA_DIR,
  port: Number(CLUSTER_PORT),
  gatewayPort: Number(GATEWAY_PORT),
  runtimes: 'auto',
  dockerHost: 'unix:///nowhere/docker.sock', // pods are host processes: no engine is found by accident
  log,
});
stopOnSignal(async () => {
  await Promise.all([cluster.stop(), registry.stop()]);
});
