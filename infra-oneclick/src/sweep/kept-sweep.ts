/** A sweep as a run keeps it: what a destroy plan found, by what, and what became of each in its apply. Pure. */
import { createHash } from 'node:crypto';
import type { SweepView, SweptResourceView } from '@aws-deployer/platform/contracts/infra';
import type { Belongings, ClusterResource } from '../ports/cloud-inventory.js';
import type { Traces } from './environment-traces.js';

export interface KeptSweep extends Traces {
  readonly items: readonly SweptResourceView[];
}

export const parseSweep = (text: string | null): KeptSweep | undefined =>
  text === null ? undefined : (JSON.parse(text) as KeptSweep);

/** null: there was no cluster, and so nothing that Kubernetes could have made. */
export const sweepView = (kept: KeptSweep | undefined): SweepView | null =>
  kept === undefined || kept.clusters.length === 0 ? null : { clusters: [...kept.clusters], items: [...kept.items] };

export const belongings = ({ tags, managed }: Traces): Belongings => ({ tags, managed: new Set(managed) });

const keyOf = ({ kind, id, region }: Pick<ClusterResource, 'kind' | 'id' | 'region'>): string =>
  `${region} ${kind} ${id}`;

export const plannedItem = ({ heldByNode, ...resource }: ClusterResource): SweptResourceView => ({
  ...resource,
  when: heldByNode ? 'after' : 'before',
  state: 'planned',
  reason: null,
});

/** What is there and was not in the plan that was approved. */
export const unapproved = (found: readonly ClusterResource[], kept: KeptSweep): ClusterResource[] => {
  const approved = new Set(kept.items.map(keyOf));
  return found.filter((one) => !approved.has(keyOf(one)));
};

/** The hash that is approved: of the plan's file alone, or with all that is swept along with it. */
export function approvedHash(fileHash: string, kept: KeptSweep | undefined): string {
  if (kept === undefined || kept.items.length === 0) return fileHash;
  const swept = kept.items.map(keyOf).sort().join('\n');
  return createHash('sha256').update(`${fileHash}\n${swept}`).digest('hex');
}
