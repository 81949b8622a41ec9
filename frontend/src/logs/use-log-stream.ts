/** Follows a log by its path into a buffer; the buffer lives as long as the path stays the same. */
import type { LogLine } from '@aws-deployer/platform/contracts/deployments';
import { useMemo, useSyncExternalStore } from 'react';
import type { LiveStatus } from '../live/live-connection.js';
import { parseObject } from '../live/parse-object.js';
import { useLive } from '../live/use-live.js';
import { LogBuffer, type LogSnapshot } from './log-buffer.js';

export function useLogStream(path: string): { snapshot: LogSnapshot; status: LiveStatus | null } {
  const buffer = useMemo(() => bufferFor(path), [path]);
  const status = useLive(path, ({ id, event, data }) => {
    if (event === 'end') {
      buffer.flush();
      return;
    }
    const line = event === 'line' ? parseObject(data) : null;
    if (line && typeof line['text'] === 'string') buffer.add(line as unknown as LogLine, id);
  });
  return { snapshot: useSyncExternalStore(buffer.subscribe, buffer.snapshot), status };
}

const bufferFor = (_path: string): LogBuffer => new LogBuffer();
