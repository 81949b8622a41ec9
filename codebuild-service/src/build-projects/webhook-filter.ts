/**
 * Whether an event starts a build: every filter of at least one group holds. A group without an EVENT filter speaks of
 * pushes, as with CodeBuild; no group at all: every push. The answer comes with a sentence.
 */
import type { ProjectWebhook } from '@aws-deployer/platform/contracts/build-projects';
import { boundedTest } from '../patterns/bounded-test.js';
import type { WebhookEvent } from './webhook-event.js';
import { eventsOf } from './webhook-rules.js';

type Filter = ProjectWebhook['filter_groups'][number][number];
export interface FilterAnswer {
  readonly matched: boolean;
  readonly reason: string;
}

const TOO_SLOW = 'a pattern of the filters takes too long: write it without a repetition inside a repetition';

export function filterEvent({ filter_groups: groups }: ProjectWebhook, event: WebhookEvent): FilterAnswer {
  if (groups.length === 0)
    return event.event === 'PUSH'
      ? { matched: true, reason: 'every push is built' }
      : { matched: false, reason: `${event.event} is no push, and the project has no filters` };
  const failures: string[] = [];
  for (const [index, group] of groups.entries()) {
    const failure = failureOf(group, event);
    if (failure === TOO_SLOW) return { matched: false, reason: TOO_SLOW }; // the others wait no longer for it
    if (failure === undefined) return { matched: true, reason: `filter group ${String(index + 1)} holds` };
    failures.push(`group ${String(index + 1)}: ${failure}`);
  }
  return { matched: false, reason: `no filter group holds (${failures.join('; ')})` };
}

function failureOf(group: readonly Filter[], event: WebhookEvent): string | undefined {
  const events = group.filter(({ type }) => type === 'EVENT').flatMap(({ pattern }) => eventsOf(pattern));
  const wanted = events.length === 0 ? ['PUSH'] : events;
  if (!wanted.includes(event.event)) return `${event.event} is not ${wanted.join(' or ')}`;
  for (const filter of group) {
    if (filter.type === 'EVENT') continue;
    const values = valuesOf(filter.type, event);
    if (values.length === 0 && !filter.exclude) return `${filter.type} is not known of this event`;
    const answer = boundedTest(filter.pattern, values);
    if (answer === 'too_slow') return TOO_SLOW;
    if (answer && filter.exclude) return `${filter.type} is left out by ${filter.pattern}`;
    if (!answer && !filter.exclude) return `${filter.type} does not match ${filter.pattern}`;
  }
  return undefined;
}

function valuesOf(type: Exclude<Filter['type'], 'EVENT'>, event: WebhookEvent): readonly string[] {
  const known = (value: string | null): string[] => (value === null ? [] : [value]);
  switch (type) {
    case 'HEAD_REF':
      return [event.headRef];
    case 'BASE_REF':
      return known(event.baseRef);
    case 'ACTOR_ACCOUNT_ID':
      return known(event.actor);
    case 'FILE_PATH':
      return event.files ?? []; // one changed file that matches is enough
    case 'COMMIT_MESSAGE':
      return known(event.message);
    case 'TAG_NAME':
      return known(/^refs\/tags\/(.+)$/.exec(event.headRef)?.[1] ?? null);
    case 'RELEASE_NAME':
      return known(event.releaseName);
    case 'REPOSITORY_NAME':
      return [event.repository.split('/').at(-1) ?? event.repository];
  }
}
