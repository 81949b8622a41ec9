/** Where a waiting build stands, why it waits and when it is likely to start. */
import type { QueuePlace } from '@aws-deployer/platform/contracts/builds';
import { IconHourglass } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Notice } from '../ui/feedback.js';
import { useNow } from '../ui/use-now.js';
import { clock, duration } from '../ui/words.js';

export function QueuePlaceNotice({ place, team }: { place: QueuePlace; team: string }) {
  return (
    <Notice
      tone="live"
      role="status"
      icon={<IconHourglass size={18} />}
      title={place.position === 1 ? 'Next to start' : `Place ${place.position} in the queue`}
    >
      {place.reason} It uses the share of team {team}. <Estimate place={place} />{' '}
      <Link to="/builds/queue">See the whole queue</Link>
    </Notice>
  );
}

/** `in about 2 m 10 s (14:02:10)`, counting down; what nobody can know yet is said so. */
export function Estimate({ place }: { place: QueuePlace }) {
  const now = useNow(place.estimated_start_at === null ? null : 1000);
  if (place.estimated_start_at === null)
    return <>When it starts is not known: no build has told yet how long one takes.</>;
  const wait = Date.parse(place.estimated_start_at) - now;
  return (
    <>
      {wait <= 0 ? 'It starts any moment' : `It starts in about ${duration(wait)}`} ({clock(place.estimated_start_at)}).
    </>
  );
}
