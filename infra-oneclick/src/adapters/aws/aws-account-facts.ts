/** What an account at AWS says of itself: STS, Service Quotas, IAM's simulation, EC2, S3. */
import type { _InstanceType } from '@aws-sdk/client-ec2';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { AccountFacts, Quota, QuotaKind } from '../../ports/account-facts.js';
import type { Identity } from '../../ports/cloud-inventory.js';
import { awsCode, withAws, type AwsSession } from './aws-session.js';

/** Codes of Service Quotas: https://docs.aws.amazon.com/general/latest/gr/ec2-service.html and …/vpc-service.html */
const QUOTAS: Readonly<Record<QuotaKind, { service: string; code: string; name: string }>> = {
  vcpus: { service: 'ec2', code: 'L-1216C47A', name: 'vCPUs of standard instances on demand' },
  addresses: { service: 'ec2', code: 'L-0263D0A3', name: 'Elastic IP addresses' },
  vpcs: { service: 'vpc', code: 'L-F678F1CE', name: 'VPCs in the region' },
};
const ACTIONS_AT_ONCE = 50;
/** Families that the quota of standard instances counts. */
const STANDARD = /^[acdhimrtz]\d/;

export class AwsAccountFacts implements AccountFacts {
  who(identity: Identity, region: string, abortSignal: AbortSignal) {
    return withAws(identity, region, async (aws) => {
      const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
      const client = await aws.client('sts');
      const { Account = '', Arn = '' } = await client.send(new GetCallerIdentityCommand({}), { abortSignal });
      return { account: Account, arn: Arn };
    });
  }

  quota(identity: Identity, region: string, kind: QuotaKind, abortSignal: AbortSignal): Promise<Quota> {
    return withAws(identity, region, async (aws) => {
      const { GetServiceQuotaCommand } = await import('@aws-sdk/client-service-quotas');
      const { service, code, name } = QUOTAS[kind];
      const asked = new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code });
      const { Quota: told } = await (await aws.client('quotas')).send(asked, { abortSignal });
      if (told?.Value === undefined)
        throw new AppError('unavailable', 'aws_failed', `AWS in ${region} names no quota ${code}`);
      return { name, limit: told.Value, used: await USED[kind](aws, abortSignal) };
    });
  }

  vcpus(identity: Identity, region: string, types: readonly string[], abortSignal: AbortSignal) {
    return withAws(identity, region, async (aws) => {
      const { paginateDescribeInstanceTypes } = await import('@aws-sdk/client-ec2');
      const client = await aws.client('ec2');
      const found = new Map<string, number>();
      const asked = { InstanceTypes: [...types] as _InstanceType[] };
      for await (const { InstanceTypes = [] } of paginateDescribeInstanceTypes({ client }, asked, { abortSignal }))
        for (const { InstanceType = '', VCpuInfo } of InstanceTypes)
          if (VCpuInfo?.DefaultVCpus !== undefined)
            found.set(InstanceType, STANDARD.test(InstanceType) ? VCpuInfo.DefaultVCpus : 0);
      return found;
    });
  }

  allows(identity: Identity, region: string, arn: string, actions: readonly string[], abortSignal: AbortSignal) {
    return withAws(identity, region, async (aws) => {
      const { paginateSimulatePrincipalPolicy } = await import('@aws-sdk/client-iam');
      const client = await aws.client('iam');
      // A session of a role is simulated as its role.
      const [, partition, account, role] = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
      const PolicySourceArn = role === undefined ? arn : `arn:${partition ?? 'aws'}:iam::${account ?? ''}:role/${role}`;
      const found = new Map<string, boolean>();
      for (let from = 0; from < actions.length; from += ACTIONS_AT_ONCE) {
        const asked = { PolicySourceArn, ActionNames: actions.slice(from, from + ACTIONS_AT_ONCE) };
        for await (const page of paginateSimulatePrincipalPolicy({ client }, asked, { abortSignal }))
          for (const { EvalActionName = '', EvalDecision } of page.EvaluationResults ?? [])
            found.set(EvalActionName, EvalDecision === 'allowed');
      }
      return found;
    });
  }

  ranges(identity: Identity, region: string, abortSignal: AbortSignal) {
    return withAws(identity, region, async (aws) => {
      const { paginateDescribeVpcs } = await import('@aws-sdk/client-ec2');
      const client = await aws.client('ec2');
      const found: { id: string; cidr: string }[] = [];
      for await (const page of paginateDescribeVpcs({ client }, {}, { abortSignal }))
        for (const { VpcId: id = '', CidrBlock: cidr = '', IsDefault } of page.Vpcs ?? [])
          if (IsDefault !== true) found.push({ id, cidr });
      return found;
    });
  }

  bucket(identity: Identity, region: string, name: string, abortSignal: AbortSignal) {
    return withAws(identity, region, async (aws) => {
      const { GetBucketVersioningCommand, HeadBucketCommand } = await import('@aws-sdk/client-s3');
      const client = await aws.client('s3');
      try {
        await client.send(new HeadBucketCommand({ Bucket: name }), { abortSignal });
      } catch (error) {
        if (/NotFound|NoSuchBucket/.test(awsCode(error))) return { exists: false, versioned: false };
        throw error;
      }
      const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: name }), { abortSignal });
      return { exists: true, versioned: Status === 'Enabled' };
    });
  }
}

const USED: Readonly<Record<QuotaKind, (aws: AwsSession, abortSignal: AbortSignal) => Promise<number>>> = {
  vcpus: async (aws, abortSignal) => {
    const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
    const client = await aws.client('ec2');
    const running = { Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }] };
    let used = 0;
    for await (const page of paginateDescribeInstances({ client }, running, { abortSignal }))
      for (const { Instances = [] } of page.Reservations ?? [])
        for (const { CpuOptions, InstanceType = '', InstanceLifecycle } of Instances)
          if (STANDARD.test(InstanceType) && InstanceLifecycle !== 'spot')
            used += (CpuOptions?.CoreCount ?? 1) * (CpuOptions?.ThreadsPerCore ?? 1);
    return used;
  },
  addresses: async (aws, abortSignal) => {
    const { DescribeAddressesCommand } = await import('@aws-sdk/client-ec2');
    const { Addresses = [] } = await (await aws.client('ec2')).send(new DescribeAddressesCommand({}), { abortSignal });
    return Addresses.length;
  },
  vpcs: async (aws, abortSignal) => {
    const { paginateDescribeVpcs } = await import('@aws-sdk/client-ec2');
    const client = await aws.client('ec2');
    let used = 0;
    for await (const { Vpcs = [] } of paginateDescribeVpcs({ client }, {}, { abortSignal })) used += Vpcs.length;
    return used;
  },
};
