/** What the readers of deliveries share: a delivery as an event, or a sentence that says why it is none. */
import { z } from 'zod';
import type { WebhookEvent } from './webhook-event.js';

export type ReadDelivery = { readonly event: WebhookEvent } | { readonly nothing: string };

/** Filters look at the beginning of what is longer (a commit's message may be of any length). */
export const text = z.string().transform((value) => value.slice(0, 20_000));
export const commitFiles = z.object({
  message: text.optional(),
  added: z.array(text).default([]),
  modified: z.array(text).default([]),
  removed: z.array(text).default([]),
});
/** What Git servers send for a commit that is not there. */
export const NO_COMMIT = /^0+$/;
export const headOf = (ref: string): string => `refs/heads/${ref}`;
const triggerOf = (ref: string): string =>
  ref.startsWith('refs/tags/') ? `tag/${ref.slice(10)}` : `branch/${ref.replace(/^refs\/heads\//, '')}`;
export const filesOf = (commits: readonly z.infer<typeof commitFiles>[]): string[] => [
  ...new Set(commits.flatMap(({ added, modified, removed }) => [...added, ...modified, ...removed])),
];

export const pushed = (
  event: Omit<WebhookEvent, 'event' | 'trigger' | 'baseRef' | 'releaseName' | 'fromFork'>,
): ReadDelivery =>
  event.commit === null || NO_COMMIT.test(event.commit)
    ? { nothing: `${event.headRef} was deleted` }
    : {
        event: {
          ...event,
          event: 'PUSH',
          trigger: triggerOf(event.headRef),
          baseRef: null,
          releaseName: null,
          fromFork: false,
        },
      };
export const strange = (kind: string): ReadDelivery => ({
  nothing: `the delivery is no ${kind} as its server documents it`,
});
