/** A test report with two failures, and a coverage report. */
const suite = 'checkout';
const good = ['adds', 'removes', 'totals', 'ships', 'discounts', 'taxes'];

export const REPORTS = [
  {
    name: 'unit',
    type: 'test',
    format: 'JUNITXML',
    tests: { total: 48, passed: 45, failed: 2, errored: 0, skipped: 1, seconds: 12.4 },
    cases: [
      {
        suite,
        name: 'refuses a card that has expired',
        outcome: 'failed',
        seconds: 0.031,
        message: 'AssertionError: expected 200 to equal 402\n    at test/checkout.test.js:41:12',
      },
      {
        suite: 'cart',
        name: 'keeps its lines over a restart',
        outcome: 'failed',
        seconds: 1.204,
        message: 'TimeoutError: no answer within 1000 ms',
      },
      { suite: 'cart', name: 'merges carts of two devices', outcome: 'skipped', seconds: null, message: null },
      ...Array.from({ length: 45 }, (_, index) => ({
        suite: index % 2 === 0 ? suite : 'cart',
        name: `${good[index % good.length]} ${index}`,
        outcome: 'passed',
        seconds: 0.004 * index,
        message: null,
      })),
    ],
    coverage: null,
    files: [],
    problems: [],
  },
  {
    name: 'lcov',
    type: 'coverage',
    format: 'LCOV',
    tests: null,
    cases: [],
    coverage: { lines: 1840, lines_covered: 1531, branches: 402, branches_covered: 311, line_percent: 83.2 },
    files: [
      ['src/payments/card.ts', 88, 31, 24, 6],
      ['src/cart/merge.ts', 120, 74, 30, 17],
      ['src/server.ts', 64, 60, 0, 0],
      ['src/money.ts', 41, 41, 12, 12],
    ].map(([file, lines, lines_covered, branches, branches_covered]) => ({
      file,
      lines,
      lines_covered,
      branches,
      branches_covered,
    })),
    problems: ['coverage/old.info: line 3 is no LCOV record'],
  },
];
