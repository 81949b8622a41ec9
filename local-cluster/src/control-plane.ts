/**
 * Everything of the cluster that acts: controllers, scheduler, kubelet, Services and gateway, wired to a store. The API
 * server is not here: tests and simulations drive a cluster through its client alone.
 */
import { resolve } from 'node:path';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { createAutoscalerController } from './controllers/autoscaler-controller.js';
import { createCronJobController } from './controllers/cronjob-controller.js';
import { createDaemonSetController } from './controllers/daemonset-controller.js';
import { createDeploymentController } from './controllers/deployment-controller.js';
import { createDisruptionController } from './controllers/disruption-controller.js';
import { createEndpointSliceController } from './controllers/endpointslice-controller.js';
import { createGatewayController } from './controllers/gateway-controller.js';
import { createJobController } from './controllers/job-controller.js';
import { createQuotaController } from './controllers/quota-controller.js';
import { createReplicaSetController } from './controllers/replicaset-controller.js';
import { createStatefulSetController } from './controllers/statefulset-controller.js';
import { createVolumeController } from './controllers/volume-controller.js';
import { ImageService, type Runtimes } from './kubelet/image-service.js';
import { Kubelet } from './kubelet/kubelet.js';
import { NodeStatus } from './kubelet/node-status.js';
import { createScheduler } from './kubelet/scheduler.js';
import { Endpoints } from './network/endpoints.js';
import { Forwarder } from './network/forwarder.js';
import { Gateway } from './network/gateway.js';
import { ServiceNetwork } from './network/service-network.js';
import type { ClusterClient } from './store/cluster-client.js';

/** What kubectl shows as the node's version. */
export const KUBELET_VERSION = 'v1.36.0-local';

export interface ControlPlaneParts {
  /** A client whose writes are owned by the named manager. */
  readonly clientFor: (manager: string) => ClusterClient;
  readonly runtimes: Runtimes;
  readonly dataDir: string;
  readonly gatewayPort: number;
  readonly log: Logger;
}
export interface ControlPlane {
  readonly gatewayPort: number;
  readonly kubelet: Kubelet;
  readonly endpoints: Endpoints;
  readonly forwarder: Forwarder;
  stop(): Promise<void>;
}

export async function startControlPlane(parts: ControlPlaneParts): Promise<ControlPlane> {
  const { runtimes, log } = parts;
  // Volumes and logs are named to engines and to processes that run elsewhere.
  const dataDir = resolve(parts.dataDir);
  const controllers = parts.clientFor('kube-controller-manager');
  const nodeClient = parts.clientFor('kubelet');
  const images = new ImageService(runtimes);
  const endpoints = new Endpoints(controllers);
  const forwarder = new Forwarder(endpoints);
  const services = new ServiceNetwork(controllers, endpoints, forwarder, log);
  const gateway = new Gateway(controllers, endpoints, forwarder, log);
  const node = new NodeStatus(
    nodeClient,
    images.all.map(({ name, version }) => `${name}://${version}`).join(','),
    KUBELET_VERSION,
  );
  const kubelet = new Kubelet({
    client: nodeClient,
    images,
    dataDir,
    log,
    // A container has a network of its own, in which this host's loopback addresses mean nothing.
    serviceEnvironment: (pod, runtime) => (runtime === 'docker' ? {} : services.environmentFor(pod)),
    drain: (podUid, timeoutMs) => endpoints.drain(podUid, timeoutMs),
  });
  const loops = [
    createScheduler(parts.clientFor('kube-scheduler'), log),
    createEndpointSliceController(controllers, log),
    createReplicaSetController(controllers, log),
    createDeploymentController(controllers, log),
    createJobController(controllers, log),
    createCronJobController(controllers, log),
    createStatefulSetController(controllers, log),
    createDaemonSetController(controllers, log),
    createAutoscalerController(controllers, log),
    createDisruptionController(controllers, log),
    createQuotaController(controllers, log),
    createGatewayController(controllers, log),
    createVolumeController(controllers, dataDir, log),
  ];

  const gatewayPort = await gateway.start(parts.gatewayPort);
  node.start();
  services.start();
  for (const loop of loops) loop.start();
  await kubelet.start();
  return {
    gatewayPort,
    kubelet,
    endpoints,
    forwarder,
    async stop() {
      await Promise.all([gateway.stop(), services.stop(), ...loops.map((loop) => loop.stop())]);
      await kubelet.stop();
      await Promise.all(images.all.map((runtime) => runtime.close()));
      node.stop();
      endpoints.stop();
    },
  };
}
