/**
 * The log of one build: a file of JSON lines. A place in it is a number of bytes, so a reader goes on where it was, also
 * after a restart. Secrets are masked before a line is written; past a limit nothing more is kept, and the log says so.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { BuildPhaseName } from '@aws-deployer/platform/contracts/builds';
import type { Masker } from '@aws-deployer/platform/masking/mask';
import type { EngineLogLine } from '../../ports/build-engine.js';

const MOST_BYTES = 64 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export class BuildLog {
  private readonly file: WriteStream;
  private phase: BuildPhaseName | null = null;
  private bytes = 0;
  private full = false;

  constructor(
    path: string,
    private readonly masker: Masker,
  ) {
    this.file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  }

  /** Lines from now on belong to it. */
  enter(phase: BuildPhaseName): void {
    this.phase = phase;
  }

  /** A line of the runner's own, as CodeBuild begins them. */
  say(text: string): void {
    const now = new Date().toISOString().replace('T', ' ').replace('Z', '').replaceAll('-', '/');
    for (const line of text.split('\n')) this.write('system', `[Container] ${now} ${line}`);
  }

  write(stream: EngineLogLine['stream'], text: string): void {
    if (this.full) return;
    this.full = this.bytes > MOST_BYTES;
    const line: EngineLogLine = {
      ts: new Date().toISOString(),
      phase: this.phase,
      stream: this.full ? 'system' : stream,
      text: this.full
        ? `The log is longer than ${String(MOST_BYTES / 1024 / 1024)} MiB: what follows is not kept`
        : this.mask(text),
    };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    this.bytes += bytes.length;
    this.file.write(bytes);
  }

  mask(text: string): string {
    return this.masker.text(text);
  }

  /** A promise while the disk is slower than the build. */
  pressure(): Promise<void> | undefined {
    return this.file.writableNeedDrain ? once(this.file, 'drain').then(() => undefined) : undefined;
  }

  async close(): Promise<void> {
    this.file.end();
    await finished(this.file);
  }
}

/** Whole lines after `cursor`, at most about 1 MiB; no file is an empty log. */
export async function readBuildLog(
  path: string,
  cursor: string | null,
): Promise<{ readonly lines: readonly EngineLogLine[]; readonly cursor: string | null }> {
  const from = cursor === null ? 0 : Number(cursor);
  const file = await open(path, 'r').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return { lines: [], cursor };
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, from);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (end === -1) return { lines: [], cursor };
    const lines = buffer
      .subarray(0, end)
      .toString('utf8')
      .split('\n')
      .map((line) => JSON.parse(line) as EngineLogLine);
    return { lines, cursor: String(from + end + 1) };
  } finally {
    await file.close();
  }
}
