/** Deliveries of Bitbucket: repo:push and pullrequest. Only what filters ask of is read. */
import { z } from 'zod';
import { headOf, pushed, strange, text, type ReadDelivery } from './delivery-event.js';
import type { WebhookEventName } from './webhook-event.js';

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

/** `kind`: the event as its header names it. */
export function readBitbucket(kind: string, body: unknown): ReadDelivery {
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
