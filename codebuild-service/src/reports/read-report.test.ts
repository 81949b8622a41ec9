import { describe, expect, test } from 'vitest';
import { readReport, summaryOf } from './read-report.js';

const file = (path: string, text: string) => ({ path, text });

describe('JUnit XML', () => {
  const surefire = `<?xml version="1.0" encoding="UTF-8"?>
    <testsuite name="shop.CartTest" tests="3" failures="1" time="1,002.5">
      <testcase classname="shop.CartTest" name="adds" time="1,000.25"/>
      <testcase classname="shop.CartTest" name="removes" time="0.5">
        <failure message="expected 1 &lt; 2" type="AssertionError">java.lang.AssertionError: expected 1 &lt; 2
  at shop.CartTest</failure>
      </testcase>
      <testcase classname="shop.CartTest" name="later"><skipped message="not yet"/></testcase>
    </testsuite>`;
  const pytest = `<testsuites><testsuite name="pytest"><testcase classname="t" name="boots"><error message="boom"><![CDATA[Traceback <here>]]></error></testcase></testsuite></testsuites>`;

  test('is read in the dialects of its writers, failed tests first', () => {
    const report = readReport('unit', 'JUNITXML', [file('a.xml', surefire), file('b.xml', pytest)]);
    expect(report.tests).toEqual({ total: 4, passed: 1, failed: 1, errored: 1, skipped: 1, seconds: 1000.75 });
    expect(report.cases.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['removes', 'failed'],
      ['boots', 'errored'],
      ['later', 'skipped'],
      ['adds', 'passed'],
    ]);
    expect(report.cases[0]?.message).toBe('java.lang.AssertionError: expected 1 < 2\n  at shop.CartTest');
    expect(report.cases[1]?.message).toBe('boom\nTraceback <here>');
    expect(report.problems).toEqual([]);
  });

  test('nested suites are counted once', () => {
    const nested = `<testsuites><testsuite name="a"><testsuite name="b"><testcase name="x"/></testsuite><testcase name="y"/></testsuite></testsuites>`;
    const report = readReport('unit', 'JUNITXML', [file('n.xml', nested)]);
    expect(report.cases.map(({ suite, name }) => `${suite}/${name}`).sort()).toEqual(['a/y', 'b/x']);
  });

  test('a file that is none is a problem with its place, and the others count', () => {
    const report = readReport('unit', 'JUNITXML', [
      file('ok.xml', '<testsuite><testcase name="x"/></testsuite>'),
      file('cut.xml', '<testsuite>\n<testcase name="x">'),
      file('other.xml', '<html/>'),
    ]);
    expect(report.tests?.total).toBe(1);
    expect(report.problems[0]).toMatch(/^cut\.xml: line \d+, column \d+: /);
    expect(report.problems[1]).toBe('other.xml: there is neither <testsuites> nor <testsuite> in it');
  });

  test('entities that grow are not expanded', () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
      <testsuite><testcase name="&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"/></testsuite>`;
    const report = readReport('unit', 'JUNITXML', [file('bomb.xml', bomb)]);
    expect(JSON.stringify(report).length).toBeLessThan(20_000);
  });
});

const cobertura = (
  hits: number,
) => `<?xml version="1.0"?><coverage line-rate="0.5"><packages><package name="p"><classes>
  <class name="Cart" filename="src/cart.py"><methods><method name="m"><lines><line number="1" hits="9"/></lines></method></methods>
    <lines><line number="1" hits="${String(hits)}"/><line number="2" hits="0" branch="true" condition-coverage="50% (1/2)"/></lines></class>
  <class name="Full" filename="src/full.py"><lines><line number="1" hits="3"/></lines></class>
</classes></package></packages></coverage>`;

test('Cobertura: several runs are laid over one another, least covered first', () => {
  const report = readReport('cover', 'COBERTURAXML', [file('1.xml', cobertura(0)), file('2.xml', cobertura(4))]);
  expect(report.coverage).toEqual({
    lines: 3,
    lines_covered: 2,
    branches: 2,
    branches_covered: 1,
    line_percent: 66.67,
  });
  expect(report.files.map(({ file: name, lines_covered }) => [name, lines_covered])).toEqual([
    ['src/cart.py', 1],
    ['src/full.py', 1],
  ]);
});

test('lcov: lines and branches', () => {
  const text = 'TN:\nSF:src/a.js\nDA:1,5\nDA:2,0\nBRDA:1,0,0,3\nBRDA:1,0,1,-\nLF:2\nLH:1\nend_of_record\n';
  const report = readReport('cover', 'LCOV', [file('lcov.info', text)]);
  expect(report.coverage).toEqual({ lines: 2, lines_covered: 1, branches: 2, branches_covered: 1, line_percent: 50 });
  expect(readReport('cover', 'LCOV', [file('lcov.info', 'DA:1,2\n')]).problems).toEqual([
    "lcov.info: line 1: 'DA:1,2' stands in no file",
  ]);
});

test('no file, or a format that is not read, is said', () => {
  expect(readReport('unit', 'JUNITXML', []).problems).toEqual(['no file matches the patterns of this report group']);
  expect(readReport('unit', 'TESTNGXML', [file('t.xml', '<x/>')]).problems[0]).toMatch(/^TESTNGXML is not read here/);
});

test('the reports of a build in one line', () => {
  expect(summaryOf([])).toBeNull();
  const reports = [
    readReport('unit', 'JUNITXML', [
      file('a.xml', '<testsuite><testcase name="x"/><testcase name="y"><error/></testcase></testsuite>'),
    ]),
    readReport('cover', 'LCOV', [file('lcov.info', 'SF:a\nDA:1,1\nDA:2,0\nend_of_record')]),
  ];
  expect(summaryOf(reports)).toEqual({ tests: 2, failed: 1, skipped: 0, line_coverage: 50 });
});
