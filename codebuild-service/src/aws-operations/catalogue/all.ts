/** The whole catalogue: what is not in here cannot be asked of AWS, by whatever words. */
import type { Operation } from '../operation.js';
import { cloudformationOperations } from './cloudformation.js';
import { codebuildOperations } from './codebuild.js';
import { ec2RuleAndTagOperations } from './ec2-rules-and-tags.js';
import { ec2Operations } from './ec2.js';
import { ecrOperations } from './ecr.js';
import { eksOperations } from './eks.js';
import { iamOperations } from './iam.js';
import { lambdaOperations } from './lambda.js';
import { logsOperations } from './logs.js';
import { rdsOperations } from './rds.js';
import { s3Operations } from './s3.js';
import { secretsmanagerOperations } from './secretsmanager.js';
import { stsOperations } from './sts.js';
import { vpcOperations } from './vpc.js';

export const OPERATIONS: readonly Operation[] = [
  ...ec2Operations,
  ...ec2RuleAndTagOperations,
  ...vpcOperations,
  ...s3Operations,
  ...ecrOperations,
  ...eksOperations,
  ...iamOperations,
  ...logsOperations,
  ...rdsOperations,
  ...lambdaOperations,
  ...cloudformationOperations,
  ...secretsmanagerOperations,
  ...stsOperations,
  ...codebuildOperations,
];
const BY_NAME = new Map(OPERATIONS.map((operation) => [operation.name, operation]));
export const operationNamed = (name: string): Operation | undefined => BY_NAME.get(name);
