/**
 * The log of a build: from CloudWatch Logs as it is written, else from S3, where CodeBuild puts it once the build has ended.
 *
 * A log group or stream that is not there yet has no lines yet. CloudWatch hands back the token that it was given when there is
 * nothing after it; reading with the same cursor again is harmless.
 */
import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import type { Build } from '@aws-sdk/client-codebuild';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { AwsSession } from '../../ports/aws-session.js';
import type { EngineLogLine } from '../../ports/build-engine.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import { awsErrorName } from './codebuild-errors.js';
import { readCursor, writeCursor, type CloudWatchCursor } from './log-cursor.js';
import { toLines, type LogEvent } from './log-lines.js';

/** The rest comes with the next look. */
const PAGES_A_LOOK = 5;
/** CloudWatch ends a page at 10,000 events or 1 MB. */
const FULL_EVENTS = 10_000;
const FULL_BYTES = 512 * 1024;
const S3_LOG_MAX_BYTES = 64 * 1024 * 1024;
const GUNZIP_MS = 120_000;

export interface LogRead {
  readonly lines: readonly EngineLogLine[];
  readonly cursor: string | null;
}

export class BuildLogs {
  constructor(private readonly aws: AwsCaller) {}

  /** `find` is asked only while the cursor does not say where the log is. */
  async read(
    session: AwsSession,
    cursor: string | null,
    find: () => Promise<Build>,
    signal: AbortSignal,
  ): Promise<LogRead> {
    const known = readCursor(cursor);
    if (known?.from === 's3') return { lines: [], cursor };
    if (known?.from === 'cloudwatch') return this.fromCloudWatch(session, known, cursor, signal);
    const build = await find();
    const { logs } = build;
    if (logs?.cloudWatchLogs?.status !== 'DISABLED') {
      const { groupName: group, streamName: stream } = logs ?? {};
      if (!group || !stream) return { lines: [], cursor };
      return this.fromCloudWatch(
        session,
        { from: 'cloudwatch', group, stream, token: null, phase: null },
        cursor,
        signal,
      );
    }
    if (!logs.s3LogsArn || logs.s3Logs?.status !== 'ENABLED' || build.buildComplete !== true)
      return { lines: [], cursor };
    return this.fromS3(session, logs.s3LogsArn, build, cursor, signal);
  }

  private async fromCloudWatch(
    session: AwsSession,
    from: CloudWatchCursor,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<LogRead> {
    const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const lines: EngineLogLine[] = [];
    let { token, phase } = from;
    for (let page = 0; page < PAGES_A_LOOK; page++) {
      const command = new GetLogEventsCommand({
        logGroupName: from.group,
        logStreamName: from.stream,
        startFromHead: true,
        ...(token === null ? {} : { nextToken: token }),
      });
      let read;
      try {
        read = await this.aws.call(session, 'logs', (client, abortSignal) => client.send(command, { abortSignal }), {
          signal,
        });
      } catch (error) {
        if (awsErrorName(error) === 'ResourceNotFoundException') return { lines: [], cursor };
        // What was read before it stands: the next look goes on from there.
        if (lines.length > 0 && error instanceof AppError) break;
        throw error;
      }
      const events = (read.events ?? []).map(({ timestamp = 0, message = '' }) => ({ timestamp, message }));
      const seen = toLines(events, phase);
      lines.push(...seen.lines);
      phase = seen.phase;
      const next = read.nextForwardToken ?? token;
      // An empty page may have others behind it; one with room to spare has not.
      const atEnd = next === token || (events.length > 0 && !isFull(events));
      token = next;
      if (atEnd) break;
    }
    if (lines.length === 0 && token === from.token) return { lines, cursor };
    return { lines, cursor: writeCursor({ ...from, token, phase }) };
  }

  private async fromS3(
    session: AwsSession,
    arn: string,
    build: Build,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<LogRead> {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    const [, bucket = '', key = ''] = /:::([^/]+)\/(.+)$/.exec(arn) ?? [];
    let text: string;
    try {
      text = await this.aws.call(
        session,
        's3',
        async (client, abortSignal) => {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal });
          return textOf(Body as Readable, key.endsWith('.gz'));
        },
        { signal, attemptMs: GUNZIP_MS },
      );
    } catch (error) {
      if (awsErrorName(error) === 'NoSuchKey') return { lines: [], cursor }; // it comes some seconds after the end
      throw error;
    }
    const timestamp = (build.endTime ?? build.startTime ?? new Date(0)).getTime();
    const { lines } = toLines(withAgentTimes(text, timestamp), null);
    return { lines, cursor: writeCursor({ from: 's3' }) };
  }
}

const isFull = (events: readonly LogEvent[]): boolean =>
  events.length >= FULL_EVENTS || events.reduce((bytes, { message }) => bytes + message.length, 0) >= FULL_BYTES;

/** The beginning of it, where it is too long to be held. */
async function textOf(body: Readable, isZipped: boolean): Promise<string> {
  const stream = isZipped ? body.pipe(createGunzip()) : body;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > S3_LOG_MAX_BYTES) break;
  }
  body.destroy();
  return Buffer.concat(chunks).toString();
}

/** In S3 only the agent's lines have an instant; what is printed has that of the agent's line before it. */
function withAgentTimes(text: string, fallback: number): LogEvent[] {
  let timestamp = fallback;
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((message) => {
      const [, day = '', time = ''] =
        /^\[Container\] (\d{4}\/\d\d\/\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(message) ?? [];
      const at = Date.parse(`${day.replaceAll('/', '-')}T${time}Z`);
      if (!Number.isNaN(at)) timestamp = at;
      return { timestamp, message };
    });
}
