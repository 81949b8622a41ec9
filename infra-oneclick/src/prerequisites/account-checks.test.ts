/** What an account tells of an environment's prerequisites, against moto; what moto lacks is unknown, with the reason. */
import { CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { findMotoPython, startMoto } from '@aws-deployer/platform/testing/moto';
import { expect, onTestFinished, test } from 'vitest';
import { AwsAccountFacts } from '../adapters/aws/aws-account-facts.js';
import {
  credentialsCheck,
  overlapsInAccount,
  permissionsCheck,
  quotasCheck,
  stateCheck,
  type AskedAccount,
} from './account-checks.js';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;
const REGION = 'us-east-1';

test.skipIf(missing)(
  'identity, quotas, permissions, ranges and the state bucket, each with its state and mend',
  async () => {
    const moto = await startMoto();
    onTestFinished(() => moto.stop());
    const keys = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = { endpoint: moto.url, region: REGION, credentials: keys };
    const [ec2, s3] = [new EC2Client(client), new S3Client({ ...client, forcePathStyle: true })];
    onTestFinished(() => {
      ec2.destroy();
      s3.destroy();
    });
    const facts = new AwsAccountFacts();
    const asked = (more: Partial<AskedAccount> = {}): AskedAccount => ({
      identity: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL: moto.url },
      region: REGION,
      summary: null,
      signal: AbortSignal.timeout(60_000),
      ...more,
    });

    const { check, arn } = await credentialsCheck(facts, asked());
    expect(check).toMatchObject({ state: 'ok', mend: null });
    expect(check.message).toContain('123456789012');
    const nowhere = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    expect((await credentialsCheck(facts, asked({ identity: nowhere }))).check).toMatchObject({
      state: 'fail',
      mend: expect.any(String) as unknown,
    });

    await ec2.send(new CreateVpcCommand({ CidrBlock: '10.20.0.0/16' }));
    expect(await overlapsInAccount(facts, ['10.20.16.0/20', '10.21.0.0/16'], asked())).toEqual([
      expect.stringMatching(/^10\.20\.16\.0\/20 and 10\.20\.0\.0\/16 of vpc-/),
    ]);

    const vpcs = Array.from({ length: 9 }, (_none, index) => ({
      address: `aws_vpc.v${index}`,
      type: 'aws_vpc',
      action: 'create' as const,
      reason: null,
      attributes: [],
    }));
    const summary = { add: 9, change: 0, destroy: 0, changes: vpcs, more_changes: 0, drift: [], outputs: [] };
    const quotas = await quotasCheck(facts, asked({ summary }));
    expect(quotas).toMatchObject({ state: 'fail', mend: expect.stringContaining('Service Quotas') as unknown });
    expect(quotas.details).toContainEqual(
      expect.objectContaining({ name: 'VPCs in the region', state: 'fail', limit: 5, used: 2, needed: 9 }),
    );
    expect(quotas.details.filter(({ state }) => state === 'unknown').every(({ message }) => message !== '')).toBe(true);

    // What the plan makes and how large, by what AWS says of each type.
    const change = (type: string, values: Record<string, unknown>) => ({
      address: `${type}.one`,
      type,
      action: 'create' as const,
      reason: null,
      attributes: Object.entries(values).map(([path, after]) => ({
        path,
        before: null,
        after: after as string,
        known: true,
        sensitive: false,
      })),
    });
    const scaling_config = [{ desired_size: 3, max_size: 5, min_size: 1 }];
    const sized = {
      ...summary,
      changes: [
        change('aws_instance', { instance_type: 'm5.2xlarge' }),
        change('aws_eks_node_group', { instance_types: ['t3.medium'], scaling_config, capacity_type: 'ON_DEMAND' }),
      ],
    };
    const { details } = await quotasCheck(facts, asked({ summary: sized }));
    expect(details).toContainEqual(expect.objectContaining({ needed: 14 })); // 8 + 3 × 2

    const permissions = await permissionsCheck(facts, arn, asked());
    expect(permissions.state).toBe('unknown'); // moto cannot simulate
    expect(permissions.message).toMatch(/^AWS in us-east-1 failed/);

    expect(await stateCheck(facts, undefined, asked())).toMatchObject({ state: 'unknown' });
    expect(await stateCheck(facts, 'states-of-all', asked())).toMatchObject({ state: 'fail' });
    await s3.send(new CreateBucketCommand({ Bucket: 'states-of-all' }));
    expect(await stateCheck(facts, 'states-of-all', asked())).toMatchObject({ state: 'warn' });
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket: 'states-of-all', VersioningConfiguration }));
    expect(await stateCheck(facts, 'states-of-all', asked())).toMatchObject({ state: 'ok', mend: null });
  },
  120_000,
);
