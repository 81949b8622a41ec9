/** All scenarios of a directory, one after the other: a JSON line each, then a table. */
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { compare, expectationOf, tableOf, type Comparison } from './expectations.js';
import { outcomeOf } from './outcome.js';
import { readIndex, readRecording, slugOf } from './recording.js';
import { replay } from './replay.js';

export interface Printer {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** Resolves to the number of scenarios that could not be replayed. Throws invalid/`recording_broken` without an index. */
export const printVerdicts = async (directory: string, { out, err }: Printer): Promise<number> => {
  const began = performance.now();
  const comparisons: Comparison[] = [];
  let broken = 0;
  for (const [index, entry] of (await readIndex(directory)).entries()) {
    const slug = slugOf(entry, index);
    try {
      const line = outcomeOf(slug, replay(await readRecording(directory, entry)));
      out(JSON.stringify(line));
      comparisons.push(compare(line, expectationOf(entry)));
    } catch (error) {
      // One that cannot be replayed is said and counted; the others are not its fault.
      broken += 1;
      out(JSON.stringify({ slug, error: messageOf(error) }));
      err(`${slug}: ${messageOf(error)}`);
    }
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  for (const line of ['', ...tableOf(comparisons)]) out(line);
  out(`${String(comparisons.length)} replayed, ${String(broken)} broken, in ${seconds} s`);
  return broken;
};
