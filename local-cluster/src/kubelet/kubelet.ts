/**
 * Runs the pods of this node: a worker for each pod that has not ended, from the store's events; after a restart of this
 * process the pods of the store come back (what still runs is adopted, the rest is started again).
 */
import { rm } from 'node:fs/promises';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { isPodFinished } from '../controllers/pod-state.js';
import type { Pod } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { WatchEvent } from '../store/object-store.js';
import { podLogDir } from './container-log.js';
import type { RunningContainer, RuntimeName } from './container-runtime.js';
import type { ImageService } from './image-service.js';
import { NODE_NAME } from './node-status.js';
import { PodWorker } from './pod-worker.js';

const PODS = 'core/pods';
/** What is left of the five seconds a stop may take. */
const SHUTDOWN_GRACE_MS = 3_000;

export interface KubeletParts {
  readonly client: ClusterClient;
  readonly images: ImageService;
  readonly dataDir: string;
  readonly log: Logger;
  readonly serviceEnvironment: (pod: Pod, runtime: RuntimeName) => Readonly<Record<string, string>>;
  readonly drain: (podUid: string, timeoutMs: number) => Promise<void>;
}

export class Kubelet {
  private readonly workers = new Map<string, PodWorker>();
  private readonly starting: PodWorker[] = [];
  private readonly ending = new Set<Promise<unknown>>();
  private readonly addresses = new Map<string, string>();
  private unsubscribe: (() => void) | undefined;

  constructor(private readonly parts: KubeletParts) {}

  async start(): Promise<void> {
    const { client, images } = this.parts;
    const pods = client.list<Pod>(PODS).filter(isOurs);
    for (const { metadata, status } of pods)
      if (status?.podIP !== undefined && metadata.uid !== undefined) this.addresses.set(status.podIP, metadata.uid);
    const known = new Set(pods.filter((pod) => !isPodFinished(pod)).flatMap(({ metadata }) => metadata.uid ?? []));
    for (const runtime of images.all)
      await runtime.endStrays(known).catch((error: unknown) =>
        // What is left over is in nobody's way; the pods that are wanted need this start.
        this.parts.log.warn('what an earlier run left could not be ended', { runtime: runtime.name, error }),
      );
    this.unsubscribe = client.watch([PODS], (event) => this.onEvent(event));
    for (const pod of client.list<Pod>(PODS)) this.follow(pod);
  }

  /** What runs now of a container. */
  container(podUid: string, name: string): RunningContainer | undefined {
    return this.workers.get(podUid)?.container(name);
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    await Promise.all([...this.workers.values()].map((worker) => worker.shutdown(SHUTDOWN_GRACE_MS)));
    await Promise.all(this.ending);
  }

  private onEvent({ type, object }: WatchEvent): void {
    if (type === 'DELETED') this.forget(object as Pod);
    else this.follow(object as Pod);
  }

  private follow(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const deleted = pod.metadata.deletionTimestamp !== undefined;
    let worker = this.workers.get(uid);
    if (worker === undefined) {
      // A pod that has ended needs nobody, unless it is to be deleted and something must take it away.
      if (!isOurs(pod) || (isPodFinished(pod) && !deleted)) return;
      worker = new PodWorker(pod, { ...this.parts, loopbackIp: this.addressFor(uid) });
      this.workers.set(uid, worker);
      this.starting.push(worker);
      if (this.starting.length === 1) setImmediate(() => this.startNext());
    }
    worker.update(pod);
    if (deleted) this.track(worker.terminate((pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000));
  }

  /** One worker a turn of the event loop: a hundred pods at once must not keep everything else waiting. */
  private startNext(): void {
    const [worker] = this.starting;
    worker?.start();
    this.starting.shift();
    if (this.starting.length > 0) setImmediate(() => this.startNext());
  }

  private forget(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.workers.get(uid);
    this.workers.delete(uid);
    for (const [address, owner] of this.addresses) if (owner === uid) this.addresses.delete(address);
    const logs = rm(podLogDir(this.parts.dataDir, uid), { recursive: true, force: true });
    this.track(Promise.all([worker?.gone(), logs]));
  }

  private track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => this.parts.log.error('ending a pod failed', { error }))
      .finally(() => this.ending.delete(tracked));
    this.ending.add(tracked);
  }

  /** A loopback address that no other pod has. */
  private addressFor(podUid: string): string {
    for (const [address, owner] of this.addresses) if (owner === podUid) return address;
    for (;;) {
      const part = (): number => Math.floor(Math.random() * 254) + 1;
      const address = `127.${String(64 + Math.floor(part() / 2))}.${String(part())}.${String(part())}`;
      if (this.addresses.has(address)) continue;
      this.addresses.set(address, podUid);
      return address;
    }
  }
}

const isOurs = (pod: Pod): boolean => pod.spec?.nodeName === NODE_NAME;
