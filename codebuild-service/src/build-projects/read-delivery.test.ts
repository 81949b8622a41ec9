import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { readDelivery } from './read-delivery.js';
import { deliveryId, isSigned } from './delivery-signature.js';

const SHA = 'c'.repeat(40);
const ZERO = '0'.repeat(40);
const headers =
  (values: Record<string, string>) =>
  (name: string): string | undefined =>
    values[name];
const github = (event: string) => headers({ 'x-github-event': event });
const gitlab = (event: string) => headers({ 'x-gitlab-event': event });
const bitbucket = (event: string) => headers({ 'x-event-key': event });

const githubPush = {
  ref: 'refs/heads/main',
  after: SHA,
  deleted: false,
  repository: { full_name: 'acme/shop', private: false },
  sender: { id: 583231, login: 'octocat' },
  head_commit: { id: SHA, message: 'Mend the basket' },
  commits: [
    { id: 'x', message: 'a', added: ['src/a.ts'], modified: ['README.md'], removed: [] },
    { id: SHA, message: 'Mend the basket', added: [], modified: ['README.md'], removed: ['old.ts'] },
  ],
};
const githubPull = (action: string, more: object = {}) => ({
  action,
  number: 12,
  sender: { id: 7 },
  pull_request: {
    title: 'A feature',
    merged: false,
    merge_commit_sha: 'd'.repeat(40),
    head: { ref: 'feature', sha: SHA, repo: { full_name: 'acme/shop' } },
    base: { ref: 'main', repo: { full_name: 'acme/shop' } },
    ...more,
  },
});
const gitlabPush = {
  object_kind: 'push',
  ref: 'refs/heads/main',
  after: SHA,
  checkout_sha: SHA,
  user_id: 4,
  project: { path_with_namespace: 'acme/tools/shop' },
  commits: [{ id: SHA, message: 'Mend', added: ['a'], modified: [], removed: [] }],
};
const gitlabMerge = (attributes: object) => ({
  object_kind: 'merge_request',
  user: { id: 9 },
  project: { path_with_namespace: 'acme/shop' },
  object_attributes: {
    iid: 3,
    action: 'open',
    title: 'A feature',
    source_branch: 'feature',
    target_branch: 'main',
    source_project_id: 1,
    target_project_id: 1,
    last_commit: { id: SHA },
    ...attributes,
  },
});
const bitbucketChange = (change: object) => ({
  actor: { account_id: 'me-1' },
  repository: { full_name: 'acme/shop' },
  push: { changes: [change] },
});
const branch = { type: 'branch', name: 'main', target: { hash: SHA, message: 'Mend' } };
const bitbucketPull = {
  actor: { uuid: '{u}' },
  repository: { full_name: 'acme/shop' },
  pullrequest: {
    id: 5,
    title: 'A feature',
    source: { branch: { name: 'feature' }, commit: { hash: SHA }, repository: { full_name: 'acme/shop' } },
    destination: { branch: { name: 'main' }, commit: { hash: 'e'.repeat(40) }, repository: { full_name: 'acme/shop' } },
  },
};

