/**
 * How somebody else's change of a workload is known as one, whoever looks: the watch that brought it, the next stage, or a
 * process that takes over from one that died. What stood there and what is brought are kept before the first change; a pod
 * template that is neither is another actor's. The generation alone does not tell: it counts also who only scaled. Pure.
 */
import { createHash } from 'node:crypto';
import type { Manifest } from '../ports/cluster.js';
import { templateOf } from './verdict/workload-pods.js';

/** Hashes of pod templates, as the cluster holds them. */
export interface OwnTemplate {
  /** What stood in the workload's place when its rollout began; null: nothing did. */
  readonly found: string | null;
  readonly brought: string;
}

export const templateHash = (workload: Manifest): string =>
  createHash('sha256').update(templateOf(workload)).digest('hex');

/** What somebody else did to the workload since its rollout began; undefined: nothing that is known. */
export const othersChange = (
  { found, brought }: OwnTemplate,
  live: Manifest | undefined,
): 'changed' | 'deleted' | undefined => {
  // Where nothing was found, a workload that is missing may not have been made yet.
  if (live === undefined) return found === null ? undefined : 'deleted';
  return [found, brought].includes(templateHash(live)) ? undefined : 'changed';
};

/** The same question once the workload was brought: what was found before may not be there again. */
export const othersChangeSince = (own: OwnTemplate, live: Manifest | undefined): 'changed' | 'deleted' | undefined =>
  othersChange({ ...own, found: own.brought }, live);
