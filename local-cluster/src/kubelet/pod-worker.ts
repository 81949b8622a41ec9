/**
 * One pod on this machine: volumes, init containers one after the other, then all containers at once; its status in the
 * store follows. When the pod is deleted its containers are ended within the grace period, after the network has taken
 * it out, and only then the object goes. In one file: start, status and end share the pod's one state.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { kubeTime } from '../controllers/conditions.js';
import type { Pod } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { isStatusError } from '../store/status-error.js';
import { delay } from './abortable-delay.js';
import { ContainerSupervisor, type PodContext } from './container-supervisor.js';
import type { ContainerRuntime, RunningContainer, RuntimeName } from './container-runtime.js';
import type { ImageService } from './image-service.js';
import { notesOf } from './pod-annotations.js';
import { RETRY_MS } from './image-obtainer.js';
import { noSandboxBecause } from './pod-sandbox.js';
import { podStatus } from './pod-status.js';
import { NODE_NAME } from './node-status.js';
import { MountError, mountsOf, prepareVolumes } from './pod-volumes.js';
import { pullCredential } from './pull-credential.js';

const PODS = 'core/pods';
/** How long requests under way may keep an ending pod from hearing TERM. */
const MAX_DRAIN_MS = 5_000;
const ADOPT_AGAIN_MS = 500;

export interface PodWorkerParts {
  readonly client: ClusterClient;
  readonly images: ImageService;
  readonly dataDir: string;
  readonly log: Logger;
  /** A loopback address for a pod without a network of its own. */
  readonly loopbackIp: string;
  /** Environment that names the Services of the pod's namespace. */
  readonly serviceEnvironment: (pod: Pod, runtime: RuntimeName) => Readonly<Record<string, string>>;
  /** Resolves when no request through a Service is under way to the pod any more. */
  readonly drain: (podUid: string, timeoutMs: number) => Promise<void>;
}

export class PodWorker {
  private readonly ends = new AbortController();
  private readonly context: PodContext;
  private readonly init: ContainerSupervisor[];
  private readonly containers: ContainerSupervisor[];
  private folders: ReadonlyMap<string, string> = new Map();
  private sandboxReady = false;
  private ending = false;
  /** The status is not written any more: the object is gone, or the whole cluster stops. */
  private silent = false;
  private leaving = false;
  private started = false;
  private podIp: string | undefined;
  /** Of the ending in course. */
  private graceMs = 0;
  private readonly startTime: string;
  private ran: Promise<void> = Promise.resolve();
  private termination: Promise<void> | undefined;

  constructor(
    private current: Pod,
    private readonly parts: PodWorkerParts,
  ) {
    this.startTime = current.status?.startTime ?? kubeTime();
    this.podIp = current.status?.podIP;
    this.context = this.makeContext();
    const inits = current.spec?.initContainers ?? [];
    const waitingFor = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
    this.init = inits.map((spec) => new ContainerSupervisor(this.context, spec, true, waitingFor));
    this.containers = (current.spec?.containers ?? []).map(
      (spec) => new ContainerSupervisor(this.context, spec, false, waitingFor),
    );
  }

  get uid(): string {
    return this.current.metadata.uid ?? '';
  }
  get isEnding(): boolean {
    return this.ending;
  }
  /** What runs now. */
  container(name: string): RunningContainer | undefined {
    return [...this.containers, ...this.init].find(({ spec }) => spec.name === name)?.running;
  }
  /** Resolves when the pod has ended for good. */
  get done(): Promise<void> {
    return this.ran;
  }

