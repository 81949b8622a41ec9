/** Which webhook filters can be kept: known events, regular expressions that are some, and nothing that never holds. Pure. */
import type { ProjectWebhook } from '@aws-deployer/platform/contracts/build-projects';
import type { FieldProblem } from '@aws-deployer/platform/errors/app-error';
import { nearestWord } from '../buildspec/nearest-word.js';
import type { ProjectSettings } from '../ports/project-mirror.js';
import type { ProjectPlace } from './build-project-rules.js';
import { WEBHOOK_SOURCES } from './source-rules.js';
import { PULL_REQUEST_EVENTS, WEBHOOK_EVENTS } from './webhook-event.js';

type Filter = ProjectWebhook['filter_groups'][number][number];

export function webhookProblems({ webhook, source }: ProjectSettings, place: ProjectPlace): FieldProblem[] {
  if (webhook === null) return [];
  const servers = place.engine === 'local' ? [...WEBHOOK_SOURCES, 'git'] : WEBHOOK_SOURCES;
  if (!servers.includes(source.type) || source.location?.startsWith('file:') === true)
    return [
      {
        field: 'webhook',
        message: `a source of type ${source.type} sends no webhooks`,
        mend: `set it to null, or use a source of type ${servers.join(', ')}`,
      },
    ];
  return webhook.filter_groups.flatMap((group, index) =>
    groupProblems(group, `webhook.filter_groups.${String(index)}`),
  );
}

export const eventsOf = (pattern: string): string[] => pattern.split(',').map((event) => event.trim());

function groupProblems(group: readonly Filter[], field: string): FieldProblem[] {
  const events = group.filter(({ type }) => type === 'EVENT').flatMap(({ pattern }) => eventsOf(pattern));
  return group.flatMap((filter, index): FieldProblem[] => {
    const wrong = (part: string, message: string, mend: string): FieldProblem[] => [
      { field: `${field}.${String(index)}.${part}`, message, mend },
    ];
    if (filter.type === 'EVENT') {
      const unknown = eventsOf(filter.pattern).find((event) => !WEBHOOK_EVENTS.some((known) => known === event));
      if (unknown !== undefined) {
        const meant = nearestWord(unknown, WEBHOOK_EVENTS);
        return wrong(
          'pattern',
          `${unknown === '' ? 'an empty word' : unknown} is no event`,
          meant === undefined ? `use ${WEBHOOK_EVENTS.join(', ')}` : `did you mean ${meant}?`,
        );
      }
      if (filter.exclude) return wrong('exclude', 'events cannot be excluded', 'name the events that do start a build');
      return [];
    }
    if (filter.type === 'BASE_REF' && !events.some((event) => PULL_REQUEST_EVENTS.some((known) => known === event)))
      return wrong('type', 'BASE_REF is known of pull requests only', 'add an EVENT filter with PULL_REQUEST_CREATED');
    try {
      new RegExp(filter.pattern);
      return [];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return wrong('pattern', error.message, 'write a regular expression, such as ^refs/heads/main$');
    }
  });
}
