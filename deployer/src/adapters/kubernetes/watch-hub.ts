/**
 * One watch per kind and namespace, however many follow it: a hundred rollouts of one namespace are not six hundred watches. Who comes
 * later gets what is known at once; the watch ends with its last follower.
 */
import type { AppError } from '@aws-deployer/platform/errors/app-error';
import type { ClusterChange, Manifest } from '../../ports/cluster.js';
import type { KubeRequests } from './kube-requests.js';
import { watchKind, type KubeWatchOptions } from './kube-watch.js';

export type FollowOptions = Pick<KubeWatchOptions, 'path' | 'kind' | 'onChange' | 'onTrouble'>;

interface SharedWatch {
  readonly objects: Map<string, Manifest>;
  readonly followers: Set<FollowOptions>;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  trouble: AppError | undefined;
}

export class WatchHub {
  private readonly shared = new Map<string, SharedWatch>();

  constructor(
    private readonly requests: KubeRequests,
    private readonly relistMs: number | undefined,
  ) {}

  /** Resolves when `signal` aborts; rejects with AppError when the cluster forbids the watch. */
  async follow(follower: FollowOptions, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const watch = this.shared.get(follower.path) ?? this.start(follower);
    for (const object of watch.objects.values()) follower.onChange({ type: 'ADDED', object });
    if (watch.trouble !== undefined) follower.onTrouble(watch.trouble);
    watch.followers.add(follower);
    const left = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => left.resolve(), { once: true });
    try {
      await Promise.race([left.promise, watch.done]);
    } finally {
      watch.followers.delete(follower);
      if (watch.followers.size === 0) {
        if (this.shared.get(follower.path) === watch) this.shared.delete(follower.path);
        watch.stop.abort();
        // What it was doing ends with it; if it failed, every follower was told.
        await watch.done.catch(() => undefined);
      }
    }
  }

  private start({ path, kind }: FollowOptions): SharedWatch {
    const stop = new AbortController();
    const objects = new Map<string, Manifest>();
    const followers = new Set<FollowOptions>();
    const onChange = (change: ClusterChange): void => {
      const id = change.object.metadata.uid ?? change.object.metadata.name;
      if (change.type === 'DELETED') objects.delete(id);
      else objects.set(id, change.object);
      for (const follower of followers) follower.onChange(change);
    };
    const onTrouble = (error: AppError | undefined): void => {
      watch.trouble = error;
      for (const follower of followers) follower.onTrouble(error);
    };
    const relist = this.relistMs === undefined ? {} : { relistMs: this.relistMs };
    const done = watchKind(this.requests, { path, kind, onChange, onTrouble, ...relist }, stop.signal).finally(() => {
      if (this.shared.get(path) === watch) this.shared.delete(path);
    });
    const watch: SharedWatch = { objects, followers, stop, done, trouble: undefined };
    this.shared.set(path, watch);
    return watch;
  }
}
