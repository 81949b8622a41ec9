import { expect, test } from 'vitest';
import { WebhookFilter, type ProjectWebhook } from '@aws-deployer/platform/contracts/build-projects';
import { boundedTest } from '../patterns/bounded-test.js';
import type { WebhookEvent } from './webhook-event.js';
import { filterEvent } from './webhook-filter.js';

const PUSH: WebhookEvent = {
  event: 'PUSH',
  headRef: 'refs/heads/main',
  baseRef: null,
  commit: 'a'.repeat(40),
  trigger: 'branch/main',
  actor: '583231',
  files: ['src/shop.ts', 'README.md'],
  message: 'Mend the basket [skip docs]',
  releaseName: null,
  repository: 'acme/shop',
  fromFork: false,
};
const PULL: WebhookEvent = {
  ...PUSH,
  event: 'PULL_REQUEST_CREATED',
  headRef: 'refs/heads/feature',
  baseRef: 'refs/heads/main',
  files: null,
};
const TAG: WebhookEvent = { ...PUSH, headRef: 'refs/tags/v1.2.0', trigger: 'tag/v1.2.0' };

type Filters = readonly {
  type: ProjectWebhook['filter_groups'][number][number]['type'];
  pattern: string;
  exclude?: boolean;
}[];
const filter = (event: WebhookEvent, ...groups: Filters[]) =>
  filterEvent({ filter_groups: groups.map((group) => group.map((one) => WebhookFilter.parse(one))) }, event);

const HOLDS: readonly (readonly [string, WebhookEvent, readonly Filters[], boolean])[] = [
  ['no groups: a push', PUSH, [], true],
  ['no groups: a pull request', PULL, [], false],
  ['no event named: pushes', PUSH, [[{ type: 'HEAD_REF', pattern: '^refs/heads/main$' }]], true],
  ['no event named: no pull requests', PULL, [[{ type: 'HEAD_REF', pattern: 'feature' }]], false],
  ['one of the events named', PULL, [[{ type: 'EVENT', pattern: 'PUSH, PULL_REQUEST_CREATED' }]], true],
  [
    'every filter of the group',
    PUSH,
    [
      [
        { type: 'HEAD_REF', pattern: 'main' },
        { type: 'ACTOR_ACCOUNT_ID', pattern: '^1$' },
      ],
    ],
    false,
  ],
  [
    'one group of several',
    PUSH,
    [[{ type: 'HEAD_REF', pattern: 'other' }], [{ type: 'HEAD_REF', pattern: 'main' }]],
    true,
  ],
  ['what is left out', PUSH, [[{ type: 'COMMIT_MESSAGE', pattern: '\\[skip', exclude: true }]], false],
  ['what is not left out', PUSH, [[{ type: 'COMMIT_MESSAGE', pattern: '\\[skip ci', exclude: true }]], true],
  ['one changed file', PUSH, [[{ type: 'FILE_PATH', pattern: '^src/' }]], true],
  ['no changed file', PUSH, [[{ type: 'FILE_PATH', pattern: '^docs/' }]], false],
  ['a changed file that is left out', PUSH, [[{ type: 'FILE_PATH', pattern: '^README', exclude: true }]], false],
  [
    'files that nobody knows',
    PULL,
    [
      [
        { type: 'EVENT', pattern: 'PULL_REQUEST_CREATED' },
        { type: 'FILE_PATH', pattern: '.' },
      ],
    ],
    false,
  ],
  [
    'where a pull request goes',
    PULL,
    [
      [
        { type: 'EVENT', pattern: 'PULL_REQUEST_CREATED' },
        { type: 'BASE_REF', pattern: '^refs/heads/main$' },
      ],
    ],
    true,
  ],
  ['the name of a tag', TAG, [[{ type: 'TAG_NAME', pattern: '^v\\d' }]], true],
  ['a branch is no tag', PUSH, [[{ type: 'TAG_NAME', pattern: '.' }]], false],
  ['the repository without its owner', PUSH, [[{ type: 'REPOSITORY_NAME', pattern: '^shop$' }]], true],
];
test.each(HOLDS)('%s', (_name, event, groups, matched) => {
  const answer = filter(event, ...groups);
  expect(answer).toMatchObject({ matched, reason: expect.stringMatching(/\w/) });
});

test('a pattern that takes exponentially long is given up, and holds nothing else up', () => {
  const began = performance.now();
  const hostile = { ...PUSH, message: `${'a'.repeat(40)}!` };
  expect(filter(hostile, [{ type: 'COMMIT_MESSAGE', pattern: '^(a+)+$' }])).toMatchObject({
    matched: false,
    reason: expect.stringContaining('takes too long'),
  });
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(boundedTest('^(a+)+$', ['aaa', 'b'])).toBe(true);
});
