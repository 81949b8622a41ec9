/** EKS: clusters and their node groups. */
import * as declared from '../../aws-operations/catalogue/eks.js';
import { carriedOut } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-eks');

export const eksCalls = [
  carriedOut(declared.listClusters, async (call) => {
    const { ListClustersCommand } = await sdk();
    const from = await call.send('eks', (eks, options) =>
      eks.send(new ListClustersCommand({ maxResults: call.pageSize(1, 100), nextToken: call.token }), options),
    );
    return { rows: (from.clusters ?? []).map((cluster_name) => ({ cluster_name })), next: from.nextToken, from };
  }),
  carriedOut(declared.describeCluster, async (call, { cluster_name }) => {
    const { DescribeClusterCommand } = await sdk();
    const from = await call.send('eks', (eks, options) =>
      eks.send(new DescribeClusterCommand({ name: cluster_name }), options),
    );
    const { cluster } = from;
    const row = {
      cluster_name: cluster?.name,
      status: cluster?.status,
      version: cluster?.version,
      platform_version: cluster?.platformVersion,
      endpoint: cluster?.endpoint,
      public_access: cluster?.resourcesVpcConfig?.endpointPublicAccess,
      vpc_id: cluster?.resourcesVpcConfig?.vpcId,
      role_arn: cluster?.roleArn,
      created_at: cluster?.createdAt,
    };
    return { rows: [row], from };
  }),
  carriedOut(declared.listNodegroups, async (call, { cluster_name }) => {
    const { ListNodegroupsCommand } = await sdk();
    const from = await call.send('eks', (eks, options) =>
      eks.send(
        new ListNodegroupsCommand({
          clusterName: cluster_name,
          maxResults: call.pageSize(1, 100),
          nextToken: call.token,
        }),
        options,
      ),
    );
    return { rows: (from.nodegroups ?? []).map((nodegroup_name) => ({ nodegroup_name })), next: from.nextToken, from };
  }),
  carriedOut(declared.describeNodegroup, async (call, { cluster_name, nodegroup_name }) => {
    const { DescribeNodegroupCommand } = await sdk();
    const from = await call.send('eks', (eks, options) =>
      eks.send(new DescribeNodegroupCommand({ clusterName: cluster_name, nodegroupName: nodegroup_name }), options),
    );
    const { nodegroup } = from;
    const row = {
      nodegroup_name: nodegroup?.nodegroupName,
      status: nodegroup?.status,
      version: nodegroup?.version,
      instance_types: nodegroup?.instanceTypes ?? [],
      capacity_type: nodegroup?.capacityType,
      min_size: nodegroup?.scalingConfig?.minSize,
      desired_size: nodegroup?.scalingConfig?.desiredSize,
      max_size: nodegroup?.scalingConfig?.maxSize,
      health: (nodegroup?.health?.issues ?? []).map(({ message }) => message),
    };
    return { rows: [row], from };
  }),
  carriedOut(
    declared.updateNodegroupConfig,
    async (call, { cluster_name, nodegroup_name, desired_size, min_size, max_size }) => {
      const { UpdateNodegroupConfigCommand } = await sdk();
      const from = await call.send('eks', (eks, options) =>
        eks.send(
          new UpdateNodegroupConfigCommand({
            clusterName: cluster_name,
            nodegroupName: nodegroup_name,
            scalingConfig: { desiredSize: desired_size, minSize: min_size, maxSize: max_size },
          }),
          options,
        ),
      );
      const { id, status } = from.update ?? {};
      return { rows: [{ nodegroup_name, update_id: id, status, desired_size, min_size, max_size }], from };
    },
  ),
];
