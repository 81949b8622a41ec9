/**
 * Whether this machine can check the infrastructure's Terraform: the `terraform` program, and a filesystem mirror that holds
 * the AWS provider, since nothing is downloaded in a test.
 *
 * The mirror is the folder of `TF_PLUGIN_MIRROR`, or one of the places where Terraform itself looks for providers.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface TerraformMachine {
  /** Path of the program. */
  readonly terraform: string;
  /** Folder that holds `registry.terraform.io/hashicorp/aws/…`. */
  readonly mirror: string;
}

const PROVIDER = 'registry.terraform.io/hashicorp/aws/5.100.0';
const MIRRORS = [
  join(homedir(), '.terraform.d/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
  '/opt/tf-plugins',
];
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // no such file here: the next folder may have it
  }
};

/** The program of this name on the PATH; undefined where there is none. */
export const findProgram = (name: string, path = process.env['PATH'] ?? ''): string | undefined =>
  path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram);

/** What is there, or the sentence that says what is not. */
export function findTerraform(env: NodeJS.ProcessEnv = process.env): TerraformMachine | string {
  const terraform = findProgram('terraform', env['PATH']);
  if (terraform === undefined) return 'no program `terraform` is on the PATH';
  const build = `${process.platform}_${ARCHITECTURES[process.arch] ?? process.arch}`;
  const given = env['TF_PLUGIN_MIRROR'];
  const mirrors = given === undefined ? MIRRORS : [given];
  const mirror = mirrors.find((folder) => existsSync(join(folder, PROVIDER, build)));
  return mirror === undefined
    ? `the AWS provider (${PROVIDER}/${build}) is in none of ${mirrors.join(', ')}; name its mirror by TF_PLUGIN_MIRROR`
    : { terraform, mirror };
}
