/** The inventory of an account at AWS. */
import type { OrphanView } from '@aws-deployer/platform/contracts/infra';
import type {
  Belongings,
  CloudInventory,
  Cluster,
  ClusterResource,
  Identity,
  Tags,
} from '../../ports/cloud-inventory.js';
import { withAws } from './aws-session.js';
import { clusterResources } from './cluster-resources.js';
import { removeResource } from './resource-removal.js';
import { taggedIam } from './tagged-iam.js';
import { taggedResources } from './tagged-resources.js';

export class AwsInventory implements CloudInventory {
  ofCluster(identity: Identity, cluster: Cluster, own: Belongings, signal: AbortSignal): Promise<ClusterResource[]> {
    return withAws(identity, cluster.region, (aws) => clusterResources(aws, cluster, own, signal));
  }

  remove(
    identity: Identity,
    resource: Pick<ClusterResource, 'kind' | 'id' | 'region' | 'cluster'>,
    own: Belongings,
    signal: AbortSignal,
  ): Promise<'gone' | 'in_use'> {
    return withAws(identity, resource.region, (aws) => removeResource(aws, resource, own, signal));
  }

  tagged(identity: Identity, region: string, tags: Tags, signal: AbortSignal): Promise<OrphanView[]> {
    return withAws(identity, region, (aws) => taggedResources(aws, tags, signal));
  }

  taggedIam(identity: Identity, region: string, tags: Tags, signal: AbortSignal): Promise<OrphanView[]> {
    return withAws(identity, region, (aws) => taggedIam(aws, tags, signal));
  }
}
