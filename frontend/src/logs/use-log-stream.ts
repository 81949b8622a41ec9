/** Follows a log by its path into a buffer; the buffer lives as long as the path stays the same. */
import { useMemo, useSyncExternalStore } from 'react';
import type { LiveStatus } from '../live/live-connection.js';
import { useLive } from '../live/use-live.js';
import { LogBuffer, type LogSnapshot } from './log-buffer.js';
import { readLine } from './log-line.js';

export function useLogStream(path: string): { snapshot: LogSnapshot; status: LiveStatus | null } {
  const buffer = useMemo(() => bufferFor(path), [path]);
  const status = useLive(path, ({ id, event, data }) => {
    if (event === 'end') {
      buffer.flush();
      return;
    }
    const line = event === 'line' ? readLine(data) : null;
    if (line) buffer.add(line, id);
  });
  return { snapshot: useSyncExternalStore(buffer.subscribe, buffer.snapshot), status };
}

const bufferFor = (_path: string): LogBuffer => new LogBuffer();
