/**
 * A delivery of GitHub, GitLab or Bitbucket as an event. Only what filters ask of is read, and a body that is not as the
 * server documents it is no event. A sentence says why a delivery is none.
 */
import { z } from 'zod';
import type { HeaderOf } from './delivery-signature.js';
import type { WebhookEvent, WebhookEventName } from './webhook-event.js';

export type ReadDelivery = { readonly event: WebhookEvent } | { readonly nothing: string };

const text = z.string().max(20_000);
const commitFiles = z.object({
  message: text.optional(),
  added: z.array(text).default([]),
  modified: z.array(text).default([]),
  removed: z.array(text).default([]),
});
const NO_COMMIT = /^0+$/;
const headOf = (ref: string): string => `refs/heads/${ref}`;
const triggerOf = (ref: string): string =>
  ref.startsWith('refs/tags/') ? `tag/${ref.slice(10)}` : `branch/${ref.replace(/^refs\/heads\//, '')}`;
const filesOf = (commits: readonly z.infer<typeof commitFiles>[]): string[] => [
  ...new Set(commits.flatMap(({ added, modified, removed }) => [...added, ...modified, ...removed])),
];

/** Throws AppError invalid when the body is no JSON; says `nothing` of kinds that build nothing. */
export function readDelivery(header: HeaderOf, body: unknown): ReadDelivery {
  const github = header('x-github-event');
  if (github !== undefined) return readGithub(github, body);
  const gitlab = header('x-gitlab-event');
  if (gitlab !== undefined) return readGitlab(gitlab, body);
  const bitbucket = header('x-event-key');
  if (bitbucket !== undefined) return readBitbucket(bitbucket, body);
  return { nothing: 'the delivery names no event: X-GitHub-Event, X-Gitlab-Event and X-Event-Key are missing' };
}

