/** `live`, `reconnecting`, …: whether what the page shows is of this moment. Says each change aloud, politely. */
import { Loader } from '@mantine/core';
import type { LiveStatus } from './live-connection.js';
import classes from './live-mark.module.css';

const WORDS: Readonly<Record<LiveStatus, { text: string; tone: string }>> = {
  connecting: { text: 'Connecting', tone: 'mute' },
  live: { text: 'Live', tone: 'good' },
  reconnecting: { text: 'Reconnecting', tone: 'warn' },
  ended: { text: 'Complete', tone: 'mute' },
  refused: { text: 'Not live', tone: 'bad' },
};

export function LiveMark({ status }: { status: LiveStatus | null }) {
  if (status === null) return null;
  const { text, tone } = WORDS[status];
  const waiting = status === 'reconnecting' || status === 'connecting';
  return (
    <span className={classes.mark} data-tone={tone} role="status" aria-live="polite">
      {waiting ? <Loader size={9} color="var(--tone-solid)" aria-hidden /> : null}
      {!waiting && <span className={classes.dot} data-live={status === 'live'} aria-hidden />}
      {text}
    </span>
  );
}
