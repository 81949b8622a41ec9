import { appendFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { containerLogFile, createLogFile, timesFile, trackLog } from './container-log.js';

test('a log whose times cannot be noted, as on a full disk, ends neither its container nor this process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'container-log-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const log = containerLogFile(folder, 'uid', 'web', 0);
  await createLogFile(log);
  await mkdir(timesFile(log)); // in the way
  const stop = new AbortController();
  const tracked = trackLog(log, stop.signal);
  await appendFile(log, 'hello\n');
  stop.abort();
  await expect(tracked).resolves.toBeUndefined();
  expect(await readFile(log, 'utf8')).toBe('hello\n');
});
