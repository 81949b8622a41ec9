/** Deliveries of GitLab: pushes of branches and tags, and merge requests. Only what filters ask of is read. */
import { z } from 'zod';
import { commitFiles, filesOf, headOf, NO_COMMIT, pushed, strange, text, type ReadDelivery } from './delivery-event.js';
import type { WebhookEventName } from './webhook-event.js';

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

/** `kind`: the event as its header names it. */
export function readGitlab(kind: string, body: unknown): ReadDelivery {
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
