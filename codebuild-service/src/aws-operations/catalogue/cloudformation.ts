/** CloudFormation: stacks, what is in them and what happened to them. */
import { z } from 'zod';
import { page, part } from '../console-link.js';
import { operation } from '../operation.js';
import { StackName } from '../parameters.js';

const stackPage = ({ parameters: { stack_name } }: { parameters: { stack_name: string } }) =>
  page(`cloudformation/home#/stacks?filteringText=${part(stack_name)}`);
const ofStack = z.strictObject({ stack_name: StackName });

export const describeStacks = operation({
  name: 'cloudformation.describe_stacks',
  title: 'List CloudFormation stacks',
  description: 'Stacks with their state, and why where one failed.',
  effect: 'read',
  parameters: z.strictObject({ stack_name: StackName.optional() }),
  permissions: ['cloudformation:DescribeStacks'],
  columns: ['stack_name', 'status', 'reason', 'drift', 'protected', 'outputs', 'created_at', 'updated_at'],
  paged: true,
  console: () => page('cloudformation/home#/stacks'),
  phrases: ['list stacks', 'show cloudformation stacks', 'describe stack', 'status of stack', 'outputs of the stack'],
});
export const describeStackEvents = operation({
  name: 'cloudformation.describe_stack_events',
  title: 'Events of a stack',
  description: 'What happened to the resources of a stack, the newest first: why an update failed.',
  effect: 'read',
  parameters: ofStack,
  permissions: ['cloudformation:DescribeStackEvents'],
  columns: ['timestamp', 'resource', 'type', 'status', 'reason'],
  paged: true,
  console: stackPage,
  phrases: ['events of stack', 'why did the stack fail', 'what happened to the stack', 'stack history'],
});
export const listStackResources = operation({
  name: 'cloudformation.list_stack_resources',
  title: 'Resources of a stack',
  description: 'What a stack is made of, with the ids of the real things.',
  effect: 'read',
  parameters: ofStack,
  permissions: ['cloudformation:ListStackResources'],
  columns: ['resource', 'physical_id', 'type', 'status', 'drift', 'updated_at'],
  paged: true,
  console: stackPage,
  phrases: ['resources of stack', 'parts of the stack', 'list stack resources', 'resources that the stack created'],
});
export const deleteStack = operation({
  name: 'cloudformation.delete_stack',
  title: 'Delete a CloudFormation stack',
  description: 'Deletes a stack and all that it made. AWS refuses one with termination protection.',
  effect: 'destroy',
  parameters: ofStack,
  permissions: ['cloudformation:DeleteStack'],
  columns: ['stack_name', 'status'],
  paged: false,
  console: stackPage,
  phrases: ['delete stack', 'destroy the cloudformation stack', 'remove stack', 'tear down stack'],
  summary: ({ stack_name }) => `Delete the stack ${stack_name} and all that it made`,
});

export const cloudformationOperations = [describeStacks, describeStackEvents, listStackResources, deleteStack];