  update(pod: Pod): void {
    this.current = pod;
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    this.ran = this.run().catch((error: unknown) => {
      this.parts.log.error('a pod worker failed', { pod: this.current.metadata.name, error });
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.ends;
    const adopted = (await Promise.all(this.parts.images.all.map((runtime) => this.adopt(runtime)))).flat();
    const adoptedOf = (supervisor: ContainerSupervisor): RunningContainer | undefined =>
      adopted.find(({ name }) => name === supervisor.spec.name);
    if (signal.aborted) {
      await Promise.all(adopted.map((container) => container.stop(this.graceMs)));
      return;
    }
    const goesOn = this.containers.some((supervisor) => adoptedOf(supervisor) !== undefined);
    this.sandboxReady = goesOn;
    this.publish();
    await this.mount(signal);
    await this.makeSandbox(signal);
    if (signal.aborted) return;
    this.sandboxReady = true;
    this.publish();
    for (const supervisor of this.init) {
      if (goesOn && supervisor.view.state.terminated?.exitCode === 0) continue;
      await supervisor.run(signal, adoptedOf(supervisor));
      if (signal.aborted) return;
      if (supervisor.view.state.terminated?.exitCode !== 0) {
        this.publish();
        return; // restartPolicy Never: the pod has failed
      }
    }
    if (this.init.length > 0)
      for (const { view } of this.containers)
        if (view.state.waiting !== undefined) view.state = { waiting: { reason: 'PodInitializing' } };
    const [first, ...others] = this.containers;
    if (first === undefined) return;
    const running = [first.run(signal, adoptedOf(first))];
    // The others join the network of the first, so it has its first try before them.
    if (others.length > 0) await first.tried;
    for (const supervisor of others) running.push(supervisor.run(signal, adoptedOf(supervisor)));
    await Promise.all(running);
    if (!signal.aborted) this.publish();
  }

  /** An engine that fails is asked again: without its answer nothing of the pod may be started, nor is it ended. */
  private async adopt(runtime: ContainerRuntime): Promise<readonly RunningContainer[]> {
    while (!this.silent) {
      try {
        return await runtime.adopt(this.uid);
      } catch (error) {
        const pod = this.current.metadata.name;
        this.parts.log.warn('what runs of a pod could not be found out, and is asked again', { pod, error });
        await sleep(ADOPT_AGAIN_MS);
      }
    }
    return [];
  }

  private async mount(signal: AbortSignal): Promise<void> {
    for (let waitMs = 500; !signal.aborted; waitMs = Math.min(waitMs * 2, 122_000)) {
      try {
        this.folders = await prepareVolumes(this.parts.client, this.current, this.podDir);
        return;
      } catch (error) {
        if (!(error instanceof MountError)) this.parts.log.warn('a volume could not be prepared', { error });
        this.parts.client.event(this.current, 'Warning', 'FailedMount', messageOf(error), 'kubelet', {
          host: NODE_NAME,
        });
        await delay(waitMs, signal);
      }
    }
  }

  /** Tried again as often as the kubelet's syncs fall. */
  private async makeSandbox(signal: AbortSignal): Promise<void> {
    const { client } = this.parts;
    for (let why = noSandboxBecause(client, this.current); why !== undefined && !signal.aborted;) {
      client.event(this.current, 'Warning', 'FailedCreatePodSandBox', why, 'kubelet', { host: NODE_NAME });
      await delay(RETRY_MS, signal);
      why = noSandboxBecause(client, this.current);
    }
  }

  /** Ends the pod because it is being deleted. Called again with a shorter grace period, that one counts. */
  terminate(graceMs: number): Promise<void> {
    if (this.termination !== undefined) {
      if (graceMs < this.graceMs)
        for (const supervisor of [...this.init, ...this.containers])
          supervisor.running?.stop(graceMs).catch(() => undefined); // the end that is under way tries again
      this.graceMs = Math.min(graceMs, this.graceMs);
      return this.termination;
    }
    this.start(); // to adopt, and then end, what an earlier run of this program left
    this.ending = true;
    this.graceMs = graceMs;
    for (const { running, spec } of [...this.init, ...this.containers])
      if (running !== undefined) this.context.event(spec, 'Normal', 'Killing', `Stopping container ${spec.name}`);
    this.publish();
    this.termination = this.end(graceMs, () => this.parts.drain(this.uid, Math.min(graceMs, MAX_DRAIN_MS))).then(
      async (ended) => {
        if (!ended) return;
        this.publish();
        await this.release();
      },
    );
    return this.termination;
  }

  /** Ends the containers because this process ends: the pod stays in the store and comes back with the next start. */
  async shutdown(graceMs: number): Promise<void> {
    this.silent = true;
    this.leaving = true;
    this.started = true;
    await this.end(graceMs);
  }

  /** The object is gone: whatever still runs of it ends. */
  async gone(): Promise<void> {
    this.silent = true;
    await (this.termination ?? this.end(1_000));
    await rm(this.podDir, { recursive: true, force: true });
  }

  /** False: something still runs that could not be stopped, and this process ends. */
  private async end(graceMs: number, beforeTerm?: () => Promise<void>): Promise<boolean> {
    this.ends.abort();
    const ended = await Promise.all(
      [...this.init, ...this.containers].map((supervisor) => supervisor.stop(graceMs, beforeTerm)),
    );
    if (ended.includes(false)) return false;
    await this.ran;
    return true;
  }

  private async release(): Promise<void> {
    if (this.silent) return;
    const { namespace, name } = this.current.metadata;
    this.silent = true;
    try {
      const present = this.parts.client.get(PODS, namespace, name);
      if (present?.metadata.uid === this.uid)
        this.parts.client.delete(PODS, namespace, name, { gracePeriodSeconds: 0 });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
    await rm(this.podDir, { recursive: true, force: true });
  }

  private get podDir(): string {
    return join(this.parts.dataDir, 'pods', this.uid);
  }

  private publish(): void {
    if (this.silent) return;
    const { namespace, name } = this.current.metadata;
    try {
      this.parts.client.updateStatus<Pod>(PODS, namespace, name, (pod) => {
        if (pod.metadata.uid !== this.uid) return undefined;
        const status = podStatus({
          pod,
          init: this.init.map(({ view }) => view),
          containers: this.containers.map(({ view }) => view),
          sandboxReady: this.sandboxReady,
          startTime: this.startTime,
          podIp: this.podIp,
          ending: this.ending,
        });
        return JSON.stringify(status) === JSON.stringify(pod.status) ? undefined : { ...pod, status };
      });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
      this.silent = true;
    }
  }

  private makeContext(): PodContext {
    const { client, images, dataDir } = this.parts;
    return {
      client,
      images,
      dataDir,
      pod: () => this.current,
      podIp: () => this.podIp ?? this.parts.loopbackIp,
      publish: () => this.publish(),
      event: (spec, type, reason, message) => {
        if (this.silent) return;
        const init = this.init.some((one) => one.spec.name === spec.name);
        client.event(this.current, type, reason, message, 'kubelet', {
          fieldPath: `spec.${init ? 'initContainers' : 'containers'}{${spec.name}}`,
          host: NODE_NAME,
        });
      },
      services: (runtime) => this.parts.serviceEnvironment(this.current, runtime),
      credential: (image) => pullCredential(client, this.current, image),
      mounts: (spec) => mountsOf(spec, this.folders),
      networkOf: (spec) => {
        // Containers of a pod share one network: that of the first one that runs.
        const other = this.containers.find(
          (supervisor) => supervisor.running !== undefined && supervisor.spec.name !== spec.name,
        );
        return other?.running?.containerId;
      },
      runs: (container) => this.noteAddress(container),
      graceMs: () => (this.current.spec?.terminationGracePeriodSeconds ?? 30) * 1000,
      leaving: () => this.leaving,
    };
  }

  /** The address and the annotations that say how to reach the pod are there before it can be ready. */
  private noteAddress(container: RunningContainer): void {
    this.podIp = container.ip ?? this.podIp ?? this.parts.loopbackIp;
    const { namespace, name } = this.current.metadata;
    try {
      const updated = this.parts.client.update<Pod>(PODS, namespace, name, (pod) => {
        if (pod.metadata.uid !== this.uid) return undefined;
        const annotations = notesOf(pod, container);
        if (annotations === undefined) return undefined;
        pod.metadata.annotations = annotations;
        return pod;
      });
      if (updated !== undefined) this.current = updated;
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
      this.silent = true; // deleted meanwhile: its end is under way
    }
  }
}
