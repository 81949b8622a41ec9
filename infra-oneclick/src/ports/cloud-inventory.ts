/**
 * What lies in a cloud account: what Kubernetes made for a cluster, its removal, and what still bears an environment's tags.
 *
 * `identity`: the variables that Terraform signs in with. Throws AppError forbidden/`aws_refused` or unavailable/`aws_failed`.
 */
import type { OrphanView, SweptResourceView } from '@aws-deployer/platform/contracts/infra';

export type Identity = Readonly<Record<string, string>>;
export type Tags = Readonly<Record<string, string>>;
export interface Cluster {
  readonly name: string;
  readonly region: string;
}
export interface ClusterResource extends Pick<
  SweptResourceView,
  'kind' | 'id' | 'name' | 'region' | 'cluster' | 'tag'
> {
  /** A node has it: it can go only once the node is gone. */
  readonly heldByNode: boolean;
}
/** What belongs to an environment without bearing a tag of its cluster. */
export interface Belongings {
  /** Tags of everything that Terraform made for the environment; empty: there are none that tell it from others. */
  readonly tags: Tags;
  /** Ids and ARNs of what Terraform itself takes away. */
  readonly managed: ReadonlySet<string>;
}

export interface CloudInventory {
  /** Only what bears this cluster's tag, or is a volume claim's disk with the environment's tags; never what is managed. */
  ofCluster(identity: Identity, cluster: Cluster, own: Belongings, signal: AbortSignal): Promise<ClusterResource[]>;
  /** Safe to repeat: what is gone already is `gone`. `in_use`: something still has it; ask again. */
  remove(
    identity: Identity,
    resource: Pick<ClusterResource, 'kind' | 'id' | 'region' | 'cluster'>,
    own: Belongings,
    signal: AbortSignal,
  ): Promise<'gone' | 'in_use'>;
  /** What bears all of these tags in the region and is really there: AWS goes on naming what was deleted for a while. */
  tagged(identity: Identity, region: string, tags: Tags, signal: AbortSignal): Promise<OrphanView[]>;
  /** The same of what is of no region: roles and the like. `region`: where it is asked. */
  taggedIam(identity: Identity, region: string, tags: Tags, signal: AbortSignal): Promise<OrphanView[]>;
}
