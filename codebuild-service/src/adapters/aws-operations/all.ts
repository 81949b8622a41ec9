/** Every operation that is carried out, and the runner that finds the one that is asked for. */
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { AwsSession } from '../../ports/aws-session.js';
import type { OperationOrder, OperationPage, OperationRow, OperationRunner } from '../../ports/aws-operation-runner.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import { readFailure } from '../aws/aws-failure.js';
import type { CarriedOut } from './carry-out.js';
import { cloudformationCalls } from './cloudformation.js';
import { codebuildCalls } from './codebuild.js';
import { ec2RuleAndTagCalls } from './ec2-rules-and-tags.js';
import { ec2Calls } from './ec2.js';
import { ecrCalls } from './ecr.js';
import { eksCalls } from './eks.js';
import { iamCalls } from './iam.js';
import { lambdaCalls } from './lambda.js';
import { logsCalls } from './logs.js';
import { rdsCalls } from './rds.js';
import { s3Calls } from './s3.js';
import { secretsmanagerCalls } from './secretsmanager.js';
import { stsCalls } from './sts.js';
import { vpcCalls } from './vpc.js';

export const CARRIED_OUT: readonly CarriedOut[] = [
  ...ec2Calls,
  ...ec2RuleAndTagCalls,
  ...vpcCalls,
  ...s3Calls,
  ...ecrCalls,
  ...eksCalls,
  ...iamCalls,
  ...logsCalls,
  ...rdsCalls,
  ...lambdaCalls,
  ...cloudformationCalls,
  ...secretsmanagerCalls,
  ...stsCalls,
  ...codebuildCalls,
];
const BY_NAME = new Map(CARRIED_OUT.map((one) => [one.operation, one]));

export class AwsOperationRunner implements OperationRunner {
  constructor(private readonly aws: AwsCaller) {}

  async run(session: AwsSession, order: OperationOrder, signal: AbortSignal): Promise<OperationPage> {
    const found = BY_NAME.get(order.operation);
    if (found === undefined)
      throw new AppError('internal', 'operation_not_carried_out', `${order.operation} has no call`);
    const { rows, next, from } = await found.run(
      {
        region: session.region,
        token: order.token ?? undefined,
        pageSize: (least, most) => Math.min(most, Math.max(least, order.limit)),
        send: (service, work, region = session.region) => {
          const guarded = found.once ? notRepeated(work) : work;
          const there = { ...session, region };
          return this.aws.call(there, service, (client, abortSignal) => guarded(client, { abortSignal }), { signal });
        },
      },
      order.parameters,
    );
    return { rows: rows.map(asJson), nextToken: next || null, requestId: from.$metadata.requestId ?? null };
  }
}

/** A second attempt is made only where AWS has said that it did not take the first. */
function notRepeated<Client, Output>(
  work: (client: Client, options: { abortSignal: AbortSignal }) => Promise<Output>,
): typeof work {
  let mayBeDone: unknown;
  return async (client, options) => {
    if (mayBeDone !== undefined)
      throw new AppError(
        'unavailable',
        'aws_outcome_unknown',
        `AWS did not answer as it should (${messageOf(mayBeDone)}), and may have done it or not: look before you ask again`,
        { cause: mayBeDone },
      );
    try {
      return await work(client, options);
    } catch (error) {
      if (readFailure(error)?.class !== 'throttled') mayBeDone = error;
      throw error;
    }
  };
}

const asJson = (row: OperationRow): OperationRow =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      value instanceof Date ? value.toISOString() : (value ?? null),
    ]),
  );
