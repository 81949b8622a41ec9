/** The log of a deployment or a build, from its path: followed to its end, or printed as far as it has come. */
import type { ApiClient } from './api-client.js';
import { readEvents } from './event-reader.js';
import type { Context } from './program.js';

interface Line {
  readonly text: string;
}
/** So long without a line means that all of them have come. */
const SO_FAR_MS = 1_000;

/** Ends with the log's end; `signal` ends it sooner. */
export async function readLog(
  api: ApiClient,
  path: string,
  onLine: (line: Line) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const { event, data } of readEvents(api, `${path}/logs`, signal))
    if (event === 'line') onLine(data as Line);
}

/** `toEnd`: waits for the log's end; else what there is so far, for the log of what goes on has no end yet. */
export async function printLog({ api, terminal, json }: Context, path: string, toEnd: boolean): Promise<void> {
  const stop = new AbortController();
  const quiet = toEnd ? undefined : setTimeout(() => stop.abort(), SO_FAR_MS);
  try {
    await readLog(
      api,
      path,
      (line) => {
        quiet?.refresh();
        terminal.print(json ? JSON.stringify(line) : line.text);
      },
      stop.signal,
    );
  } finally {
    clearTimeout(quiet);
  }
}