const pushed = (
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
const strange = (kind: string): ReadDelivery => ({ nothing: `the delivery is no ${kind} as its server documents it` });

const GithubPush = z.object({
  ref: text,
  after: text,
  deleted: z.boolean().default(false),
  repository: z.object({ full_name: text }),
  sender: z.object({ id: z.number() }).optional(),
  head_commit: z.object({ message: text }).nullish(),
  commits: z.array(commitFiles).default([]),
});
const GithubPull = z.object({
  action: text,
  number: z.number().int(),
  pull_request: z.object({
    merged: z.boolean().nullish(),
    title: text,
    merge_commit_sha: text.nullish(),
    head: z.object({ ref: text, sha: text, repo: z.object({ full_name: text }).nullish() }),
    base: z.object({ ref: text, repo: z.object({ full_name: text }) }),
  }),
  sender: z.object({ id: z.number() }).optional(),
});
const GithubRelease = z.object({
  action: text,
  release: z.object({ tag_name: text, name: text.nullish() }),
  repository: z.object({ full_name: text }),
  sender: z.object({ id: z.number() }).optional(),
});
const GITHUB_PULLS: Readonly<Record<string, WebhookEventName>> = {
  opened: 'PULL_REQUEST_CREATED',
  synchronize: 'PULL_REQUEST_UPDATED',
  reopened: 'PULL_REQUEST_REOPENED',
};

function readGithub(kind: string, body: unknown): ReadDelivery {
  if (kind === 'push') {
    const { success, data } = GithubPush.safeParse(body);
    if (!success) return strange('push');
    return pushed({
      headRef: data.ref,
      commit: data.deleted ? null : data.after,
      actor: data.sender === undefined ? null : String(data.sender.id),
      files: filesOf(data.commits),
      message: data.head_commit?.message ?? null,
      repository: data.repository.full_name,
    });
  }
  if (kind === 'pull_request') {
    const { success, data } = GithubPull.safeParse(body);
    if (!success) return strange('pull request');
    const { head, base, merged, title, merge_commit_sha: mergeCommit } = data.pull_request;
    const isMerged = data.action === 'closed' && merged === true;
    const event = isMerged
      ? 'PULL_REQUEST_MERGED'
      : data.action === 'closed'
        ? 'PULL_REQUEST_CLOSED'
        : GITHUB_PULLS[data.action];
    if (event === undefined) return { nothing: `nothing is built when a pull request is ${data.action}` };
    return {
      event: {
        event,
        headRef: headOf(head.ref),
        baseRef: headOf(base.ref),
        commit: isMerged ? (mergeCommit ?? head.sha) : head.sha,
        trigger: `pr/${String(data.number)}`,
        actor: data.sender === undefined ? null : String(data.sender.id),
        files: null,
        message: title,
        releaseName: null,
        repository: base.repo.full_name,
        fromFork: head.repo?.full_name !== base.repo.full_name,
      },
    };
  }
  if (kind === 'release') {
    const { success, data } = GithubRelease.safeParse(body);
    if (!success) return strange('release');
    if (data.action !== 'released' && data.action !== 'prereleased')
      return { nothing: `nothing is built when a release is ${data.action}` };
    return {
      event: {
        event: data.action === 'released' ? 'RELEASED' : 'PRERELEASED',
        headRef: `refs/tags/${data.release.tag_name}`,
        baseRef: null,
        commit: data.release.tag_name,
        trigger: `tag/${data.release.tag_name}`,
        actor: data.sender === undefined ? null : String(data.sender.id),
        files: null,
        message: null,
        releaseName: data.release.name ?? data.release.tag_name,
        repository: data.repository.full_name,
        fromFork: false,
      },
    };
  }
  return { nothing: kind === 'ping' ? 'the webhook answers' : `nothing is built on ${kind}` };
}

const GitlabPush = z.object({
  ref: text,
  after: text,
  checkout_sha: text.nullish(),
  user_id: z.number().nullish(),
  project: z.object({ path_with_namespace: text }),
  commits: z.array(commitFiles.extend({ id: text })).default([]),
});
const GitlabMerge = z.object({
  user: z.object({ id: z.number().nullish() }).nullish(),
  project: z.object({ path_with_namespace: text }),
  object_attributes: z.object({
    iid: z.number().int(),
    action: text.nullish(),
    oldrev: text.nullish(),
    title: text,
    source_branch: text,
    target_branch: text,
    source_project_id: z.number().nullish(),
    target_project_id: z.number().nullish(),
    merge_commit_sha: text.nullish(),
    last_commit: z.object({ id: text }),
  }),
});
const GITLAB_MERGES: Readonly<Record<string, WebhookEventName>> = {
  open: 'PULL_REQUEST_CREATED',
  reopen: 'PULL_REQUEST_REOPENED',
  merge: 'PULL_REQUEST_MERGED',
  close: 'PULL_REQUEST_CLOSED',
};

function readGitlab(kind: string, body: unknown): ReadDelivery {
  if (kind === 'Push Hook' || kind === 'Tag Push Hook') {
    const { success, data } = GitlabPush.safeParse(body);
    if (!success) return strange('push');
    return pushed({
      headRef: data.ref,
      commit: NO_COMMIT.test(data.after) ? null : (data.checkout_sha ?? data.after),
      actor: data.user_id == null ? null : String(data.user_id),
      files: filesOf(data.commits),
      message: (data.commits.find(({ id }) => id === data.after) ?? data.commits.at(-1))?.message ?? null,
      repository: data.project.path_with_namespace,
    });
  }
  if (kind !== 'Merge Request Hook') return { nothing: `nothing is built on ${kind}` };
  const { success, data } = GitlabMerge.safeParse(body);
  if (!success) return strange('merge request');
  const merge = data.object_attributes;
  const action = merge.action ?? '';
  // an update without a former commit changed a label or a title
  const event = action === 'update' && merge.oldrev != null ? 'PULL_REQUEST_UPDATED' : GITLAB_MERGES[action];
  if (event === undefined)
    return { nothing: `nothing is built on ${action === '' ? 'this' : action} of a merge request` };
  return {
    event: {
      event,
      headRef: headOf(merge.source_branch),
      baseRef: headOf(merge.target_branch),
      commit: event === 'PULL_REQUEST_MERGED' ? (merge.merge_commit_sha ?? merge.last_commit.id) : merge.last_commit.id,
      trigger: `pr/${String(merge.iid)}`,
      actor: data.user?.id == null ? null : String(data.user.id),
      files: null,
      message: merge.title,
      releaseName: null,
      repository: data.project.path_with_namespace,
      fromFork: merge.source_project_id !== merge.target_project_id,
    },
  };
}

const BitbucketRef = z.object({ type: text, name: text, target: z.object({ hash: text, message: text.optional() }) });
const BitbucketPush = z.object({
  actor: z.object({ uuid: text.optional(), account_id: text.optional() }).nullish(),
  repository: z.object({ full_name: text }),
  push: z.object({ changes: z.array(z.object({ new: BitbucketRef.nullish(), old: BitbucketRef.nullish() })).min(1) }),
});
const BitbucketSide = z.object({
  branch: z.object({ name: text }),
  commit: z.object({ hash: text }).nullish(),
  repository: z.object({ full_name: text }).nullish(),
});
const BitbucketPull = z.object({
  actor: z.object({ uuid: text.optional(), account_id: text.optional() }).nullish(),
  repository: z.object({ full_name: text }),
  pullrequest: z.object({
    id: z.number().int(),
    title: text,
    source: BitbucketSide,
    destination: BitbucketSide,
    merge_commit: z.object({ hash: text }).nullish(),
  }),
});
const BITBUCKET_PULLS: Readonly<Record<string, WebhookEventName>> = {
  'pullrequest:created': 'PULL_REQUEST_CREATED',
  'pullrequest:updated': 'PULL_REQUEST_UPDATED',
  'pullrequest:fulfilled': 'PULL_REQUEST_MERGED',
  'pullrequest:rejected': 'PULL_REQUEST_CLOSED',
};

function readBitbucket(kind: string, body: unknown): ReadDelivery {
  if (kind === 'repo:push') {
    const { success, data } = BitbucketPush.safeParse(body);
    if (!success) return strange('push');
    // one push may move several branches: the last one that is still there is built, as a delivery is one build
    const change = data.push.changes.findLast((one) => one.new != null) ?? data.push.changes[0];
    const ref = change?.new ?? change?.old;
    if (ref == null) return strange('push');
    return pushed({
      headRef: ref.type === 'tag' ? `refs/tags/${ref.name}` : headOf(ref.name),
      commit: change?.new == null ? null : ref.target.hash,
      actor: data.actor?.account_id ?? data.actor?.uuid ?? null,
      files: null,
      message: ref.target.message ?? null,
      repository: data.repository.full_name,
    });
  }
  const event = BITBUCKET_PULLS[kind];
  if (event === undefined) return { nothing: `nothing is built on ${kind}` };
  const { success, data } = BitbucketPull.safeParse(body);
  if (!success) return strange('pull request');
  const { source, destination, merge_commit: merged, id, title } = data.pullrequest;
  return {
    event: {
      event,
      headRef: headOf(source.branch.name),
      baseRef: headOf(destination.branch.name),
      commit: (event === 'PULL_REQUEST_MERGED' ? merged?.hash : undefined) ?? source.commit?.hash ?? null,
      trigger: `pr/${String(id)}`,
      actor: data.actor?.account_id ?? data.actor?.uuid ?? null,
      files: null,
      message: title,
      releaseName: null,
      repository: data.repository.full_name,
      fromFork: source.repository?.full_name !== data.repository.full_name,
    },
  };
}