test.each([
  [
    'a push to GitHub',
    github('push'),
    githubPush,
    {
      event: 'PUSH',
      headRef: 'refs/heads/main',
      baseRef: null,
      commit: SHA,
      trigger: 'branch/main',
      actor: '583231',
      files: ['src/a.ts', 'README.md', 'old.ts'],
      message: 'Mend the basket',
      releaseName: null,
      repository: 'acme/shop',
      fromFork: false,
    },
  ],
  [
    'a tag at GitHub',
    github('push'),
    { ...githubPush, ref: 'refs/tags/v1' },
    { headRef: 'refs/tags/v1', trigger: 'tag/v1' },
  ],
  [
    'a pull request',
    github('pull_request'),
    githubPull('opened'),
    {
      event: 'PULL_REQUEST_CREATED',
      headRef: 'refs/heads/feature',
      baseRef: 'refs/heads/main',
      commit: SHA,
      trigger: 'pr/12',
      fromFork: false,
    },
  ],
  ['its update', github('pull_request'), githubPull('synchronize'), { event: 'PULL_REQUEST_UPDATED' }],
  ['its end', github('pull_request'), githubPull('closed'), { event: 'PULL_REQUEST_CLOSED', commit: SHA }],
  [
    'its merge',
    github('pull_request'),
    githubPull('closed', { merged: true }),
    { event: 'PULL_REQUEST_MERGED', commit: 'd'.repeat(40) },
  ],
  [
    'one from a fork',
    github('pull_request'),
    githubPull('opened', { head: { ref: 'main', sha: SHA, repo: { full_name: 'stranger/shop' } } }),
    { fromFork: true },
  ],
  [
    'one from a fork that is gone',
    github('pull_request'),
    githubPull('opened', { head: { ref: 'main', sha: SHA, repo: null } }),
    { fromFork: true },
  ],
  [
    'a release',
    github('release'),
    { action: 'released', release: { tag_name: 'v2', name: 'Two' }, repository: { full_name: 'acme/shop' } },
    { event: 'RELEASED', commit: 'v2', releaseName: 'Two', headRef: 'refs/tags/v2' },
  ],
  [
    'a push to GitLab',
    gitlab('Push Hook'),
    gitlabPush,
    { event: 'PUSH', commit: SHA, actor: '4', message: 'Mend', repository: 'acme/tools/shop', files: ['a'] },
  ],
  ['a tag at GitLab', gitlab('Tag Push Hook'), { ...gitlabPush, ref: 'refs/tags/v1' }, { trigger: 'tag/v1' }],
  [
    'a merge request',
    gitlab('Merge Request Hook'),
    gitlabMerge({}),
    { event: 'PULL_REQUEST_CREATED', trigger: 'pr/3', commit: SHA, fromFork: false },
  ],
  [
    'new commits of one',
    gitlab('Merge Request Hook'),
    gitlabMerge({ action: 'update', oldrev: ZERO }),
    { event: 'PULL_REQUEST_UPDATED' },
  ],
  ['one from another project', gitlab('Merge Request Hook'), gitlabMerge({ source_project_id: 2 }), { fromFork: true }],
  [
    'a push to Bitbucket',
    bitbucket('repo:push'),
    bitbucketChange({ new: branch, old: null }),
    { event: 'PUSH', headRef: 'refs/heads/main', commit: SHA, actor: 'me-1', files: null },
  ],
  [
    'a pull request at Bitbucket',
    bitbucket('pullrequest:created'),
    bitbucketPull,
    { event: 'PULL_REQUEST_CREATED', commit: SHA, fromFork: false, actor: '{u}' },
  ],
] as const)('%s is read', (_name, header, body, event) => {
  expect(readDelivery(header, body)).toMatchObject({ event });
});

test.each([
  ['a ping', github('ping'), { zen: 'x' }, /answers/],
  ['a star', github('star'), {}, /star/],
  ['a deleted branch', github('push'), { ...githubPush, deleted: true, after: ZERO }, /refs\/heads\/main was deleted/],
  ['a label of a pull request', github('pull_request'), githubPull('labeled'), /labeled/],
  ['a push that is none', github('push'), { ref: 1 }, /no push/],
  ['no object at all', github('push'), 'text', /no push/],
  ['a branch deleted at GitLab', gitlab('Push Hook'), { ...gitlabPush, after: ZERO, checkout_sha: null }, /deleted/],
  ['a new title at GitLab', gitlab('Merge Request Hook'), gitlabMerge({ action: 'update' }), /update/],
  ['a branch deleted at Bitbucket', bitbucket('repo:push'), bitbucketChange({ new: null, old: branch }), /deleted/],
  ['a comment at Bitbucket', bitbucket('pullrequest:comment_created'), {}, /comment/],
  ['a delivery of nobody', headers({}), {}, /names no event/],
])('%s builds nothing, and says why', (_name, header, body, why) => {
  expect(readDelivery(header, body)).toEqual({ nothing: expect.stringMatching(why) });
});

test('a delivery is proven by its signature or, at GitLab, by its token', () => {
  const body = Buffer.from('{"a":1}');
  const signature = `sha256=${createHmac('sha256', 's3cret').update(body).digest('hex')}`;
  expect(isSigned(headers({ 'x-hub-signature-256': signature }), body, 's3cret')).toBe(true);
  expect(isSigned(headers({ 'x-hub-signature': signature }), body, 's3cret')).toBe(true);
  expect(isSigned(headers({ 'x-hub-signature-256': signature }), Buffer.from('{"a":2}'), 's3cret')).toBe(false);
  expect(isSigned(headers({ 'x-hub-signature-256': signature }), body, 'other')).toBe(false);
  expect(isSigned(headers({ 'x-hub-signature-256': '' }), body, 's3cret')).toBe(false);
  expect(isSigned(headers({ 'x-gitlab-token': 's3cret' }), body, 's3cret')).toBe(true);
  expect(isSigned(headers({ 'x-gitlab-token': 'guess' }), body, 's3cret')).toBe(false);
  // a wrong signature is not saved by a right token
  expect(isSigned(headers({ 'x-hub-signature-256': 'x', 'x-gitlab-token': 's3cret' }), body, 's3cret')).toBe(false);
  expect(isSigned(headers({}), body, 's3cret')).toBe(false);
});

test('the id of a delivery is that of its server', () => {
  expect(deliveryId(headers({ 'x-github-delivery': 'g' }))).toBe('g');
  expect(deliveryId(headers({ 'x-gitlab-event-uuid': 'l' }))).toBe('l');
  expect(deliveryId(headers({ 'x-request-uuid': 'b' }))).toBe('b');
  expect(deliveryId(headers({}))).toBeUndefined();
});
