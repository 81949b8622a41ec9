import { expect, test } from 'vitest';
import { QualityGates } from '@aws-deployer/platform/contracts/build-projects';
import { readReport } from '../reports/read-report.js';
import { judgeGates, type ImageKnowledge } from './judge-gates.js';

const gates = (input: Parameters<typeof QualityGates.parse>[0]) => QualityGates.parse(input);
const tests = (xml: string) => [readReport('unit', 'JUNITXML', [{ path: 'a.xml', text: xml }])];
const image = (known: Partial<ImageKnowledge>): ImageKnowledge => ({
  image: `shop@sha256:${'a'.repeat(64)}`,
  findings: { reason: 'there is no scanner' },
  signature: { found: false, verified: null, detail: 'none' },
  ...known,
});

test('no gate, no result', () => {
  expect(judgeGates(gates({}), { reports: [], image: null })).toEqual([]);
});

test.each([
  ['<testsuite><testcase name="x"/></testsuite>', true, '1 test, none failed.'],
  [
    '<testsuite><testcase name="x"/><testcase name="y"><failure/></testcase></testsuite>',
    false,
    '1 of 2 tests failed.',
  ],
  ['<testsuite/>', false, 'No test ran that a report tells of: name one under reports in the buildspec.'],
  [
    '<html/>',
    false,
    'No test ran that a report tells of (a.xml: there is neither <testsuites> nor <testsuite> in it).',
  ],
])('tests passed: %s', (xml, passed, detail) => {
  expect(judgeGates(gates({ tests_passed: true }), { reports: tests(xml), image: null })).toEqual([
    { gate: 'tests_passed', passed, detail },
  ]);
});

test('a report that cannot be read fails the gate although others are good', () => {
  const reports = [
    readReport('unit', 'JUNITXML', [
      { path: 'ok.xml', text: '<testsuite><testcase name="x"/></testsuite>' },
      { path: 'cut.xml', text: '<testsuite' },
    ]),
  ];
  expect(judgeGates(gates({ tests_passed: true }), { reports, image: null })[0]).toMatchObject({ passed: false });
});

test.each([
  [50, true],
  [50.01, false],
])('coverage of 50 %% against %d', (least, passed) => {
  const reports = [readReport('cover', 'LCOV', [{ path: 'l', text: 'SF:a\nDA:1,1\nDA:2,0\nend_of_record' }])];
  expect(judgeGates(gates({ line_coverage_min: least }), { reports, image: null })).toMatchObject([{ passed }]);
});

test('coverage without a report does not pass', () => {
  expect(judgeGates(gates({ line_coverage_min: 0 }), { reports: [], image: null })).toMatchObject([{ passed: false }]);
});

test('findings at most; what is not known does not pass', () => {
  const most = gates({ findings_max: { critical: 0, high: 2 } });
  const judged = (known: ImageKnowledge | null) => judgeGates(most, { reports: [], image: known })[0];
  expect(judged(image({ findings: { bySeverity: { HIGH: 2, MEDIUM: 9 } } }))).toEqual({
    gate: 'findings_max',
    passed: true,
    detail: '0 critical (at most 0), 2 high (at most 2).',
  });
  expect(judged(image({ findings: { bySeverity: { CRITICAL: 1 } } }))).toMatchObject({ passed: false });
  expect(judged(image({}))).toMatchObject({
    passed: false,
    detail: expect.stringContaining('there is no scanner') as string,
  });
  expect(judged(null)).toMatchObject({
    passed: false,
    detail: expect.stringContaining('must export IMAGE_URI') as string,
  });
});

test('a signature counts with any key where none is named, and only with that key where one is', () => {
  const found = image({ signature: { found: true, verified: null, detail: 'signed' } });
  const wrong = image({ signature: { found: true, verified: false, detail: 'not with the key' } });
  const right = image({ signature: { found: true, verified: true, detail: 'with the key' } });
  const judged = (key: string | undefined, known: ImageKnowledge) =>
    judgeGates(gates({ image_signed: true, signing_key: key }), { reports: [], image: known })[0]?.passed;
  expect([judged(undefined, found), judged('PEM', found), judged('PEM', wrong), judged('PEM', right)]).toEqual([
    true,
    false,
    false,
    true,
  ]);
});
