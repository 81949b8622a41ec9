/** Which tag says that a resource was made by Kubernetes for a cluster, and for which. Pure. */
import type { Belongings, Tags } from '../../ports/cloud-inventory.js';

interface AwsTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}
export const tagsOf = (tags: readonly AwsTag[] | undefined): Tags =>
  Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));

const VOLUME_CLAIM = 'kubernetes.io/created-for/pvc/name';

/** By key: what each maker writes. `shared` says that the cluster uses a thing, not that it made it. */
const clusterTags = (cluster: string): Tags => ({
  [`kubernetes.io/cluster/${cluster}`]: 'owned', // cloud controller, EBS CSI driver
  'elbv2.k8s.aws/cluster': cluster, // AWS Load Balancer Controller
  'cluster.k8s.amazonaws.com/name': cluster, // VPC CNI
  'ebs.csi.aws.com/cluster': cluster,
  KubernetesCluster: cluster,
});

/** Keys to ask EC2 for; whose they are is told by `clusterTag`. */
export const keysToAskFor = (cluster: string): string[] => [...Object.keys(clusterTags(cluster)), VOLUME_CLAIM];

/** `key=value`; undefined: it is not this cluster's, or it is EKS's own and goes with the cluster. */
export function clusterTag(tags: Tags, cluster: string, own: Belongings): string | undefined {
  if ('aws:eks:cluster-name' in tags) return undefined;
  const found = Object.entries(clusterTags(cluster)).find(([key, value]) => tags[key] === value);
  if (found !== undefined) return found.join('=');
  // The disk of a volume claim may name no cluster: then all of the environment's own tags have to be there.
  const mine = Object.entries(own.tags);
  return VOLUME_CLAIM in tags && mine.length > 0 && mine.every(([key, value]) => tags[key] === value)
    ? `${VOLUME_CLAIM}=${tags[VOLUME_CLAIM] ?? ''}`
    : undefined;
}
