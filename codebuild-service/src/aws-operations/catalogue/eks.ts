/** EKS: clusters and their node groups. */
import { z } from 'zod';
import { page } from '../console-link.js';
import { operation } from '../operation.js';
import { ClusterName, NodeCount, NodegroupName } from '../parameters.js';

const ofGroup = { cluster_name: ClusterName, nodegroup_name: NodegroupName };
const clusterPage = ({ parameters: { cluster_name } }: { parameters: { cluster_name: string } }) =>
  page(`eks/clusters/${cluster_name}`);
const groupPage = ({ parameters }: { parameters: { cluster_name: string; nodegroup_name: string } }) =>
  page(`eks/clusters/${parameters.cluster_name}/nodegroups/${parameters.nodegroup_name}`);

export const listClusters = operation({
  name: 'eks.list_clusters',
  title: 'List EKS clusters',
  description: 'Names of the Kubernetes clusters.',
  effect: 'read',
  parameters: z.strictObject({}),
  permissions: ['eks:ListClusters'],
  columns: ['cluster_name'],
  paged: true,
  console: () => page('eks/clusters'),
  phrases: ['list eks clusters', 'show kubernetes clusters', 'which clusters are there', 'all clusters'],
});
export const describeCluster = operation({
  name: 'eks.describe_cluster',
  title: 'Describe an EKS cluster',
  description: 'Version, state, address, network and role of one Kubernetes cluster.',
  effect: 'read',
  parameters: z.strictObject({ cluster_name: ClusterName }),
  permissions: ['eks:DescribeCluster'],
  columns: [
    'cluster_name',
    'status',
    'version',
    'platform_version',
    'endpoint',
    'public_access',
    'vpc_id',
    'role_arn',
    'created_at',
  ],
  paged: false,
  console: clusterPage,
  phrases: [
    'describe eks cluster',
    'kubernetes version of cluster',
    'status of the cluster',
    'endpoint of cluster',
    'details of cluster',
  ],
});
export const listNodegroups = operation({
  name: 'eks.list_nodegroups',
  title: 'List node groups of an EKS cluster',
  description: 'Names of the node groups of one cluster.',
  effect: 'read',
  parameters: z.strictObject({ cluster_name: ClusterName }),
  permissions: ['eks:ListNodegroups'],
  columns: ['nodegroup_name'],
  paged: true,
  console: clusterPage,
  phrases: ['list node groups of cluster', 'show nodegroups', 'worker groups of the cluster'],
});
export const describeNodegroup = operation({
  name: 'eks.describe_nodegroup',
  title: 'Describe a node group',
  description: 'Size, instance types, version and health of one node group.',
  effect: 'read',
  parameters: z.strictObject(ofGroup),
  permissions: ['eks:DescribeNodegroup'],
  columns: [
    'nodegroup_name',
    'status',
    'version',
    'instance_types',
    'capacity_type',
    'min_size',
    'desired_size',
    'max_size',
    'health',
  ],
  paged: false,
  console: groupPage,
  phrases: [
    'describe node group',
    'how many nodes has the node group',
    'size of nodegroup',
    'instance types of node group',
  ],
});
export const updateNodegroupConfig = operation({
  name: 'eks.update_nodegroup_config',
  title: 'Scale a node group',
  description: 'Sets how many nodes a group has, and between which bounds it may move.',
  effect: 'change',
  parameters: z
    .strictObject({
      ...ofGroup,
      desired_size: NodeCount,
      min_size: NodeCount.optional().describe('Absent: as it is'),
      max_size: NodeCount.min(1).optional().describe('Absent: as it is'),
    })
    .superRefine(({ desired_size, min_size, max_size }, context) => {
      const refuse = (path: string, message: string, mend: string) =>
        context.addIssue({ code: 'custom', path: [path], message, params: { mend } });
      if (min_size !== undefined && min_size > desired_size)
        refuse('min_size', 'is more than desired_size', 'give at most desired_size');
      if (max_size !== undefined && max_size < desired_size)
        refuse('max_size', 'is less than desired_size', 'give at least desired_size');
    }),
  permissions: ['eks:UpdateNodegroupConfig'],
  columns: ['nodegroup_name', 'update_id', 'status', 'desired_size', 'min_size', 'max_size'],
  paged: false,
  console: groupPage,
  phrases: [
    'scale node group',
    'set node group size',
    'resize the worker nodes',
    'change number of nodes in nodegroup',
    'update nodegroup',
  ],
  summary: ({ cluster_name, nodegroup_name, desired_size, min_size, max_size }) =>
    `Scale the node group ${nodegroup_name} of the cluster ${cluster_name} to ${desired_size} node${desired_size === 1 ? '' : 's'}` +
    (min_size === undefined ? '' : `, at least ${min_size}`) +
    (max_size === undefined ? '' : `, at most ${max_size}`),
});

export const eksOperations = [listClusters, describeCluster, listNodegroups, describeNodegroup, updateNodegroupConfig];
