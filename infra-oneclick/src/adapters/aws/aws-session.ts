/** The SDK's clients of one identity in one region: loaded on first use, closed together. */
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ECRClient } from '@aws-sdk/client-ecr';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { ElasticLoadBalancingClient } from '@aws-sdk/client-elastic-load-balancing';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { STSClient } from '@aws-sdk/client-sts';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Identity } from '../../ports/cloud-inventory.js';

interface Clients {
  ec2: EC2Client;
  ecr: ECRClient;
  eks: EKSClient;
  elb: ElasticLoadBalancingClient;
  elbv2: ElasticLoadBalancingV2Client;
  iam: IAMClient;
  kms: KMSClient;
  tagging: ResourceGroupsTaggingAPIClient;
  s3: S3Client;
  secrets: SecretsManagerClient;
  quotas: ServiceQuotasClient;
  sts: STSClient;
}
interface Settings {
  readonly region: string;
  readonly credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly endpoint?: string;
  readonly requestHandler: { connectionTimeout: number; requestTimeout: number };
  readonly forcePathStyle?: boolean;
}
const LOADERS: { readonly [Name in keyof Clients]: () => Promise<new (settings: Settings) => Clients[Name]> } = {
  ec2: async () => (await import('@aws-sdk/client-ec2')).EC2Client,
  ecr: async () => (await import('@aws-sdk/client-ecr')).ECRClient,
  eks: async () => (await import('@aws-sdk/client-eks')).EKSClient,
  elb: async () => (await import('@aws-sdk/client-elastic-load-balancing')).ElasticLoadBalancingClient,
  elbv2: async () => (await import('@aws-sdk/client-elastic-load-balancing-v2')).ElasticLoadBalancingV2Client,
  iam: async () => (await import('@aws-sdk/client-iam')).IAMClient,
  kms: async () => (await import('@aws-sdk/client-kms')).KMSClient,
  tagging: async () => (await import('@aws-sdk/client-resource-groups-tagging-api')).ResourceGroupsTaggingAPIClient,
  s3: async () => (await import('@aws-sdk/client-s3')).S3Client,
  secrets: async () => (await import('@aws-sdk/client-secrets-manager')).SecretsManagerClient,
  quotas: async () => (await import('@aws-sdk/client-service-quotas')).ServiceQuotasClient,
  sts: async () => (await import('@aws-sdk/client-sts')).STSClient,
};
const TIMES = { connectionTimeout: 5_000, requestTimeout: 20_000 };

export class AwsSession {
  readonly #clients = new Map<keyof Clients, Promise<Clients[keyof Clients]>>();

  constructor(
    private readonly identity: Identity,
    readonly region: string,
  ) {}

  client<Name extends keyof Clients>(name: Name): Promise<Clients[Name]> {
    const known = this.#clients.get(name) ?? this.#make(name);
    this.#clients.set(name, known);
    return known as Promise<Clients[Name]>;
  }

  async close(): Promise<void> {
    for (const client of await Promise.all(this.#clients.values())) client.destroy();
  }

  async #make<Name extends keyof Clients>(name: Name): Promise<Clients[Name]> {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL: endpoint,
    } = this.identity;
    const Client = await LOADERS[name]();
    return new Client({
      region: this.region,
      requestHandler: TIMES,
      // Without keys, what the SDK finds by itself is the identity of this very process.
      ...(accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }),
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    });
  }
}

/** Runs `work` with a session of its own; what AWS says of a failure comes back as an AppError, without what was signed. */
export async function withAws<Answer>(
  identity: Identity,
  region: string,
  work: (aws: AwsSession) => Promise<Answer>,
): Promise<Answer> {
  const aws = new AwsSession(identity, region);
  try {
    return await work(aws);
  } catch (error) {
    if (error instanceof AppError || (error instanceof Error && error.name === 'AbortError')) throw error;
    throw refusal(error, region);
  } finally {
    await aws.close();
  }
}

function refusal(error: unknown, region: string): AppError {
  const {
    name = 'an error',
    message = '',
    $metadata,
  } = error as {
    name?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number; requestId?: string };
  };
  // What AWS says about signatures holds what was signed.
  const words = /Signature|Credential/i.test(message) ? name : `${name}: ${message}`;
  const id = $metadata?.requestId === undefined ? '' : ` (AWS request id ${$metadata.requestId})`;
  const denied = /AccessDenied|Unauthorized|InvalidClientTokenId|AuthFailure|ExpiredToken/.test(name);
  return denied
    ? new AppError('forbidden', 'aws_refused', `AWS in ${region} refused: ${words}${id}`)
    : new AppError('unavailable', 'aws_failed', `AWS in ${region} failed: ${words}${id}`);
}

/** The code of an error of AWS's. */
export const awsCode = (error: unknown): string => (error instanceof Error ? error.name : '');
