/**
 * Where the output of containers lies and how it is read: `<dataDir>/logs/pods/<uid>/<container>/<attempt>.log`, plain
 * bytes as written. Beside it `<attempt>.times` says which byte came when (one line per batch: offset and instant), from
 * which the timestamps of lines are told. A log is cut to its last half at 10 MiB.
 */
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { delay } from './abortable-delay.js';

export const MAX_LOG_BYTES = 10 * 1024 * 1024;
const FOLLOW_EVERY_MS = 100;

export const podLogDir = (dataDir: string, podUid: string): string => join(dataDir, 'logs', 'pods', podUid);
export const containerLogFile = (dataDir: string, podUid: string, container: string, attempt: number): string =>
  join(podLogDir(dataDir, podUid), container, `${String(attempt)}.log`);
export const timesFile = (logFile: string): string => logFile.replace(/\.log$/, '.times');

const sizeOf = async (file: string): Promise<number> => {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
};

export async function createLogFile(logFile: string): Promise<void> {
  await mkdir(dirname(logFile), { recursive: true });
  await appendFile(logFile, '');
}

/** Keeps this container's log and the one before it. */
export async function forgetOlderLogs(logFile: string, attempt: number): Promise<void> {
  const old = join(dirname(logFile), `${String(attempt - 2)}.log`);
  if (attempt >= 2) await Promise.all([rm(old, { force: true }), rm(timesFile(old), { force: true })]);
}

/**
 * Notes when the bytes of a growing log came, as far as it can, and cuts it when it is too long. The writer may be another
 * process: it appends, so cutting works by copying the last half to the front.
 */
export async function trackLog(logFile: string, signal: AbortSignal): Promise<void> {
  let seen = await sizeOf(logFile);
  const look = async (): Promise<void> => {
    const size = await sizeOf(logFile);
    if (size > seen) await appendFile(timesFile(logFile), `${String(seen)} ${new Date().toISOString()}\n`);
    seen = size;
    if (size <= MAX_LOG_BYTES) return;
    await cut(logFile, size);
    seen = await sizeOf(logFile);
  };
  for (;;) {
    // A disk that is full, or a log that goes with its pod, ends neither this process nor the container: the next look tries again.
    await look().catch(() => undefined);
    if (signal.aborted) return;
    await delay(FOLLOW_EVERY_MS, signal);
  }
}

async function cut(logFile: string, size: number): Promise<void> {
  const file = await open(logFile, 'r');
  const kept = Buffer.alloc(MAX_LOG_BYTES / 2);
  try {
    await file.read(kept, 0, kept.length, size - kept.length);
  } finally {
    await file.close();
  }
  await truncate(logFile, 0);
  await appendFile(logFile, kept.subarray(kept.indexOf(10) + 1));
  await writeFile(timesFile(logFile), `0 ${new Date().toISOString()}\n`);
}

export interface LogOptions {
  readonly follow: boolean;
  readonly tailLines?: number | undefined;
  readonly limitBytes?: number | undefined;
  readonly sinceTime?: Date | undefined;
  readonly timestamps: boolean;
}

/** The lines of a log, each with its newline; with `follow` until `ended` resolves or `signal` aborts. */
export async function* readLog(
  logFile: string,
  options: LogOptions,
  ended: Promise<unknown>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let over = !options.follow;
  void ended.then(() => (over = true));
  let offset = await startOf(logFile, options);
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let times = await readTimes(logFile);
  for (;;) {
    const last = over;
    const size = await sizeOf(logFile);
    if (size < offset) offset = 0; // it was cut
    if (size > offset) {
      times = options.timestamps || options.sinceTime !== undefined ? await readTimes(logFile) : times;
      for await (const { line, at } of linesFrom(logFile, offset, size, last)) {
        offset = at + Buffer.byteLength(line);
        const when = timeOf(times, at);
        if (options.sinceTime !== undefined && when < options.sinceTime.toISOString()) continue;
        const text = options.timestamps ? `${when.replace('Z', '000000Z')} ${line}` : line;
        const bytes = Buffer.byteLength(text);
        yield bytes <= left ? text : Buffer.from(text).subarray(0, left).toString('utf8');
        left -= bytes;
        if (left <= 0) return;
      }
    }
    if (last || signal.aborted) return;
    await delay(FOLLOW_EVERY_MS, signal);
  }
}

/** Whole lines between two offsets; the last one also unfinished when `all`. */
async function* linesFrom(
  logFile: string,
  from: number,
  to: number,
  all: boolean,
): AsyncGenerator<{ line: string; at: number }> {
  let pending: Buffer = Buffer.alloc(0);
  let at = from;
  for await (const chunk of createReadStream(logFile, { start: from, end: to - 1 }) as AsyncIterable<Buffer>) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let end = pending.indexOf(10); end !== -1; end = pending.indexOf(10)) {
      yield { line: pending.subarray(0, end + 1).toString('utf8'), at };
      at += end + 1;
      pending = pending.subarray(end + 1);
    }
  }
  if (all && pending.length > 0) yield { line: pending.toString('utf8'), at };
}

async function startOf(logFile: string, { tailLines }: LogOptions): Promise<number> {
  const size = await sizeOf(logFile);
  if (tailLines === undefined || tailLines < 0) return 0;
  if (tailLines === 0) return size;
  const file = size === 0 ? undefined : await open(logFile, 'r');
  if (file === undefined) return 0;
  try {
    let newlines = 0;
    const buffer = Buffer.alloc(64 * 1024);
    for (let end = size; end > 0;) {
      const start = Math.max(0, end - buffer.length);
      await file.read(buffer, 0, end - start, start);
      for (let index = end - start - 1; index >= 0; index -= 1) {
        if (buffer[index] !== 10 || start + index === size - 1) continue;
        newlines += 1;
        if (newlines === tailLines) return start + index + 1;
      }
      end = start;
    }
    return 0;
  } finally {
    await file.close();
  }
}

interface Mark {
  readonly offset: number;
  readonly at: string;
}
async function readTimes(logFile: string): Promise<readonly Mark[]> {
  try {
    const text = await readFile(timesFile(logFile), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ offset: Number.parseInt(line, 10), at: line.slice(line.indexOf(' ') + 1) }));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The instant of the last batch that began at or before the offset; bytes not noted yet are of now. */
function timeOf(times: readonly Mark[], offset: number): string {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle]?.offset ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return times[low - 1]?.at ?? times[0]?.at ?? new Date().toISOString();
}

/** The last bytes of a log as a person would quote them: at most 80 lines and 2048 bytes. */
export async function logTail(logFile: string): Promise<string> {
  let text = '';
  const never = new AbortController().signal;
  const options: LogOptions = { follow: false, tailLines: 80, timestamps: false };
  for await (const line of readLog(logFile, options, Promise.resolve(), never)) text += line;
  return Buffer.from(text).subarray(-2048).toString('utf8');
}
