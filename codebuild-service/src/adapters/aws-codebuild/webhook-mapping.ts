/** A project's webhook ↔ CodeBuild's filter groups. Pure. */
import type { WebhookFilter as AwsFilter, Webhook } from '@aws-sdk/client-codebuild';
import { WebhookFilter, type ProjectWebhook } from '@aws-deployer/platform/contracts/build-projects';

const PUSH: AwsFilter = { type: 'EVENT', pattern: 'PUSH' };

/** CodeBuild wants an EVENT in every group, and takes no group for pushes and pull requests alike: ours means pushes. */
export function toFilterGroups({ filter_groups: groups }: ProjectWebhook): AwsFilter[][] {
  if (groups.length === 0) return [[PUSH]];
  return groups.map((group) => {
    const filters: AwsFilter[] = group.map(({ type, pattern, exclude }) => ({
      type,
      pattern,
      ...(exclude ? { excludeMatchedPattern: true } : {}),
    }));
    return filters.some(({ type }) => type === 'EVENT') ? filters : [PUSH, ...filters];
  });
}

/** `lost`: filters for which the platform has no word. */
export function toWebhook(webhook: Webhook | undefined): { webhook: ProjectWebhook | null; lost: string[] } {
  if (webhook === undefined) return { webhook: null, lost: [] };
  const lost: string[] = [];
  if (webhook.branchFilter) lost.push(`webhook.branchFilter ${webhook.branchFilter}`);
  if (webhook.scopeConfiguration) lost.push('webhook.scopeConfiguration');
  if (webhook.buildType !== undefined && webhook.buildType !== 'BUILD')
    lost.push(`webhook.buildType ${webhook.buildType}`);
  const groups = (webhook.filterGroups ?? []).map((group) =>
    group.flatMap((filter) => {
      const parsed = WebhookFilter.safeParse({
        type: filter.type,
        pattern: filter.pattern,
        exclude: filter.excludeMatchedPattern ?? false,
      });
      if (!parsed.success) lost.push(`webhook filter ${filter.type ?? ''} ${filter.pattern ?? ''}`);
      return parsed.success ? [parsed.data] : [];
    }),
  );
  const everyPush =
    groups.length === 1 && groups[0]?.length === 1 && groups[0][0]?.type === 'EVENT' && groups[0][0].pattern === 'PUSH';
  return { webhook: { filter_groups: everyPush ? [] : groups.filter((group) => group.length > 0) }, lost };
}
