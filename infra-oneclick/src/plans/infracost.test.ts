/** Against a double of the program, which answers as `infracost breakdown --format json` does. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Infracost } from './infracost.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-infracost-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const estimate = async (script: string) => {
  const program = join(folder, 'infracost');
  await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return new Infracost(program, { PATH: process.env['PATH'] ?? '' }, 60_000).estimate(
    '{"secret":"in the clear"}',
    folder,
    'eu-west-1',
    new AbortController().signal,
  );
};
const ANSWER = JSON.stringify({
  version: '0.2',
  currency: 'USD',
  timeGenerated: '2026-01-02T03:04:05Z',
  totalMonthlyCost: '103.66',
  pastTotalMonthlyCost: '0',
  projects: [
    {
      breakdown: {
        resources: [
          { name: 'module.network.aws_nat_gateway.this', resourceType: 'aws_nat_gateway', monthlyCost: '32.85' },
          { name: 'aws_s3_bucket.logs', monthlyCost: null },
        ],
      },
    },
  ],
  summary: { unsupportedResourceCounts: { aws_new_thing: 2 } },
});

test('reads the plan from a file that is gone afterwards, and gives the costs in our words', async () => {
  const cost = await estimate(`grep -q 'in the clear' "$3" || exit 1\ncat <<'END'\n${ANSWER}\nEND`);
  expect(cost).toEqual({
    currency: 'USD',
    region: 'eu-west-1',
    source: 'infracost',
    instead_of: null,
    prices_of: '2026-01-02',
    price_checks: null,
    monthly_before: 0,
    monthly_after: 103.66,
    items: [
      {
        address: 'module.network.aws_nat_gateway.this',
        type: 'aws_nat_gateway',
        monthly: 32.85,
        note: '',
        checked: null,
      },
      { address: 'aws_s3_bucket.logs', type: 'aws_s3_bucket', monthly: 0, note: 'charged by use', checked: null },
    ],
    unknown: ['2 × aws_new_thing'],
  });
  expect(await readdir(folder)).toEqual(['infracost']);
});

test('one that is not installed is no error; one that fails is, without what it said', async () => {
  const none = new Infracost(join(folder, 'nothing'), {}, 60_000);
  expect(await none.estimate('{}', folder, 'eu-west-1', new AbortController().signal)).toBeUndefined();
  const failing = estimate('cat "$3"; exit 1');
  await expect(failing).rejects.toMatchObject({ code: 'infracost_failed' });
  await expect(failing).rejects.not.toThrow('in the clear');
});
