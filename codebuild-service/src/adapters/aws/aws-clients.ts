/**
 * The SDK's clients: loaded on first use, one for each session and service, the least used forgotten. They share one pool of
 * connections, so that a forgotten client leaves nothing open and takes nothing from one that still reads.
 */
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { CodeBuildClient } from '@aws-sdk/client-codebuild';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ECRClient } from '@aws-sdk/client-ecr';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { RDSClient } from '@aws-sdk/client-rds';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { STSClient } from '@aws-sdk/client-sts';
import type { NodeHttpHandler } from '@smithy/node-http-handler';

export interface AwsClients {
  bedrock: BedrockRuntimeClient;
  cloudformation: CloudFormationClient;
  logs: CloudWatchLogsClient;
  codebuild: CodeBuildClient;
  ec2: EC2Client;
  ecr: ECRClient;
  eks: EKSClient;
  iam: IAMClient;
  lambda: LambdaClient;
  rds: RDSClient;
  s3: S3Client;
  secretsmanager: SecretsManagerClient;
  quotas: ServiceQuotasClient;
  ssm: SSMClient;
  sts: STSClient;
}
export type AwsService = keyof AwsClients;
export interface TemporaryKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}
interface Settings {
  readonly region: string;
  /** Absent: what the SDK finds by itself. */
  readonly credentials?: TemporaryKeys | (() => Promise<TemporaryKeys>);
  readonly endpoint?: string;
  readonly maxAttempts: number;
  readonly requestHandler: NodeHttpHandler;
  readonly forcePathStyle?: boolean;
}
const LOADERS: { readonly [Service in AwsService]: () => Promise<new (settings: Settings) => AwsClients[Service]> } = {
  bedrock: async () => (await import('@aws-sdk/client-bedrock-runtime')).BedrockRuntimeClient,
  cloudformation: async () => (await import('@aws-sdk/client-cloudformation')).CloudFormationClient,
  logs: async () => (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient,
  codebuild: async () => (await import('@aws-sdk/client-codebuild')).CodeBuildClient,
  ec2: async () => (await import('@aws-sdk/client-ec2')).EC2Client,
  ecr: async () => (await import('@aws-sdk/client-ecr')).ECRClient,
  eks: async () => (await import('@aws-sdk/client-eks')).EKSClient,
  iam: async () => (await import('@aws-sdk/client-iam')).IAMClient,
  lambda: async () => (await import('@aws-sdk/client-lambda')).LambdaClient,
  rds: async () => (await import('@aws-sdk/client-rds')).RDSClient,
  s3: async () => (await import('@aws-sdk/client-s3')).S3Client,
  secretsmanager: async () => (await import('@aws-sdk/client-secrets-manager')).SecretsManagerClient,
  quotas: async () => (await import('@aws-sdk/client-service-quotas')).ServiceQuotasClient,
  ssm: async () => (await import('@aws-sdk/client-ssm')).SSMClient,
  sts: async () => (await import('@aws-sdk/client-sts')).STSClient,
};
export const AWS_SERVICES = Object.keys(LOADERS) as AwsService[];
export const SERVICE_TITLES: Readonly<Record<AwsService, string>> = {
  bedrock: 'Bedrock',
  cloudformation: 'CloudFormation',
  logs: 'CloudWatch Logs',
  codebuild: 'CodeBuild',
  ec2: 'EC2',
  ecr: 'ECR',
  eks: 'EKS',
  iam: 'IAM',
  lambda: 'Lambda',
  rds: 'RDS',
  s3: 'S3',
  secretsmanager: 'Secrets Manager',
  quotas: 'Service Quotas',
  ssm: 'Systems Manager',
  sts: 'STS',
};

export interface ClientOptions {
  /** In place of AWS's own addresses and of AWS_ENDPOINT_URL, which the clients read by themselves. */
  readonly endpoint?: string | undefined;
  /** Buckets in the path, for stand-ins whose name has no subdomains. */
  readonly pathStyle?: boolean | undefined;
  readonly kept: number;
}
const CONNECT_MS = 5_000;
const CONNECTIONS_PER_HOST = 200;

export class ClientCache {
  readonly #clients = new Map<string, Promise<AwsClients[AwsService]>>();
  #handler: Promise<NodeHttpHandler> | undefined;

  constructor(private readonly options: ClientOptions) {}

  /** `key`: who asks, never a secret. null: the client is for this call alone. */
  client<Service extends AwsService>(
    key: string | null,
    service: Service,
    region: string,
    credentials: Settings['credentials'],
  ): Promise<AwsClients[Service]> {
    if (key === null) return this.#make(service, region, credentials);
    const place = `${key} ${service}`;
    const known = this.#clients.get(place) as Promise<AwsClients[Service]> | undefined;
    const client = known ?? this.#make(service, region, credentials);
    this.#clients.delete(place);
    this.#clients.set(place, client); // the last in the map is the last used
    if (known === undefined) {
      client.catch(() => this.#clients.delete(place));
      const [oldest] = this.#clients.keys();
      if (this.#clients.size > this.options.kept && oldest !== undefined) this.#clients.delete(oldest);
    }
    return client;
  }

  /** All whose key begins so, with the credentials that they hold. */
  forget(prefix: string): void {
    for (const place of this.#clients.keys()) if (place.startsWith(prefix)) this.#clients.delete(place);
  }

  async close(): Promise<void> {
    this.#clients.clear();
    (await this.#handler)?.destroy();
  }

  async #make<Service extends AwsService>(
    service: Service,
    region: string,
    credentials: Settings['credentials'],
  ): Promise<AwsClients[Service]> {
    this.#handler ??= this.#pool();
    const [Client, requestHandler] = await Promise.all([LOADERS[service](), this.#handler]);
    const { endpoint, pathStyle } = this.options;
    return new Client({
      region,
      maxAttempts: 1, // attempts, their budget and their pauses are ours
      requestHandler,
      ...(credentials === undefined ? {} : { credentials }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(pathStyle === true ? { forcePathStyle: true } : {}),
    });
  }

  async #pool(): Promise<NodeHttpHandler> {
    const { NodeHttpHandler } = await import('@smithy/node-http-handler');
    const agent = { keepAlive: true, maxSockets: CONNECTIONS_PER_HOST };
    return new NodeHttpHandler({ connectionTimeout: CONNECT_MS, httpAgent: agent, httpsAgent: agent });
  }
}
