/**
 * A copy of the infrastructure's Terraform in a temporary folder, and the program run in it: nothing that Terraform writes
 * (working folders, lock files, states) lands among the sources. Providers come from the mirror only.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TerraformMachine } from './terraform-machine.js';

export const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '../../../infra-oneclick/terraform');
/** A guard against a run that hangs, far beyond any that works. */
const RUN_WITHIN_MS = 600_000;
/** What Terraform writes where people run it. */
const WRITTEN = /^(\.terraform|\.terraform\.lock\.hcl|terraform\.tfstate.*|.*\.tfplan)$/;

/** Copies the sources to a folder, without what Terraform has written beside them. */
export const copySources = (folder: string): Promise<void> =>
  cp(SOURCES, folder, { recursive: true, filter: (path) => !WRITTEN.test(basename(path)) });

/** A CLI configuration by which providers come from the machine's mirror only. */
export const fromMirror = ({ mirror }: TerraformMachine): string =>
  `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`;

export interface TerraformRun {
  readonly code: number;
  /** Standard output and error, as they came. */
  readonly output: string;
}

export class TerraformTree {
  private constructor(
    readonly folder: string,
    private readonly machine: TerraformMachine,
  ) {}

  static async copy(machine: TerraformMachine): Promise<TerraformTree> {
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-terraform-'));
    await copySources(folder);
    await writeFile(join(folder, 'cli.tfrc'), fromMirror(machine));
    return new TerraformTree(folder, machine);
  }

  /** Runs in a folder of the tree; resolves with whatever code it ended with. Rejects only where it could not be started. */
  run(within: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<TerraformRun> {
    return new Promise((resolve, reject) => {
      execFile(
        this.machine.terraform,
        args,
        {
          cwd: join(this.folder, within),
          env: {
            PATH: process.env['PATH'] ?? '',
            HOME: this.folder,
            TF_CLI_CONFIG_FILE: join(this.folder, 'cli.tfrc'),
            TF_IN_AUTOMATION: '1',
            CHECKPOINT_DISABLE: '1',
            // No account of the machine's owner is asked for anything.
            AWS_EC2_METADATA_DISABLED: 'true',
            AWS_REGION: 'us-east-1',
            AWS_ACCESS_KEY_ID: 'test',
            AWS_SECRET_ACCESS_KEY: 'test',
            ...env,
          },
          maxBuffer: 64 * 1024 * 1024,
          timeout: RUN_WITHIN_MS,
        },
        (error, stdout, stderr) => {
          const output = stdout + stderr;
          if (error === null) resolve({ code: 0, output });
          else if (typeof error.code === 'number') resolve({ code: error.code, output });
          else
            reject(
              new Error(`terraform ${args.join(' ')} in ${within}: ${error.message}\n${output}`, { cause: error }),
            );
        },
      );
    });
  }

  /** As `run`; throws with the whole output where it fails. */
  async succeed(within: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string> {
    const { code, output } = await this.run(within, args, env);
    if (code !== 0) throw new Error(`terraform ${args.join(' ')} in ${within} ended with ${code}:\n${output}`);
    return output;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The folders of the sources that hold a configuration of this kind. */
export const configurations = async (kind: 'modules' | 'environments'): Promise<string[]> =>
  (await readdir(join(SOURCES, kind), { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${kind}/${entry.name}`)
    .sort();
