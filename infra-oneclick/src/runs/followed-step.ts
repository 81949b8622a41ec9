/**
 * Follows one command of a run to its end: its lines become events in the same transaction as the place up to which they were
 * read, so that a process that takes the run over goes on exactly there.
 *
 * Throws StepFailed with Terraform's own words; StepEnded when it was cancelled or interrupted; LeaseLost.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { RunFailureView } from '@aws-deployer/platform/contracts/infra';
import type { Masker } from '@aws-deployer/platform/masking/mask';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { readLine, type RunEvent } from '../terraform/output-line.js';
import { TerraformStep, type StepCommand, type StepState } from '../terraform/terraform-step.js';
import type { RunChange } from './run-store.js';

export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  constructor(
    readonly step: string,
    readonly exitCode: number,
    readonly diagnostics: RunFailureView['diagnostics'],
  ) {
    super(diagnostics[0]?.summary ?? `terraform ${step} ended with exit code ${exitCode}`);
  }
}
export class StepEnded extends Error {
  override readonly name = 'StepEnded';
  constructor(
    readonly how: 'cancelled' | 'interrupted',
    message: string,
  ) {
    super(message);
  }
}
/** The command goes on without us: the service stops, and Terraform has not ended yet. */
export class StepLeft extends Error {
  override readonly name = 'StepLeft';
}

export interface FollowParts {
  readonly folder: string;
  readonly masker: Masker;
  readonly clock: Clock;
  readonly pollMs: number;
  readonly cancelMs: number;
  /** How long a stopping service waits for it. */
  readonly stopMs: number;
  /** Aborted when somebody wants the run to end. */
  readonly cancelled: AbortSignal;
  readonly stopping: AbortSignal;
  /** Aborted when the lease is lost. */
  readonly lost: AbortSignal;
  write(change: RunChange, events: readonly RunEvent[]): Promise<void>;
}
export interface StepPlace {
  readonly step: string | null;
  readonly offset: number;
}

/** Shells tell of a signal by 128 and its number. */
const KILLED = 128;

export async function followStep(
  parts: FollowParts,
  name: string,
  place: StepPlace,
  command: () => Promise<StepCommand>,
): Promise<void> {
  const { cancelled, stopping, lost } = parts;
  const step = new TerraformStep(parts.folder, name);
  let offset = place.step === name ? place.offset : 0;
  let state = await step.state();
  if (state.is === 'new') {
    if (cancelled.aborted) throw new StepEnded('cancelled', 'It was cancelled');
    if (stopping.aborted) throw new StepLeft();
    await parts.write({ step: name, step_offset: 0 }, []);
    await step.start(await command());
  } else if (place.step !== name) {
    return finished(parts, step, state); // it ended before, and another came after it
  }
  let asked = 0; // when it was told to end
  let killed = false;
  for (;;) {
    if (lost.aborted) throw lost.reason as Error;
    state = await step.state(); // before the lines: what it said before its end is all there
    const read = await step.read(offset);
    if (read.offset > offset) {
      offset = read.offset;
      await keep(parts, read.lines, offset);
      continue;
    }
    if (state.is !== 'running') return finished(parts, step, state);
    const now = Date.now();
    if ((cancelled.aborted || stopping.aborted) && asked === 0) {
      asked = now;
      await step.signal('SIGINT');
    }
    if (asked > 0 && cancelled.aborted && !killed && now - asked > parts.cancelMs) {
      killed = true;
      await step.signal('SIGKILL');
    }
    if (asked > 0 && stopping.aborted && now - asked > parts.stopMs) throw new StepLeft();
    await wait(parts.pollMs);
  }
}

async function keep(parts: FollowParts, lines: readonly string[], offset: number): Promise<void> {
  const now = instant(parts.clock.now());
  const events = lines.flatMap((line) => readLine(line, parts.masker, now).events);
  // In one transaction: half of it with the old place would be read again.
  await parts.write({ step_offset: offset }, events);
}

async function finished(parts: FollowParts, step: TerraformStep, state: StepState): Promise<void> {
  if (state.is === 'ended' && state.code === 0) return;
  if (parts.cancelled.aborted) throw new StepEnded('cancelled', `terraform ${step.name} was told to end`);
  if (parts.stopping.aborted)
    throw new StepEnded('interrupted', `terraform ${step.name} was told to end, as the service stopped`);
  if (state.is !== 'ended' || state.code > KILLED)
    throw new StepEnded('interrupted', `terraform ${step.name} was killed, or this machine went down`);
  const diagnostics: RunFailureView['diagnostics'] = [];
  for (let offset = 0, last = -1; offset !== last;) {
    const read = await step.read(offset);
    last = offset;
    offset = read.offset;
    for (const line of read.lines) {
      const { error } = readLine(line, parts.masker, instant(parts.clock.now()));
      if (error !== undefined) diagnostics.push(error);
    }
  }
  throw new StepFailed(step.name, state.code, diagnostics.slice(0, 20));
}
