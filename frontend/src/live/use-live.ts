/**
 * A page's live stream as a hook: follows `path` while the component is mounted and `path` is not null.
 * The handler may change at every render; the stream does not restart for it.
 */
import { useEffect, useEffectEvent, useState } from 'react';
import { openEventStream } from '../api/client.js';
import { followStream, type LiveStatus } from './live-connection.js';
import type { ServerEvent } from './sse-parser.js';

export function useLive(path: string | null, onEvent: (event: ServerEvent) => void): LiveStatus | null {
  const [status, setStatus] = useState<{ path: string; status: LiveStatus } | null>(null);
  const handle = useEffectEvent(onEvent);
  useEffect(() => {
    if (path === null) return undefined;
    const stop = new AbortController();
    void followStream(
      openEventStream,
      path,
      { onEvent: (event) => handle(event), onStatus: (next) => setStatus({ path, status: next }) },
      stop.signal,
    );
    return () => stop.abort();
  }, [path]);
  return path !== null && status?.path === path ? status.status : null;
}
