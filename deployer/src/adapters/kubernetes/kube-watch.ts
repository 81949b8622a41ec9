/**
 * Follows one kind of one namespace: list, watch from there, and list again after 410, a broken line or silence.
 *
 * A list after the first is compared with what is known, so that the listener hears of everything that came, changed or went
 * while nobody was watching, each once. A half-open connection looks exactly like a quiet cluster, hence the silence timer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { ClusterChange, Manifest } from '../../ports/cluster.js';
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
  /** No line for so long: list again. */
  readonly silenceMs?: number;
}

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 8_000;
const versionOf = (object: Manifest): string => object.metadata.resourceVersion ?? '';

/** Resolves when `signal` aborts; rejects with AppError when the cluster forbids the watch or does not know the kind. */
export const watchKind = async (
  requests: KubeRequests,
  { path, kind, onChange, onTrouble, silenceMs = 30_000 }: KubeWatchOptions,
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
    const body = (await requests.json({ method: 'GET', path, subject }, signal)) as ListBody;
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
  const follow = async (from: string): Promise<string | undefined> => {
    const quiet = new AbortController();
    const timer = setTimeout(() => quiet.abort(new Error('the watch was silent')), silenceMs);
    let version = from;
    try {
      const query = { watch: 'true', resourceVersion: from, allowWatchBookmarks: 'true', timeoutSeconds: '290' };
      const both = AbortSignal.any([signal, quiet.signal]);
      const body = await requests.stream({ method: 'GET', path, query, subject }, both);
      body.setEncoding('utf8');
      let rest = '';
      for await (const chunk of body as AsyncIterable<string>) {
        timer.refresh();
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
      if (quiet.signal.aborted && !signal.aborted) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };

  let wait = FIRST_WAIT_MS;
  let version: string | undefined;
  let troubled = false;
  while (!signal.aborted) {
    try {
      version ??= await list();
      if (troubled) onTrouble(undefined);
      troubled = false;
      const began = Date.now();
      version = await follow(version);
      // A server that ends every watch at once must not be asked without a pause.
      if (Date.now() - began > 1_000) wait = FIRST_WAIT_MS;
      else await pause();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof AppError && error.kind !== 'unavailable' && error.kind !== 'conflict') throw error;
      version = undefined;
      troubled = true;
      onTrouble(
        error instanceof AppError
          ? error
          : new AppError('unavailable', 'cluster_unreachable', `${subject}: ${messageOf(error)}`, { cause: error }),
      );
      await pause();
    }
  }

  async function pause(): Promise<void> {
    const jittered = wait * (0.75 + Math.random() / 2);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    await sleep(jittered, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
};
