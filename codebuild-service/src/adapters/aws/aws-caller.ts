/**
 * The one way to AWS: a client per session and service, loaded on first use, and every call with its time limit and its error
 * in the platform's words.
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
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { AwsSession } from '../../ports/aws-session.js';

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
interface Settings {
  region: string;
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
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

export interface AwsCallOptions {
  readonly signal: AbortSignal;
}

export class AwsCaller {
  /**
   * `work` sends commands with the client it is handed and passes on the signal:
   * `caller.call(session, 'ecr', (ecr, abortSignal) => ecr.send(new DescribeRepositoriesCommand({}), { abortSignal }), { signal })`.
   * Throws AppError with the AWS request id in its message.
   */
  async call<Service extends AwsService, Output>(
    session: AwsSession,
    service: Service,
    work: (client: AwsClients[Service], abortSignal: AbortSignal) => Promise<Output>,
    { signal }: AwsCallOptions,
  ): Promise<Output> {
    const { credential, region } = session;
    const Client = await LOADERS[service]();
    const client = new Client({
      region,
      ...(credential.type === 'keys'
        ? {
            credentials: {
              accessKeyId: credential.accessKeyId,
              secretAccessKey: credential.secretAccessKey,
              ...(credential.sessionToken === undefined ? {} : { sessionToken: credential.sessionToken }),
            },
          }
        : {}),
    });
    try {
      return await work(client, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw new AppError('unavailable', 'aws_failed', `AWS ${service} failed: ${messageOf(error)}`, { cause: error });
    } finally {
      client.destroy();
    }
  }

  async close(): Promise<void> {}
}
