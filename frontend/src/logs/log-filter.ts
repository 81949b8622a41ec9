/** Which lines of a log are shown, and where the search hits them. Pure. */
import { plainText } from './ansi.js';
import type { LogSnapshot } from './log-buffer.js';
import type { LogLine } from './log-line.js';

/** Indexes into the snapshot of the lines of `part`; null is every part. */
export function linesOf(snapshot: LogSnapshot, part: string | null): number[] {
  const shown: number[] = [];
  for (let index = 0; index < snapshot.count; index += 1) {
    if (part === null || snapshot.lines[index]?.part === part) shown.push(index);
  }
  return shown;
}

/** Positions in `shown` whose line contains `needle`, in any case. An empty needle finds nothing. */
export function matchesIn(snapshot: LogSnapshot, shown: readonly number[], needle: string): number[] {
  const wanted = needle.trim().toLowerCase();
  if (wanted === '') return [];
  const found: number[] = [];
  shown.forEach((index, position) => {
    const line = snapshot.lines[index];
    if (line && plainText(line.text).toLowerCase().includes(wanted)) found.push(position);
  });
  return found;
}

/** The parts that have lines, in the order in which they first spoke. */
export function partsIn(snapshot: LogSnapshot): string[] {
  const seen = new Set<string>();
  for (let index = 0; index < snapshot.count; index += 1) {
    const part = snapshot.lines[index]?.part;
    if (part) seen.add(part);
  }
  return [...seen];
}

/** The log as a text file: one line each, with its instant, part and stream. */
export function asText(lines: readonly LogLine[]): string {
  return lines.map((line) => `${line.ts} [${line.part ?? '-'}] ${line.stream} ${plainText(line.text)}\n`).join('');
}
