import { randomUUID } from 'node:crypto';

let lastMs = 0;
let counter = 0;

/**
 * A UUIDv7: unique without a round trip, and ordered by time within a process, so that primary keys append. The twelve
 * bits after the milliseconds count up within one (RFC 9562, method 1). By hand on node's pooled `randomUUID`: the
 * library asks the system for random bytes each time, which was a quarter of the cost of writing a log entry.
 */
export function newId(): string {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    counter = 0;
  } else {
    counter += 1;
    if (counter > 0xfff) {
      lastMs += 1; // ahead of the clock for a moment rather than out of order
      counter = 0;
    }
  }
  const time = lastMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}${randomUUID().slice(18)}`;
}
