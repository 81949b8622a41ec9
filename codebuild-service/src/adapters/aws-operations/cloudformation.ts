/** CloudFormation: stacks, what is in them and what happened to them. */
import * as declared from '../../aws-operations/catalogue/cloudformation.js';
import { carriedOut } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-cloudformation');

export const cloudformationCalls = [
  carriedOut(declared.describeStacks, async (call, { stack_name }) => {
    const { DescribeStacksCommand } = await sdk();
    const from = await call.send('cloudformation', (cloudformation, options) =>
      cloudformation.send(new DescribeStacksCommand({ StackName: stack_name, NextToken: call.token }), options),
    );
    const rows = (from.Stacks ?? []).map((stack) => ({
      stack_name: stack.StackName,
      status: stack.StackStatus,
      reason: stack.StackStatusReason,
      drift: stack.DriftInformation?.StackDriftStatus,
      protected: stack.EnableTerminationProtection ?? false,
      outputs: (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => `${OutputKey}=${OutputValue}`),
      created_at: stack.CreationTime,
      updated_at: stack.LastUpdatedTime,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeStackEvents, async (call, { stack_name }) => {
    const { DescribeStackEventsCommand } = await sdk();
    const from = await call.send('cloudformation', (cloudformation, options) =>
      cloudformation.send(new DescribeStackEventsCommand({ StackName: stack_name, NextToken: call.token }), options),
    );
    const rows = (from.StackEvents ?? []).map((event) => ({
      timestamp: event.Timestamp,
      resource: event.LogicalResourceId,
      type: event.ResourceType,
      status: event.ResourceStatus,
      reason: event.ResourceStatusReason,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.listStackResources, async (call, { stack_name }) => {
    const { ListStackResourcesCommand } = await sdk();
    const from = await call.send('cloudformation', (cloudformation, options) =>
      cloudformation.send(new ListStackResourcesCommand({ StackName: stack_name, NextToken: call.token }), options),
    );
    const rows = (from.StackResourceSummaries ?? []).map((resource) => ({
      resource: resource.LogicalResourceId,
      physical_id: resource.PhysicalResourceId,
      type: resource.ResourceType,
      status: resource.ResourceStatus,
      drift: resource.DriftInformation?.StackResourceDriftStatus,
      updated_at: resource.LastUpdatedTimestamp,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.deleteStack, async (call, { stack_name }) => {
    const { DeleteStackCommand } = await sdk();
    const from = await call.send('cloudformation', (cloudformation, options) =>
      cloudformation.send(new DeleteStackCommand({ StackName: stack_name }), options),
    );
    return { rows: [{ stack_name, status: 'DELETE_IN_PROGRESS' }], from };
  }),
];
