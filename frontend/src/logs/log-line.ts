/** A line of any log of the platform: a deployment's stage or a build's phase is its part. */
import { parseObject } from '../live/parse-object.js';

export interface LogLine {
  readonly ts: string;
  /** null: the line belongs to no part. */
  readonly part: string | null;
  readonly stream: 'stdout' | 'stderr' | 'system';
  readonly text: string;
}

/** The data of a `line` event; null where it is none. */
export function readLine(data: string): LogLine | null {
  const line = parseObject(data);
  if (!line || typeof line['text'] !== 'string') return null;
  const part = line['stage'] ?? line['phase'];
  // Terraform's lines have a level instead.
  const stream = line['stream'] ?? (line['level'] === 'error' ? 'stderr' : 'stdout');
  return {
    ts: typeof line['ts'] === 'string' ? line['ts'] : '',
    part: typeof part === 'string' ? part : null,
    stream: stream === 'stderr' || stream === 'system' ? stream : 'stdout',
    text: line['text'],
  };
}
