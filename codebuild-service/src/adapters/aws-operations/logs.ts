/** CloudWatch Logs: groups, streams and what they say. */
import * as declared from '../../aws-operations/catalogue/logs.js';
import { carriedOut, instantOf } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-cloudwatch-logs');
const HOUR_MS = 3_600_000;

export const logsCalls = [
  carriedOut(declared.describeLogGroups, async (call, { log_group_name_prefix }) => {
    const { DescribeLogGroupsCommand } = await sdk();
    const from = await call.send('logs', (logs, options) =>
      logs.send(
        new DescribeLogGroupsCommand({
          logGroupNamePrefix: log_group_name_prefix,
          limit: call.pageSize(1, 50),
          nextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.logGroups ?? []).map((group) => ({
      log_group_name: group.logGroupName,
      retention_days: group.retentionInDays,
      stored_bytes: group.storedBytes,
      created_at: instantOf(group.creationTime),
    }));
    return { rows, next: from.nextToken, from };
  }),
  carriedOut(declared.describeLogStreams, async (call, { log_group_name }) => {
    const { DescribeLogStreamsCommand } = await sdk();
    const from = await call.send('logs', (logs, options) =>
      logs.send(
        new DescribeLogStreamsCommand({
          logGroupName: log_group_name,
          orderBy: 'LastEventTime',
          descending: true,
          limit: call.pageSize(1, 50),
          nextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.logStreams ?? []).map((stream) => ({
      log_stream_name: stream.logStreamName,
      last_event_at: instantOf(stream.lastEventTimestamp),
      first_event_at: instantOf(stream.firstEventTimestamp),
      created_at: instantOf(stream.creationTime),
    }));
    return { rows, next: from.nextToken, from };
  }),
  carriedOut(declared.filterLogEvents, async (call, { log_group_name, filter_pattern, hours }) => {
    const { FilterLogEventsCommand } = await sdk();
    const from = await call.send('logs', (logs, options) =>
      logs.send(
        new FilterLogEventsCommand({
          logGroupName: log_group_name,
          filterPattern: filter_pattern,
          startTime: Date.now() - hours * HOUR_MS,
          limit: call.pageSize(1, 10_000),
          nextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.events ?? []).map((event) => ({
      timestamp: instantOf(event.timestamp),
      log_stream_name: event.logStreamName,
      message: event.message,
    }));
    return { rows, next: from.nextToken, from };
  }),
  carriedOut(declared.getLogEvents, async (call, { log_group_name, log_stream_name }) => {
    const { GetLogEventsCommand } = await sdk();
    const from = await call.send('logs', (logs, options) =>
      logs.send(
        new GetLogEventsCommand({
          logGroupName: log_group_name,
          logStreamName: log_stream_name,
          startFromHead: true,
          limit: call.pageSize(1, 10_000),
          nextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.events ?? []).map((event) => ({
      timestamp: instantOf(event.timestamp),
      message: event.message,
    }));
    const ended = rows.length === 0 || from.nextForwardToken === call.token; // at the end the same token comes back for ever
    return { rows, next: ended ? undefined : from.nextForwardToken, from };
  }),
  carriedOut(declared.putRetentionPolicy, async (call, { log_group_name, retention_in_days }) => {
    const { PutRetentionPolicyCommand } = await sdk();
    const from = await call.send('logs', (logs, options) =>
      logs.send(
        new PutRetentionPolicyCommand({ logGroupName: log_group_name, retentionInDays: retention_in_days }),
        options,
      ),
    );
    return { rows: [{ log_group_name, retention_days: retention_in_days }], from };
  }),
  carriedOut(declared.createLogGroup, async (call, { log_group_name }) => {
    const { CreateLogGroupCommand } = await sdk();
    const from = await call.send('logs', (logs, options) =>
      logs.send(new CreateLogGroupCommand({ logGroupName: log_group_name }), options),
    );
    return { rows: [{ log_group_name }], from };
  }),
  carriedOut(declared.deleteLogGroup, async (call, { log_group_name }) => {
    const { DeleteLogGroupCommand } = await sdk();
    const from = await call.send('logs', (logs, options) =>
      logs.send(new DeleteLogGroupCommand({ logGroupName: log_group_name }), options),
    );
    return { rows: [{ log_group_name }], from };
  }),
];
