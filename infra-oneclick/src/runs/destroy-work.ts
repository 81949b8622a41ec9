/**
 * What the apply of a destroy plan does beside Terraform: before it, during it and after it. What was approved and nothing
 * more is swept; what became of each is in the run's row as it goes, so that whoever takes the run over goes on there.
 */
import type { InfraRunView, SweptResourceView } from '@aws-deployer/platform/contracts/infra';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Identity } from '../ports/cloud-inventory.js';
import { unapproved, type KeptSweep } from '../sweep/kept-sweep.js';
import type { Sweep } from '../sweep/sweep.js';
import type { EventToKeep, RunChange } from './run-store.js';

export interface DestroyParts {
  readonly sweep: Sweep;
  readonly clock: Clock;
  readonly identity: () => Promise<Identity>;
  phase(phase: NonNullable<InfraRunView['phase']>): Promise<void>;
  write(change: RunChange, events: readonly EventToKeep[]): Promise<void>;
}

export class DestroyWork {
  constructor(
    private kept: KeptSweep,
    private readonly parts: DestroyParts,
  ) {}

  /** Throws conflict/`sweep_changed` when there is more than was approved; `sweep_failed` before anything else is destroyed. */
  async before(signal: AbortSignal): Promise<void> {
    const { sweep, identity } = this.parts;
    if (this.kept.clusters.length === 0) return;
    await this.parts.phase('sweeping');
    const more = unapproved(await sweep.find(await identity(), this.kept, signal), this.kept);
    if (more.length > 0)
      throw new AppError(
        'conflict',
        'sweep_changed',
        `Kubernetes has made more since the plan: ${more.map(({ kind, name }) => `${kind} ${name}`).join(', ')}. Plan anew`,
      );
    await this.#carryOut('before', sweep.deadline(), signal);
    this.#refuseFailures('before');
  }

  /** What nodes hold goes as they go. Throws as `terraform`, else conflict/`sweep_failed`. */
  async during(terraform: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    const deadline = { at: Number.POSITIVE_INFINITY };
    const swept = this.#carryOut('after', deadline, AbortSignal.any([signal, ended.signal]));
    swept.catch(() => undefined); // looked at below, once Terraform has ended
    try {
      await terraform();
    } catch (error) {
      ended.abort();
      await swept.catch(() => undefined); // what Terraform said comes first
      throw error;
    }
    deadline.at = this.parts.sweep.deadline().at;
    await swept;
    this.#refuseFailures('after');
  }

  /** Throws conflict/`orphans_left`, the orphans being on the run by then. */
  async after(signal: AbortSignal): Promise<void> {
    const { sweep, identity } = this.parts;
    await this.parts.phase('scanning');
    const scan = await sweep.orphans(await identity(), this.kept, signal);
    const { orphans, unseen } = scan ?? { orphans: [], unseen: null };
    const line = { ts: instant(this.parts.clock.now()), level: 'warn', text: unseen };
    await this.parts.write(
      { orphans: scan === null ? null : JSON.stringify(orphans) },
      unseen === null ? [] : [{ type: 'line', data: line }],
    );
    if (orphans.length === 0) return;
    throw new AppError(
      'conflict',
      'orphans_left',
      `Still there, and not known to Terraform: ${orphans.map(({ id }) => id).join(', ')}. Take away what the next destroy plan does not name, and apply that plan`,
    );
  }

  #carryOut(when: SweptResourceView['when'], deadline: { at: number }, signal: AbortSignal): Promise<void> {
    const changed = (item: SweptResourceView, status: 'started' | 'done' | 'failed') => this.#changed(item, status);
    return this.parts
      .identity()
      .then((identity) => this.parts.sweep.carryOut(identity, this.kept, when, changed, deadline, signal));
  }

  async #changed(item: SweptResourceView, status: 'started' | 'done' | 'failed'): Promise<void> {
    const ts = instant(this.parts.clock.now());
    const { kind, id, name, reason } = item;
    this.kept = {
      ...this.kept,
      items: this.kept.items.map((one) =>
        one.kind === kind && one.id === id && one.region === item.region ? item : one,
      ),
    };
    const words = { started: 'is taken away', done: 'is gone', failed: `stays: ${reason ?? ''}` }[status];
    await this.parts.write({ sweep: JSON.stringify(this.kept) }, [
      { type: 'sweep', data: { ts, kind, id, name, status, reason } },
      { type: 'line', data: { ts, level: status === 'failed' ? 'error' : 'info', text: `${kind} ${name}: ${words}` } },
    ]);
  }

  #refuseFailures(when: SweptResourceView['when']): void {
    const failed = this.kept.items.filter((item) => item.when === when && item.state === 'failed');
    if (failed.length === 0) return;
    throw new AppError(
      'conflict',
      'sweep_failed',
      `Could not be taken away: ${failed.map(({ kind, name, reason }) => `${kind} ${name} (${reason ?? ''})`).join(', ')}`,
    );
  }
}
