/**
 * What a run does, step by step. Each step is safe to come to again: a command that was started is followed, one that ended
 * is taken as it ended, and what an earlier process wrote is found in the row.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Masker } from '@aws-deployer/platform/masking/mask';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { ModuleCopy, ModuleFolders } from '../environments/module-folders.js';
import type { VariableValues } from '../environments/stored-variables.js';
import { costEstimate } from '../plans/cost-estimate.js';
import { changedResources, planSummary } from '../plans/plan-summary.js';
import { terraformMissing, type Place, type Terraform } from '../terraform/terraform.js';
import type { WorkFolders } from '../terraform/work-folders.js';
import { followStep, StepFailed, type FollowParts } from './followed-step.js';
import type { RunRow } from './run.js';
import type { EventToKeep, RunChange } from './run-store.js';

export interface RunWorkParts extends Omit<FollowParts, 'folder' | 'write'> {
  readonly terraform: Terraform;
  readonly folders: WorkFolders;
  readonly modules: ModuleFolders;
  readonly masker: Masker;
  readonly clock: Clock;
  readonly planMs: number;
  /** Whether states lie in DATA_DIR, whatever backend the module names. */
  readonly localState: boolean;
  readonly values: VariableValues;
  readonly identity: Readonly<Record<string, string>>;
  /** Of an apply: the run whose plan it carries out. */
  readonly plan: RunRow | undefined;
  write(change: RunChange, events: readonly EventToKeep[]): Promise<void>;
}
export interface RunResult {
  readonly reason: string;
  readonly change: RunChange;
  /** Of a drift run. */
  readonly drifted?: number;
  /** Of an apply. */
  readonly stateSerial?: number | null;
}

/** Throws what `followStep` throws, and AppErrors for what never came to a command. */
export class RunWork {
  constructor(
    private readonly row: RunRow,
    private readonly parts: RunWorkParts,
  ) {}

  async run(): Promise<RunResult> {
    const { row, parts } = this;
    await this.#phase('preparing');
    const copy = await this.#moduleCopy();
    const place: Place = {
      folder: copy.root,
      env: parts.terraform.environment(parts.folders.data(row.environment_id), parts.identity),
    };
    await this.#phase('initializing');
    const backend = Object.entries(JSON.parse(row.backend) as Record<string, string>);
    await this.#step('init', place, [
      'init',
      '-input=false',
      '-json',
      '-reconfigure',
      ...(parts.localState ? [] : backend.map(([key, value]) => `-backend-config=${key}=${value}`)),
    ]);
    return row.kind === 'apply' ? this.#apply(place) : this.#plan(place);
  }

  async #plan(place: Place): Promise<RunResult> {
    const { row, parts } = this;
    const folder = parts.folders.run(row.environment_id, row.id);
    const plan = parts.folders.plan(row.environment_id, row.id);
    const variables = join(folder, 'variables.tfvars.json');
    await this.#phase('planning');
    try {
      await this.#step(
        'plan',
        place,
        [
          'plan',
          '-json',
          '-input=false',
          `-out=${plan}`,
          `-var-file=${variables}`,
          ...(row.kind === 'destroy' ? ['-destroy'] : []),
        ],
        async () => {
          await mkdir(folder, { recursive: true, mode: 0o700 });
          await writeFile(variables, JSON.stringify(parts.values), { mode: 0o600 });
        },
      );
    } finally {
      if (!parts.stopping.aborted && !parts.lost.aborted) await rm(variables, { force: true });
    }
    await this.#phase('reading');
    const read = await parts.terraform.readPlan(plan, place, parts.lost);
    const summary = planSummary(read, parts.masker);
    const reason = inWords(summary);
    if (row.kind === 'drift') {
      await rm(plan, { force: true });
      const drifted = changedResources(summary);
      return {
        reason: drifted === 0 ? 'In sync' : `Drifted: ${reason}`,
        change: { summary: JSON.stringify(summary) },
        drifted,
      };
    }
    return {
      reason,
      change: {
        summary: JSON.stringify(summary),
        cost: JSON.stringify(costEstimate(read, row.region)),
        plan_hash: await sha256(plan),
        plan_expires_at: instant(new Date(parts.clock.now().getTime() + parts.planMs)),
      },
    };
  }

  async #apply(place: Place): Promise<RunResult> {
    const { parts } = this;
    const { plan } = parts;
    if (plan === undefined) throw new AppError('internal', 'plan_missing', 'The plan of this apply is no longer known');
    const file = parts.folders.plan(plan.environment_id, plan.id);
    await this.#phase('applying');
    await this.#step('apply', place, ['apply', '-json', '-input=false', file], async () => {
      const hash = await sha256(file).catch((cause: unknown) => {
        throw new AppError('conflict', 'plan_gone', 'The file of the plan is no longer here: plan anew', { cause });
      });
      if (hash !== plan.plan_hash)
        throw new AppError(
          'conflict',
          'plan_changed',
          'The file of the plan is not the one that was approved: plan anew',
        );
    });
    await this.#phase('closing');
    const stateSerial = await parts.terraform.stateSerial(place);
    await rm(file, { force: true }); // it holds secrets, and can be applied but once
    return { reason: `Applied: ${plan.reason}`, change: {}, stateSerial };
  }

  async #moduleCopy(): Promise<ModuleCopy> {
    const { row, parts } = this;
    const copies = parts.folders.modules(row.environment_id);
    const copy =
      row.module_hash === null
        ? await parts.modules.copy(row.module, copies)
        : await parts.modules.earlier(row.module, row.module_hash, copies);
    if (row.module_hash === null) await parts.write({ module_hash: copy.hash }, []);
    if (parts.localState) {
      const state = parts.folders.state(row.environment_id);
      await mkdir(join(state, '..'), { recursive: true, mode: 0o700 });
      const text = `terraform {\n  backend "local" {\n    path = ${JSON.stringify(state)}\n  }\n}\n`;
      await writeFile(join(copy.root, 'aws_deployer_override.tf'), text);
    }
    return copy;
  }

  async #step(name: string, place: Place, args: string[], before?: () => Promise<void>): Promise<void> {
    const { row, parts } = this;
    const { terraform, folders } = parts;
    const at = { step: row.step, offset: Number(row.step_offset) };
    try {
      await followStep({ ...parts, folder: folders.run(row.environment_id, row.id) }, name, at, async () => {
        await before?.();
        return { program: terraform.program, args, ...place };
      });
    } catch (error) {
      if (error instanceof StepFailed && error.exitCode === 127) throw terraformMissing(terraform.program, error);
      throw error;
    }
  }

  #phase(phase: NonNullable<InfraRunView['phase']>): Promise<void> {
    const state = { status: 'running', phase, reason: '' };
    return this.parts.write({ phase }, [{ type: 'state', data: state }]);
  }
}

const inWords = ({ add, change, destroy }: { add: number; change: number; destroy: number }): string =>
  add + change + destroy === 0 ? 'No changes' : `${add} to add, ${change} to change, ${destroy} to destroy`;

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
