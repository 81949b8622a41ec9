/**
 * `npm test`: everything that must hold, on a fresh clone. Installs, builds, starts the real parts, then runs the checks
 * (formatting, lint, types, coverage), the tests beside the code and the scenes against the whole. The last line sums them
 * up: `N passed, N failed, N skipped`. Each check counts as one; so does each part that is not here.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { build, checkMachine, install, node, root } from './prepare.mjs';
import { removeFolder, startParts } from './test-parts.mjs';

const LINES_COVERED_MIN = 80;
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const say = (line) => console.log(line);
const bin = (name) => join(root, 'node_modules', name);

function count(name, passed) {
  total[passed ? 'passed' : 'failed'] += 1;
  if (!passed) failures.push(name);
  say(`${passed ? 'ok  ' : 'FAIL'} ${name}`);
}

let running;
let stopRequested = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    stopRequested = true;
    running?.kill(signal);
  });

/** Runs one command on the packages' own Node, its output shown as it comes; resolves with whether it succeeded. */
function check(args, env) {
  if (stopRequested) throw new Error('stopped by a signal');
  return new Promise((resolve, reject) => {
    running = spawn(node, args, {
      cwd: root,
      env: { ...process.env, ...env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter) },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    running.on('error', reject);
    running.on('exit', (code) => resolve(code === 0));
  });
}

/** One run of vitest, its results added to the total. */
async function tests(name, args, env, folder) {
  const file = join(folder, `${name}.json`);
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/results-reporter.mjs')}`];
  const ok = await check([bin('vitest/vitest.mjs'), 'run', ...reporters, ...args], { ...env, VITEST_RESULTS: file });
  const results = { passed: 0, skipped: 0, failures: [] };
  try {
    Object.assign(results, JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    results.failures.push({ where: 'no results', message: error.message });
  }
  if (!ok && results.failures.length === 0)
    results.failures.push({ where: 'the run', message: 'ended with an error that no test told; see above' });
  const failed = results.failures.length;
  say(`${name}: ${results.passed} passed, ${failed} failed, ${results.skipped} skipped`);
  total.passed += results.passed;
  total.failed += failed;
  total.skipped += results.skipped;
  failures.push(
    ...results.failures.map(({ where, message }) => `${name}: ${where}\n${message.replace(/^/gm, '    ')}`),
  );
}

function coverageIsEnough() {
  const { lines } = JSON.parse(readFileSync(join(root, 'coverage/coverage-summary.json'), 'utf8')).total;
  say(`lines covered: ${lines.pct} % (at least ${LINES_COVERED_MIN} %)`);
  return lines.pct >= LINES_COVERED_MIN;
}

async function runAll(folder) {
  const parts = await startParts(folder, say);
  try {
    total.skipped += parts.skipped.length;
    for (const part of parts.missing) count(`${part} is there, as it must be with CI=true`, false);
    const { env } = parts;
    count('formatting', await check([bin('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'], env));
    count('types', await check([bin('typescript/bin/tsc'), '-b'], env));
    count('lint', await check([bin('eslint/bin/eslint.js'), '.'], env)); // after the types: it reads the declarations
    await tests('tests', ['--coverage', '--coverage.reportOnFailure'], env, folder);
    count('coverage', coverageIsEnough());
    await tests('scenes', ['--config', 'e2e/vitest.config.mjs'], env, folder);
  } finally {
    await parts.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-parts-'));
try {
  await checkMachine();
  await install(say);
  await build(say);
  await runAll(folder);
} catch (error) {
  console.error(error.stack ?? String(error));
  count('the run itself', false);
} finally {
  removeFolder(folder);
}
// Last, so that it is still there where only the end of a log is kept.
for (const failure of failures) say(`failed: ${failure}`);
say(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exitCode = total.failed > 0 ? 1 : 0;
