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
import { costEstimate, DEFAULT_REGION } from '../plans/cost-estimate.js';
import type { Infracost } from '../plans/infracost.js';
import { changedResources, planSummary } from '../plans/plan-summary.js';
import type { Identity } from '../ports/cloud-inventory.js';
import { tracesOf } from '../sweep/environment-traces.js';
import { approvedHash, parseSweep, type KeptSweep } from '../sweep/kept-sweep.js';
import type { Sweep } from '../sweep/sweep.js';
import { PlanJson } from '../terraform/plan-json.js';
import { terraformMissing, type Place, type Terraform } from '../terraform/terraform.js';
import type { WorkFolders } from '../terraform/work-folders.js';
import { DestroyWork } from './destroy-work.js';
import { followStep, StepEnded, StepFailed, StepLeft, type FollowParts } from './followed-step.js';
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
  /** Asked for when a look into the account needs it, and renewed in time. */
  readonly identity: () => Promise<Identity>;
  /** The same for the process of Terraform: keys that expire are in a file that is kept fresh. */
  readonly processIdentity: () => Promise<Identity>;
  readonly sweep: Sweep;
  readonly infracost: Infracost;
  /** What the last destroy plan found. */
  readonly lastSweep: () => Promise<KeptSweep | undefined>;
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
    const place = async (): Promise<Place> => ({
      folder: copy.root,
      env: parts.terraform.environment(parts.folders.data(row.environment_id), await parts.processIdentity()),
    });
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

  async #plan(place: () => Promise<Place>): Promise<RunResult> {
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
    const text = await parts.terraform.planText(plan, await place(), parts.lost);
    const read = PlanJson.parse(JSON.parse(text));
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
    const kept = row.kind === 'destroy' && row.account !== null ? await this.#swept(read) : undefined;
    const cost = await this.#cost(read, text, folder);
    const swept = kept === undefined || kept.items.length === 0 ? '' : `, ${kept.items.length} to sweep`;
    return {
      reason: `${reason}${swept}`,
      change: {
        summary: JSON.stringify(summary),
        cost: JSON.stringify(cost),
        sweep: kept === undefined ? null : JSON.stringify(kept),
        plan_hash: approvedHash(await sha256(plan), kept),
        plan_expires_at: instant(new Date(parts.clock.now().getTime() + parts.planMs)),
      },
    };
  }

  /** Of a destroy: what goes along. A state that is empty by now tells nothing: then what the last destroy knew. */
  async #swept(read: PlanJson): Promise<KeptSweep> {
    const { row, parts } = this;
    const now = tracesOf(read, row.region);
    const known = now.managed.length > 0 ? undefined : await parts.lastSweep();
    const identity = await parts.identity();
    return this.#inAccount((signal) => parts.sweep.plan(identity, known ?? now, signal));
  }

  async #cost(read: PlanJson, text: string, folder: string): Promise<unknown> {
    const { row, parts } = this;
    const region = row.region ?? DEFAULT_REGION;
    try {
      const told = await this.#inAccount((signal) => parts.infracost.estimate(text, folder, region, signal));
      if (told !== undefined) return told;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const line = { ts: instant(parts.clock.now()), level: 'warn', text: `${error.message}: the price table is used` };
      await parts.write({}, [{ type: 'line', data: line }]);
      return costEstimate(read, row.region, error.message);
    }
    return costEstimate(read, row.region);
  }

  /** Work that is no command: it ends when the run is to end, and is done again by whoever goes on with it. */
  async #inAccount<Answer>(work: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const { lost, cancelled, stopping } = this.parts;
    try {
      return await work(AbortSignal.any([lost, cancelled, stopping]));
    } catch (error) {
      if (lost.aborted) throw lost.reason;
      if (error instanceof StepEnded || error instanceof StepFailed || error instanceof StepLeft) throw error;
      if (cancelled.aborted) throw new StepEnded('cancelled', 'It was cancelled');
      if (stopping.aborted) throw new StepLeft();
      throw error;
    }
  }

  async #apply(place: () => Promise<Place>): Promise<RunResult> {
    const { row, parts } = this;
    const { plan } = parts;
    if (plan === undefined) throw new AppError('internal', 'plan_missing', 'The plan of this apply is no longer known');
    const file = parts.folders.plan(plan.environment_id, plan.id);
    const approved = parseSweep(plan.sweep);
    const kept = parseSweep(row.sweep) ?? approved;
    const destroy =
      kept === undefined ? undefined : new DestroyWork(kept, { ...parts, phase: (name) => this.#phase(name) });
    if (row.step !== 'apply') {
      await this.#refuseOther(file, plan, approved);
      await this.#inAccount((signal) => destroy?.before(signal) ?? Promise.resolve());
    }
    await this.#phase('applying');
    const terraform = (): Promise<void> =>
      this.#step('apply', place, ['apply', '-json', '-input=false', file], () =>
        this.#refuseOther(file, plan, approved),
      );
    if (destroy === undefined) await terraform();
    else await this.#inAccount((signal) => destroy.during(terraform, signal));
    await this.#phase('closing');
    const stateSerial = await parts.terraform.stateSerial(await place());
    await rm(file, { force: true }); // it holds secrets, and can be applied but once
    if (destroy !== undefined) await this.#inAccount((signal) => destroy.after(signal));
    return { reason: `Applied: ${plan.reason}`, change: {}, stateSerial };
  }

  /** Throws conflict when the file, with what is swept along, is not what was approved. */
  async #refuseOther(file: string, plan: RunRow, approved: KeptSweep | undefined): Promise<void> {
    const hash = await sha256(file).catch((cause: unknown) => {
      throw new AppError('conflict', 'plan_gone', 'The file of the plan is no longer here: plan anew', { cause });
    });
    if (approvedHash(hash, approved) === plan.plan_hash) return;
    throw new AppError('conflict', 'plan_changed', 'The file of the plan is not the one that was approved: plan anew');
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

  async #step(name: string, place: () => Promise<Place>, args: string[], before?: () => Promise<void>): Promise<void> {
    const { row, parts } = this;
    const { terraform, folders } = parts;
    const at = { step: row.step, offset: Number(row.step_offset) };
    try {
      await followStep({ ...parts, folder: folders.run(row.environment_id, row.id) }, name, at, async () => {
        await before?.();
        return { program: terraform.program, args, ...(await this.#inAccount(() => place())) };
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
