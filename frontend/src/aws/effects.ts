/** What an operation does to AWS, in a word with its tone. */
import type { AwsOperationView } from '@aws-deployer/platform/contracts/aws-operations';
import type { Tone } from '../ui/tone.js';

type Effect = AwsOperationView['effect'];
const FACES: Readonly<Record<Effect, { readonly word: string; readonly tone: Tone }>> = {
  read: { word: 'reads', tone: 'good' },
  reveal: { word: 'shows a secret', tone: 'warn' },
  change: { word: 'changes', tone: 'warn' },
  destroy: { word: 'destroys', tone: 'bad' },
};
export const effectFace = (effect: Effect) => FACES[effect];

const SERVICES: Readonly<Record<string, string>> = {
  ec2: 'EC2',
  s3: 'S3',
  ecr: 'ECR',
  eks: 'EKS',
  iam: 'IAM',
  logs: 'CloudWatch Logs',
  rds: 'RDS',
  lambda: 'Lambda',
  cloudformation: 'CloudFormation',
  secretsmanager: 'Secrets Manager',
  sts: 'STS',
  vpc: 'VPC',
  codebuild: 'CodeBuild',
};
export const serviceLabel = (service: string): string => SERVICES[service] ?? service;
export const SERVICE_NAMES: readonly string[] = Object.keys(SERVICES);
