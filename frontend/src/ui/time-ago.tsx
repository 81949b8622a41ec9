/** An instant as `5 min ago`, the full date in its title; renews itself. */
import { ago, fullInstant } from './words.js';
import { useNow } from './use-now.js';

export function TimeAgo({ at }: { at: string }) {
  const now = useNow(15_000);
  return (
    <time dateTime={at} title={fullInstant(at)}>
      {ago(at, Math.max(now, Date.parse(at)))}
    </time>
  );
}
