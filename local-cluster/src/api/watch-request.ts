import { once } from 'node:events';
import type { KubeObject, ObjectStore, WatchEvent } from '../store/object-store.js';
import { StatusError } from '../store/status-error.js';
import { refuseOption, type ApiCall } from './api-call.js';
import { selectorOf } from './list-request.js';
import { versioned } from './conversion.js';
import { presentOne, presentationOf } from './presentation.js';
import type { Selector } from './selectors.js';

const BOOKMARK_MS = 30_000;
const LONGEST_MS = 30 * 60_000;

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** What a change means to somebody who sees only what the selector holds. Pure. */
export const seenThrough = (event: WatchEvent, holds: Selector): EventType | undefined => {
  const is = event.type !== 'DELETED' && holds(event.object);
  const was =
    event.type === 'DELETED'
      ? holds(event.previous ?? event.object)
      : event.previous !== undefined && holds(event.previous);
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
};

/**
 * A watch: first what is there (unless the client says from which version on), then every change, until the time-out, the
 * client or the server ends it. A version that is compacted away is answered by an ERROR event of code 410.
 */
export const handleWatch = async (call: ApiCall, store: ObjectStore): Promise<void> => {
  const { query, path, response } = call;
  const initial = query.get('sendInitialEvents') === 'true';
  if (initial && query.get('resourceVersionMatch') !== 'NotOlderThan')
    refuseOption('ListOptions', {
      field: 'resourceVersionMatch',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    });
  const asked = query.get('resourceVersion') ?? '';
  if (asked !== '' && !/^\d+$/.test(asked))
    throw new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(asked)}: invalid syntax`);
  const holds = selectorOf(call);
  const bookmarks = query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const table = presentationOf(call).form === 'table';
  response.writeHead(200, {
    'content-type': table ? 'application/json;stream=watch' : 'application/json',
    'cache-control': 'no-cache, private',
  });
  response.flushHeaders();

  const write = (type: string, object: unknown): void => {
    if (!response.writableEnded) response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const show = (type: EventType, object: KubeObject, version?: number): void => {
    const shown =
      version === undefined
        ? object
        : { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    write(type, presentOne(call, shown));
  };
  const bookmark = (annotations?: Record<string, string>): void => {
    const object = {
      metadata: {
        resourceVersion: String(store.currentVersion),
        ...(annotations === undefined ? {} : { annotations }),
      },
    } as KubeObject;
    write('BOOKMARK', { ...versioned(path.resource, object), metadata: object.metadata });
  };
  const change = (event: WatchEvent): void => {
    if (event.resource !== path.resource.key) return;
    if (path.namespace !== undefined && event.object.metadata.namespace !== path.namespace) return;
    const type = seenThrough(event, holds);
    if (type === undefined) return;
    // An object that leaves the selection is told in its last form that was inside it.
    show(
      type,
      type === 'DELETED' ? (event.previous ?? event.object) : event.object,
      type === 'DELETED' ? event.resourceVersion : undefined,
    );
  };

  const version = Number(asked === '' ? 0 : asked);
  if (version === 0 || initial) {
    for (const object of store.list(path.resource.key, path.namespace)) if (holds(object)) show('ADDED', object);
    if (initial && bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    const missed = store.since(version);
    if (missed === undefined) {
      write(
        'ERROR',
        new StatusError(410, 'Expired', `too old resource version: ${version} (${store.currentVersion})`).toStatus(),
      );
      response.end();
      return;
    }
    missed.forEach(change);
  }
  const unsubscribe = store.subscribe(change);
  const ticking = bookmarks ? setInterval(() => bookmark(), BOOKMARK_MS) : undefined;
  const timeout = setTimeout(() => response.end(), seconds > 0 ? seconds * 1000 : LONGEST_MS * (1 + Math.random()));
  const leave = (): void => void response.end();
  call.signal.addEventListener('abort', leave, { once: true });
  try {
    if (!response.writableEnded && !response.destroyed) await once(response, 'close');
  } finally {
    unsubscribe();
    clearInterval(ticking);
    clearTimeout(timeout);
    call.signal.removeEventListener('abort', leave);
  }
};
