/** Which lines of a log are shown, and where the search hits them. Pure. */
import type { LogLine, StageName } from '@aws-deployer/platform/contracts/deployments';
import { plainText } from './ansi.js';
import type { LogSnapshot } from './log-buffer.js';

/** Indexes into the snapshot of the lines of `stage`; null is every stage. */
export function linesOf(snapshot: LogSnapshot, stage: StageName | null): number[] {
  const shown: number[] = [];
  for (let index = 0; index < snapshot.count; index += 1) {
    if (stage === null || snapshot.lines[index]?.stage === stage) shown.push(index);
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

/** The stages that have lines, in the order in which they first spoke. */
export function stagesIn(snapshot: LogSnapshot): StageName[] {
  const seen = new Set<StageName>();
  for (let index = 0; index < snapshot.count; index += 1) {
    const stage = snapshot.lines[index]?.stage;
    if (stage) seen.add(stage);
  }
  return [...seen];
}

/** The log as a text file: one line each, with its instant, stage and stream. */
export function asText(lines: readonly LogLine[]): string {
  return lines.map((line) => `${line.ts} [${line.stage ?? '-'}] ${line.stream} ${plainText(line.text)}\n`).join('');
}
