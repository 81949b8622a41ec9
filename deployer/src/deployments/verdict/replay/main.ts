/** `npm run verdicts -- DIR`: one JSON line a scenario, then a table. See scripts/verdicts.mjs for its words. */
import { resolve } from 'node:path';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { compare, expectationOf, tableOf, type Comparison } from './expectations.js';
import { outcomeOf } from './outcome.js';
import { readIndex, readRecording, slugOf } from './recording.js';
import { replay } from './replay.js';

const directory = resolve(process.argv[2] ?? '.');
const began = performance.now();
const comparisons: Comparison[] = [];
let broken = 0;
try {
  for (const [index, entry] of (await readIndex(directory)).entries()) {
    const slug = slugOf(entry, index);
    try {
      const line = outcomeOf(slug, replay(await readRecording(directory, entry)));
      console.log(JSON.stringify(line));
      comparisons.push(compare(line, expectationOf(entry)));
    } catch (error) {
      // One that cannot be replayed is said and counted; the others are not its fault.
      broken += 1;
      console.log(JSON.stringify({ slug, error: messageOf(error) }));
      console.error(`${slug}: ${messageOf(error)}`);
    }
  }
  console.log(`\n${tableOf(comparisons).join('\n')}`);
  console.log(
    `${String(comparisons.length)} replayed, ${String(broken)} broken, in ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
  process.exitCode = broken > 0 ? 1 : 0;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
