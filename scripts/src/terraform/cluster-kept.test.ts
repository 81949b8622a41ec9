/**
 * What must not cost an EKS cluster its life. Only the real provider knows which change makes a resource anew (a mocked one does
 * not), so it plans against a state that was written by hand; nothing is applied, and of AWS it asks moto who it is.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findMotoPython, startMoto } from '@aws-deployer/platform/testing/moto';
import { expect, test } from 'vitest';
import { findTerraform } from './terraform-machine.js';
import { TerraformTree } from './terraform-tree.js';

const machine = findTerraform();
const absent =
  typeof machine === 'string' ? machine : (await findMotoPython()) === null ? 'no python3 on the PATH has moto' : null;
const missing = absent !== null && process.env['CI'] !== 'true';
if (missing) console.log(`terraform on a cluster that is there: not tried, ${absent}`);

const KEY = 'arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000';
const ROLE = 'arn:aws:iam::123456789012:role/aws-deployer-test-control-plane';
const VARIABLES = {
  name: 'aws-deployer-test',
  kubernetes_version: '1.35',
  subnet_ids: ['subnet-a', 'subnet-b'],
  kms_key_arn: KEY,
  node_groups: { general: { instance_types: ['m6i.large'], min: 1, max: 2 } },
};
const kept = (type: string, name: string, attributes: object): object => ({
  mode: 'managed',
  type,
  name,
  provider: 'provider["registry.terraform.io/hashicorp/aws"]',
  instances: [{ schema_version: type === 'aws_eks_cluster' ? 1 : 0, attributes }],
});
/** A cluster that was made without administrators, and so with whoever made it as one. */
const STATE = {
  version: 4,
  terraform_version: '1.10.0',
  serial: 1,
  lineage: 'written-by-hand',
  resources: [
    kept('aws_iam_role', 'control_plane', {
      id: 'aws-deployer-test-control-plane',
      name: ROLE.split('/')[1],
      arn: ROLE,
      path: '/',
    }),
    kept('aws_eks_cluster', 'this', {
      id: VARIABLES.name,
      name: VARIABLES.name,
      version: VARIABLES.kubernetes_version,
      role_arn: ROLE,
      bootstrap_self_managed_addons: true,
      access_config: [{ authentication_mode: 'API', bootstrap_cluster_creator_admin_permissions: true }],
      encryption_config: [{ resources: ['secrets'], provider: [{ key_arn: KEY }] }],
      vpc_config: [{ subnet_ids: VARIABLES.subnet_ids, security_group_ids: [], vpc_id: 'vpc-1' }],
    }),
  ],
};

test.skipIf(missing)(
  'an administrator who is named later gets in, and the cluster stays',
  async () => {
    if (typeof machine === 'string') throw new Error(machine);
    const moto = await startMoto();
    const tree = await TerraformTree.copy(machine);
    try {
      const module = 'modules/cluster-eks';
      const write = (name: string, text: object) => writeFile(join(tree.folder, module, name), JSON.stringify(text));
      await write('terraform.tfstate', STATE);
      const operators = 'arn:aws:iam::123456789012:role/operators';
      await write('later.auto.tfvars.json', { ...VARIABLES, admin_role_arns: [operators] });
      await tree.succeed(module, ['init', '-input=false', '-no-color']);
      const targets = ['aws_eks_cluster.this', 'aws_eks_access_entry.admin'].map((address) => `-target=${address}`);
      await tree.succeed(module, ['plan', '-input=false', '-no-color', '-refresh=false', '-out=plan', ...targets], {
        AWS_ENDPOINT_URL: moto.url,
      });
      const { resource_changes } = JSON.parse(await tree.succeed(module, ['show', '-json', 'plan'])) as {
        resource_changes: { address: string; change: { actions: string[] } }[];
      };
      const actionsOn = (address: string) => resource_changes.find((one) => one.address === address)?.change.actions;
      expect(actionsOn('aws_eks_cluster.this')).toEqual(['update']);
      expect(actionsOn(`aws_eks_access_entry.admin["${operators}"]`)).toEqual(['create']);
    } finally {
      await moto.stop();
      await tree.remove();
    }
  },
  300_000,
);
