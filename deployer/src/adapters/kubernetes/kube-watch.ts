/**
 * Follows one kind of one namespace: list, watch from there, and list again after 410, a broken line, silence, and every half minute
 * in any case: a watch that lost something, and a half-open connection, look exactly like a quiet cluster.
 *
 * A list after the first is compared with what is known, so that the listener hears of everything that came, changed or went
 * while nobody was watching, each once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { ClusterChange, ClusterRefusal, Manifest } from '../../ports/cluster.js';
import type { KubeRequests } from './kube-requests.js';

interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Manifest & { readonly code?: number; readonly message?: string };
}
interface ListBody {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly items?: readonly Manifest[];
}
export interface KubeWatchOptions {
  readonly path: string;
  readonly kind: { readonly apiVersion: string; readonly kind: string };
  readonly onChange: (change: ClusterChange) => void;
  /** Undefined: it works again. */
  readonly onTrouble: (error: AppError | undefined) => void;
  /** Milliseconds from one list to the next, however lively the watch is. */
  readonly relistMs?: number;
}

const RELIST_MS = 30_000;
/** A list that takes longer is not coming. */
const LIST_MS = 20_000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 8_000;
/** After a restart an API server refuses everybody until it has read its roles; it means it only when it goes on. */
const REFUSED_MS = 60_000;

const versionOf = (object: Manifest): string => object.metadata.resourceVersion ?? '';
const statusOf = (error: AppError): number | undefined => (error.cause as Partial<ClusterRefusal> | undefined)?.status;
const isPassing = ({ kind }: AppError): boolean => kind === 'unavailable' || kind === 'conflict';

/** Resolves when `signal` aborts; rejects with AppError when the cluster forbids the watch or does not know the kind. */
export const watchKind = async (
  requests: KubeRequests,
  { path, kind, onChange, onTrouble, relistMs = RELIST_MS }: KubeWatchOptions,
  signal: AbortSignal,
): Promise<void> => {
  const known = new Map<string, Manifest>();
  const subject = `watch ${kind.kind} ${path}`;
  const change = (type: ClusterChange['type'], object: Manifest): void => {
    const id = object.metadata.uid ?? object.metadata.name;
    const before = known.get(id);
    if (type === 'DELETED') known.delete(id);
    else known.set(id, object);
    if (type !== 'DELETED' && before !== undefined && versionOf(before) === versionOf(object)) return;
    if (type === 'DELETED' && before === undefined) return;
    onChange({ type: type !== 'DELETED' && before !== undefined ? 'MODIFIED' : type, object });
  };

  const list = async (): Promise<string> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)]);
    const body = (await requests.json({ method: 'GET', path, subject, once: true }, limit)) as ListBody;
    const present = new Set<string>();
    for (const item of body.items ?? []) {
      // Items of a list carry neither.
      const object = { ...item, apiVersion: kind.apiVersion, kind: kind.kind };
      present.add(object.metadata.uid ?? object.metadata.name);
      change('ADDED', object);
    }
    for (const [id, object] of known) if (!present.has(id)) change('DELETED', object);
    return body.metadata?.resourceVersion ?? '0';
  };

  /** Resolves to the version to go on from, or undefined when only a new list helps. */
  const follow = async (from: string, forMs: number): Promise<string | undefined> => {
    const over = AbortSignal.timeout(forMs);
    let version = from;
    try {
      const query = { watch: 'true', resourceVersion: from, allowWatchBookmarks: 'true', timeoutSeconds: '290' };
      const body = await requests.stream({ method: 'GET', path, query, subject }, AbortSignal.any([signal, over]));
      body.setEncoding('utf8');
      let rest = '';
      for await (const chunk of body as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line.trim() === '') continue;
          const { type, object } = JSON.parse(line) as WatchLine;
          if (type === 'ERROR') return undefined; // 410 usually; whatever it is, a list tells where we are
          version = versionOf(object) || version;
          if (type !== 'BOOKMARK') change(type, object);
        }
      }
      return version;
    } catch (error) {
      if (over.aborted && !signal.aborted) return undefined;
      // What is wrong with the watch alone (its version is too old, its token has expired) the next list gets over.
      if (error instanceof AppError && (!isPassing(error) || statusOf(error) === 410)) return undefined;
      throw error;
    }
  };

  let wait = FIRST_WAIT_MS;
  let version: string | undefined;
  let listedAt: number | undefined;
  let refusedSince: number | undefined;
  let troubled = false;
  const tell = (error: AppError): void => {
    troubled = true;
    onTrouble(error);
  };
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        version = await list();
        listedAt = Date.now();
        refusedSince = undefined;
      }
      if (troubled) onTrouble(undefined);
      troubled = false;
      const began = Date.now();
      version = await follow(version, Math.max(1, (listedAt ?? began) + relistMs - began));
      if (Date.now() - (listedAt ?? 0) >= relistMs) version = undefined;
      // A server that ends every watch at once must not be asked without a pause.
      if (Date.now() - began > Math.min(1_000, relistMs / 2)) wait = FIRST_WAIT_MS;
      else await pause();
    } catch (error) {
      if (signal.aborted) return;
      version = undefined;
      const known = error instanceof AppError ? error : undefined;
      if (known !== undefined && !isPassing(known)) {
        refusedSince ??= Date.now();
        if (listedAt === undefined || known.kind !== 'forbidden' || Date.now() - refusedSince > REFUSED_MS) throw known;
      }
      tell(
        known ??
          new AppError('unavailable', 'cluster_unreachable', `${subject}: ${messageOf(error)}`, { cause: error }),
      );
      await pause(known?.retryAfterSeconds);
    }
  }

  /** Longer from time to time while nothing works, and never shorter than the server asked for. */
  async function pause(leastSeconds = 0): Promise<void> {
    const jittered = wait * (0.75 + Math.random() / 2);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    await sleep(Math.max(jittered, leastSeconds * 1000), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
};
