/** The look at what is left after an environment's end, against an `aws` that answers as AWS does. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacks, runScript, type Ended } from './run-script.js';

const ARN = 'arn:aws:ec2:us-east-1:123456789012';
const KEY = 'arn:aws:kms:us-east-1:123456789012:key/1';
let programs: string;
beforeEach(async () => {
  programs = await mkdtemp(join(tmpdir(), 'aws-deployer-orphans-'));
  await writeFile(join(programs, 'terraform'), '#!/bin/sh\nexit 9\n', { mode: 0o755 });
});
afterEach(() => rm(programs, { recursive: true, force: true }));

/** The scan, where these are tagged and `cases` are what AWS says when asked for one. */
async function scan(tagged: readonly string[], cases: string, roles: readonly string[] = []): Promise<Ended> {
  const list = JSON.stringify({ ResourceTagMappingList: tagged.map((ResourceARN) => ({ ResourceARN })) });
  const named = JSON.stringify({
    Roles: roles.map((RoleName) => ({ RoleName, Arn: `arn:aws:iam:::role/${RoleName}` })),
  });
  const aws = `#!/bin/sh
case "$*" in
  *get-resources*) echo '${list}' ;;
  *list-roles*) echo '${named}' ;;
  ${cases}
  *) echo "An error occurred (AccessDenied)" >&2; exit 254 ;;
esac
`;
  await writeFile(join(programs, 'aws'), aws, { mode: 0o755 });
  return runScript('one-click-down.sh', ['development', '--scan-only', '--patience', '0'], {
    AWS_REGION: 'us-east-1',
    ONE_CLICK_FOLDER: programs,
    PATH: [programs, process.env['PATH']].join(delimiter),
  });
}

describe.skipIf(lacks('jq'))('the scan for orphans', () => {
  test('ends well where nothing is left, and knows what AWS still lists though it is gone', async () => {
    expect(await scan([], '')).toMatchObject({ code: 0, out: '' });
    const gone = await scan(
      [`${ARN}:volume/vol-1`, `${ARN}:instance/i-1`, `${ARN}:natgateway/nat-1`, KEY],
      `*describe-volumes*) echo "(InvalidVolume.NotFound) The volume does not exist" >&2; exit 254 ;;
       *describe-instances*) echo terminated ;;
       *describe-nat-gateways*) echo deleted ;;
       *describe-key*) echo PendingDeletion ;;`,
    );
    expect(gone).toMatchObject({ code: 0, out: '' });
  });

  test('names each orphan and fails, also for what it may not ask and for roles', async () => {
    const left = await scan(
      [`${ARN}:volume/vol-1`, `${ARN}:security-group/sg-1`, 'arn:aws:sqs:us-east-1:123456789012:queue'],
      '*describe-volumes*) echo "{}" ;;',
      ['aws-deployer-development-node', 'somebody-else'],
    );
    expect(left.code).toBe(1);
    expect(left.out.trim().split('\n')).toEqual([
      `${ARN}:security-group/sg-1`,
      `${ARN}:volume/vol-1`,
      'arn:aws:sqs:us-east-1:123456789012:queue',
      'arn:aws:iam:::role/aws-deployer-development-node',
    ]);
  });

  test('is no success where AWS does not answer it', async () => {
    await writeFile(join(programs, 'aws'), '#!/bin/sh\nexit 255\n', { mode: 0o755 });
    const denied = await runScript('one-click-down.sh', ['development', '--scan-only', '--patience', '0'], {
      AWS_REGION: 'us-east-1',
      ONE_CLICK_FOLDER: programs,
      PATH: [programs, process.env['PATH']].join(delimiter),
    });
    expect(denied.code).toBe(1);
    expect(denied.err).not.toMatch(/^nothing$/m);
  });
});
