/**
 * An empty account of moto's with the infrastructure's Terraform beside it, set right for what moto answers otherwise than AWS.
 * None of those settings is for people's use: they are override files in the copy.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startMoto } from '@aws-deployer/platform/testing/moto';
import type { TerraformMachine } from '../terraform-machine.js';
import { TerraformTree, type TerraformRun } from '../terraform-tree.js';

const PROVIDER = `
provider "aws" {
  s3_use_path_style       = true
  skip_metadata_api_check = true
  max_retries             = 2
}
`;
/** What differs, by module. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  // It adds tags of its own to a template, and a key pair but no update rule to a node group.
  'modules/cluster-eks': `
resource "aws_launch_template" "node" {
  lifecycle {
    ignore_changes = [tag_specifications]
  }
}
resource "aws_eks_node_group" "this" {
  lifecycle {
    ignore_changes = [scaling_config[0].desired_size, remote_access, update_config]
  }
}
`,
  // It cannot switch detailed monitoring on.
  'modules/cluster-kubeadm': `
resource "aws_instance" "this" {
  monitoring = null
}
`,
};
/** Its bucket policies know no conditions: "not without TLS" shuts everybody out. The provider watches each lifecycle for 50 s. */
const BARE_BUCKETS = `
resource "aws_s3_bucket_policy" "this" {
  count = 0
}
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = 0
}
`;
const QUIET = ['-input=false', '-no-color'];

const override = (folder: string, text: string): Promise<void> => writeFile(join(folder, 'stand_in_override.tf'), text);

/** Sets a copy of the Terraform right for moto's answers. `bareBuckets`: moto lets Terraform into them, without the slow lifecycle. */
export async function setRightForMoto(tree: string, options: { readonly bareBuckets?: boolean } = {}): Promise<void> {
  for (const root of ['bootstrap', 'environments/development']) await override(join(tree, root), PROVIDER);
  for (const [module, text] of Object.entries(DIFFERENCES)) await override(join(tree, module), text);
  if (options.bareBuckets === true) await override(join(tree, 'modules/bucket'), BARE_BUCKETS);
}

export class StandInAccount {
  private constructor(
    readonly url: string,
    private readonly tree: TerraformTree,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(machine: TerraformMachine): Promise<StandInAccount> {
    process.env['MOTO_IAM_LOAD_MANAGED_POLICIES'] = 'true'; // AWS's own policies are there to be attached
    const moto = await startMoto();
    const tree = await TerraformTree.copy(machine);
    const account = new StandInAccount(moto.url, tree, async () => {
      await moto.stop();
      await tree.remove();
    });
    await setRightForMoto(tree.folder);
    return account;
  }

  /** Buckets that moto lets Terraform into, without the slow lifecycle. */
  bareBuckets(): Promise<void> {
    return setRightForMoto(this.tree.folder, { bareBuckets: true });
  }

  /** Without the remote backend: the state is a file in the copy. */
  localState(root: string): Promise<void> {
    return writeFile(join(this.tree.folder, root, 'backend_override.tf'), 'terraform {\n  backend "local" {}\n}\n');
  }

  /** Runs a command of Terraform in a root module; throws with all it said where it fails. */
  succeed(root: string, command: string, ...args: readonly string[]): Promise<string> {
    return this.tree.succeed(root, [command, ...this.quiet(command), ...args], { AWS_ENDPOINT_URL: this.url });
  }

  run(root: string, command: string, ...args: readonly string[]): Promise<TerraformRun> {
    return this.tree.run(root, [command, ...this.quiet(command), ...args], { AWS_ENDPOINT_URL: this.url });
  }

  private quiet(command: string): string[] {
    if (['apply', 'destroy'].includes(command)) return [...QUIET, '-auto-approve'];
    return ['init', 'plan'].includes(command) ? QUIET : [];
  }
}
