/** Deliveries of GitHub: push, pull_request and release. Only what filters ask of is read. */
import { z } from 'zod';
import { commitFiles, filesOf, headOf, pushed, strange, text, type ReadDelivery } from './delivery-event.js';
import type { WebhookEventName } from './webhook-event.js';

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

/** `kind`: the event as its header names it. */
export function readGithub(kind: string, body: unknown): ReadDelivery {
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
