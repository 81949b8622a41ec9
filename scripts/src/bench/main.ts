/** Runs the benchmarks (all, or those named as arguments) and prints one table: the figure, its bar, and whether it is met. */
import { measureActivityLog } from './activity-log.js';
import { measureDeploys } from './deploy-ratio.js';
import { measureStart } from './start-up.js';
import { printTable, type Figure } from './figures.js';

const BENCHMARKS: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  start: measureStart,
  deploy: measureDeploys,
  log: measureActivityLog,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => BENCHMARKS[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(
    `there is no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}\n`,
  );
  process.exit(2);
}
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(BENCHMARKS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stdout.write(`measuring ${name} …\n`);
  figures.push(...(await measure()));
}
printTable(figures, (line) => process.stdout.write(`${line}\n`));
