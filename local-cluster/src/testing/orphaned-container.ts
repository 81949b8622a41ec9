/**
 * What a kill leaves that falls between the start of a container and the next status of its pod: the pod is in the store
 * as it was bound to this node, its Service too, and the container runs though nothing of it was noted.
 */
import { join } from 'node:path';
import { openClusterState } from '../api/cluster-state.js';
import { createLogFile } from '../kubelet/container-log.js';
import type { ContainerRuntime, ContainerSpec, RunningContainer } from '../kubelet/container-runtime.js';
import { containerSecurity } from '../kubelet/container-security.js';
import { NODE_NAME } from '../kubelet/node-status.js';
import type { Pod } from '../resources/types.js';
import { webDeployment, webService } from './running-cluster.js';

/** As the kubelet asks a runtime for the container `web` of the pod `web-1`. */
export const webContainer = (
  dataDir: string,
  image: { readonly reference: string; readonly imageId: string },
  podUid: string,
): ContainerSpec => ({
  podUid,
  podName: 'web-1',
  namespace: 'default',
  name: 'web',
  attempt: 0,
  image: image.reference,
  imageId: image.imageId,
  command: undefined,
  args: undefined,
  workingDir: undefined,
  env: {},
  ports: [8080],
  mounts: [],
  memoryLimitBytes: undefined,
  cpuLimitCores: undefined,
  security: containerSecurity({}, { name: 'web' }),
  logFile: join(dataDir, 'logs', 'pods', podUid, 'web', '0.log'),
  hostname: 'web-1',
  podAnnotations: {},
  networkOf: undefined,
});

export async function orphanedContainer(
  dataDir: string,
  runtime: ContainerRuntime,
  reference: string,
): Promise<RunningContainer> {
  const problems: unknown[] = [];
  const state = openClusterState({ dataDir, onError: (what, error) => problems.push(what, error) });
  const { template } = webDeployment({ image: reference }).spec as {
    template: { metadata: Record<string, unknown>; spec: Record<string, unknown> };
  };
  const client = state.clientFor('test');
  client.create('core/services', webService());
  const pod = client.create<Pod>('core/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...template.metadata, name: 'web-1', namespace: 'default' },
    spec: { ...template.spec, nodeName: NODE_NAME },
  } as Pod);
  state.stop();
  if (problems.length > 0) throw new AggregateError(problems);
  const { imageId } = await runtime.pull(reference, undefined, new AbortController().signal);
  const spec = webContainer(dataDir, { reference, imageId }, pod.metadata.uid ?? '');
  await createLogFile(spec.logFile);
  return runtime.start(spec);
}
