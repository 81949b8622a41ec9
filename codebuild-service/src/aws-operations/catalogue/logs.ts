/** CloudWatch Logs: groups, streams and what they say. */
import { z } from 'zod';
import { logPart, page } from '../console-link.js';
import { operation } from '../operation.js';
import { LogGroupName, LogStreamName, RetentionDays } from '../parameters.js';

const groupPage = ({ parameters: { log_group_name } }: { parameters: { log_group_name: string } }) =>
  page(`cloudwatch/home#logsV2:log-groups/log-group/${logPart(log_group_name)}`);

export const describeLogGroups = operation({
  name: 'logs.describe_log_groups',
  title: 'List log groups',
  description: 'Log groups with size and how long they keep events.',
  effect: 'read',
  parameters: z.strictObject({ log_group_name_prefix: LogGroupName.optional() }),
  permissions: ['logs:DescribeLogGroups'],
  columns: ['log_group_name', 'retention_days', 'stored_bytes', 'created_at'],
  paged: true,
  console: () => page('cloudwatch/home#logsV2:log-groups'),
  phrases: [
    'list log groups',
    'show cloudwatch logs',
    'which log groups exist',
    'retention of log groups',
    'which log groups never expire',
    'size of logs',
  ],
});
export const describeLogStreams = operation({
  name: 'logs.describe_log_streams',
  title: 'List streams of a log group',
  description: 'Streams of one log group, the one written to last first.',
  effect: 'read',
  parameters: z.strictObject({ log_group_name: LogGroupName }),
  permissions: ['logs:DescribeLogStreams'],
  columns: ['log_stream_name', 'last_event_at', 'first_event_at', 'created_at'],
  paged: true,
  console: groupPage,
  phrases: ['list log streams of group', 'show streams of log group', 'log streams'],
});
export const filterLogEvents = operation({
  name: 'logs.filter_log_events',
  title: 'Search a log group',
  description: 'Events of the last hours in all streams of a group, also only those that match a filter pattern.',
  effect: 'read',
  parameters: z.strictObject({
    log_group_name: LogGroupName,
    filter_pattern: z
      .string()
      .max(1024)
      .optional()
      .describe('Words that must be in it, or a CloudWatch filter pattern'),
    hours: z.number().min(0.1).max(720).default(1).describe('How far back, in hours'),
  }),
  permissions: ['logs:FilterLogEvents'],
  columns: ['timestamp', 'log_stream_name', 'message'],
  paged: true,
  console: groupPage,
  phrases: [
    'search logs for',
    'show errors in log group',
    'find in the logs',
    'latest log events',
    'tail the logs of group',
    'last hour of logs',
  ],
});
export const getLogEvents = operation({
  name: 'logs.get_log_events',
  title: 'Read a log stream',
  description: 'Events of one stream, the oldest first.',
  effect: 'read',
  parameters: z.strictObject({ log_group_name: LogGroupName, log_stream_name: LogStreamName }),
  permissions: ['logs:GetLogEvents'],
  columns: ['timestamp', 'message'],
  paged: true,
  console: ({ parameters: { log_group_name, log_stream_name } }) =>
    page(
      `cloudwatch/home#logsV2:log-groups/log-group/${logPart(log_group_name)}/log-events/${logPart(log_stream_name)}`,
    ),
  phrases: ['read log stream', 'get log events of stream', 'show the messages of the log stream'],
});
export const putRetentionPolicy = operation({
  name: 'logs.put_retention_policy',
  title: 'Set the retention of a log group',
  description: 'Has a log group keep its events for so many days. Older ones are deleted for good.',
  effect: 'destroy',
  parameters: z.strictObject({ log_group_name: LogGroupName, retention_in_days: RetentionDays }),
  permissions: ['logs:PutRetentionPolicy'],
  columns: ['log_group_name', 'retention_days'],
  paged: false,
  console: groupPage,
  phrases: ['set retention of log group', 'keep logs for days', 'change log retention', 'expire logs after days'],
  summary: ({ log_group_name, retention_in_days }) =>
    `Keep events of the log group ${log_group_name} for ${retention_in_days} day${retention_in_days === 1 ? '' : 's'} and delete older ones`,
});
export const createLogGroup = operation({
  name: 'logs.create_log_group',
  title: 'Create a log group',
  description: 'Makes a log group that keeps its events until a retention is set.',
  effect: 'change',
  parameters: z.strictObject({ log_group_name: LogGroupName }),
  permissions: ['logs:CreateLogGroup'],
  columns: ['log_group_name'],
  paged: false,
  console: groupPage,
  phrases: ['create log group', 'make a new log group', 'add cloudwatch log group'],
  summary: ({ log_group_name }) => `Create the log group ${log_group_name}`,
});
export const deleteLogGroup = operation({
  name: 'logs.delete_log_group',
  title: 'Delete a log group',
  description: 'Deletes a log group with all that is in it, for good.',
  effect: 'destroy',
  parameters: z.strictObject({ log_group_name: LogGroupName }),
  permissions: ['logs:DeleteLogGroup'],
  columns: ['log_group_name'],
  paged: false,
  console: () => page('cloudwatch/home#logsV2:log-groups'),
  phrases: ['delete log group', 'remove the log group', 'destroy logs of group'],
  summary: ({ log_group_name }) => `Delete the log group ${log_group_name} with all its events`,
});

export const logsOperations = [
  describeLogGroups,
  describeLogStreams,
  filterLogEvents,
  getLogEvents,
  putRetentionPolicy,
  createLogGroup,
  deleteLogGroup,
];
