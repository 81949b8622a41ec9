/** Where reading a build's log stands, as one text: which log, how far, and in which phase (the log tells it only once). Pure. */
import { BuildPhaseName } from '@aws-deployer/platform/contracts/builds';
import { z } from 'zod';

const LogCursor = z.discriminatedUnion('from', [
  z.object({
    from: z.literal('cloudwatch'),
    group: z.string(),
    stream: z.string(),
    /** CloudWatch's own; null: from the beginning. */
    token: z.string().nullable(),
    phase: BuildPhaseName.nullable(),
  }),
  /** The whole log in S3 was read: it is written once, at the end. */
  z.object({ from: z.literal('s3') }),
]);
export type LogCursor = z.infer<typeof LogCursor>;
export type CloudWatchCursor = LogCursor & { readonly from: 'cloudwatch' };

export const writeCursor = (cursor: LogCursor): string => JSON.stringify(cursor);
/** null: from the beginning. Throws where it is none that `writeCursor` wrote. */
export const readCursor = (text: string | null): LogCursor | null =>
  text === null ? null : LogCursor.parse(JSON.parse(text));
