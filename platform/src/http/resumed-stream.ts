/** Where a live stream goes on for a client that comes back: after the last row that it saw. */
import { z } from 'zod';

/** The place may come in the query as well: not every client can send the header. */
export const Resumed = z.object({ last_event_id: z.string().max(2_000).optional() });

/** Row number, 0 for the beginning; an id that is none of ours begins anew. */
export const placeOf = (eventId: string | undefined): number =>
  eventId !== undefined && /^\d{1,15}$/.test(eventId) ? Number(eventId) : 0;
