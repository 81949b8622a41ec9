/** A cluster in this process for a test: store in memory or in a temporary folder, no HTTP API, ended with the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { openClusterState } from '../api/cluster-state.js';
import { startControlPlane, type ControlPlane } from '../control-plane.js';
import type { Runtimes } from '../kubelet/image-service.js';
import { ProcessRuntime } from '../kubelet/runtimes/process-runtime.js';
import { SimulatedRuntime } from '../kubelet/runtimes/simulated-runtime.js';
import type { KubeEvent } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { KubeObject } from '../store/object-store.js';

export interface TestCluster {
  readonly client: ClusterClient;
  readonly plane: ControlPlane;
  readonly dataDir: string;
  /** `Reason: message` of the Events about an object, oldest first. */
  events(name: string): string[];
  stop(): Promise<void>;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'local-cluster-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

export const simulatedRuntimes = (): Runtimes => ({
  docker: undefined,
  process: undefined,
  simulated: new SimulatedRuntime(),
  noEngineBecause: 'simulation',
});
export const processRuntimes = (dataDir: string): Runtimes => ({
  docker: undefined,
  process: new ProcessRuntime(dataDir, silentLogger),
  simulated: undefined,
  noEngineBecause: 'none in this test',
});

export async function runningCluster(
  makeRuntimes: (dataDir: string) => Runtimes | Promise<Runtimes>,
  dataDir?: string,
): Promise<TestCluster> {
  const folder = dataDir ?? (await temporaryFolder());
  const problems: unknown[] = [];
  const state = openClusterState({ dataDir: folder, onError: (what, error) => problems.push(what, error) });
  const client = state.clientFor('test');
  const plane = await startControlPlane({
    clientFor: (manager) => state.clientFor(manager),
    runtimes: await makeRuntimes(folder),
    dataDir: folder,
    gatewayPort: 0,
    log: { ...silentLogger, error: (message, fields) => problems.push(message, fields) },
  });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await plane.stop();
    state.stop();
    if (problems.length > 0)
      throw new AggregateError(problems, `the cluster reported problems: ${JSON.stringify(problems)}`);
  };
  onTestFinished(stop);
  return {
    client,
    plane,
    dataDir: folder,
    stop,
    events: (name) =>
      client
        .list<KubeEvent>('core/events')
        .filter((event) => event.involvedObject.name === name)
        .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
        .map(({ reason, message }) => `${reason ?? ''}: ${message ?? ''}`),
  };
}

/** Waits until `look` answers something; the message says what was waited for. */
export async function eventually<T>(
  what: string | (() => string),
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline)
      throw new Error(`waited ${String(timeoutMs)} ms for: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const webDeployment = (overrides: {
  replicas?: number;
  image?: string;
  annotations?: Record<string, string>;
  strategy?: Record<string, unknown>;
  container?: Record<string, unknown>;
  spec?: Record<string, unknown>;
  pod?: Record<string, unknown>;
}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: overrides.replicas ?? 2,
    selector: { matchLabels: { app: 'web' } },
    ...(overrides.strategy === undefined ? {} : { strategy: overrides.strategy }),
    template: {
      metadata: {
        labels: { app: 'web' },
        ...(overrides.annotations === undefined ? {} : { annotations: overrides.annotations }),
      },
      spec: {
        terminationGracePeriodSeconds: 2,
        containers: [
          {
            name: 'web',
            image: overrides.image ?? 'registry.test/web:v1',
            ports: [{ containerPort: 8080 }],
            readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1 },
            ...overrides.container,
          },
        ],
        ...overrides.pod,
      },
    },
    ...overrides.spec,
  },
});

export const webService = (spec: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
});
