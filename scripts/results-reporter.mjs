import { writeFileSync } from 'node:fs';

const LINES_MAX = 24;

/** What an error says, short enough to stand in a list: message, difference, and the place in our own code. */
function told({ message, diff, stack }) {
  const lines = [message, diff].filter(Boolean).join('\n').split('\n');
  const shown = lines.length > LINES_MAX ? [...lines.slice(0, LINES_MAX), '…'] : lines;
  const place = stack?.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node_modules'));
  return [...shown, ...(place === undefined ? [] : [place.trim()])].join('\n');
}

const failuresOf = (where, errors) => errors.map((error) => ({ where, message: told(error) }));

/**
 * A reporter of vitest: writes `{passed, skipped, failures: [{where, message}]}` to the file that
 * `VITEST_RESULTS` names. What fails outside any test (a hook, a file that cannot be loaded, a promise nobody held) is a
 * failure as a test is.
 */
export default class ResultsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const results = { passed: 0, skipped: 0, failures: failuresOf('outside any test', unhandledErrors) };
    for (const module of modules) {
      const file = module.relativeModuleId;
      results.failures.push(...failuresOf(file, module.errors()));
      for (const suite of module.children.allSuites())
        results.failures.push(...failuresOf(`${file} > ${suite.fullName}`, suite.errors()));
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result();
        if (state === 'passed') results.passed += 1;
        else if (state === 'failed')
          results.failures.push({ where: `${file} > ${test.fullName}`, message: errors.map(told).join('\n') });
        else results.skipped += 1;
      }
    }
    writeFileSync(process.env.VITEST_RESULTS, JSON.stringify(results));
  }
}
