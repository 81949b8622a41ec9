/** What is known of a running build, kept in its folder at each change: phases with their times, and how it ended. */
import type { BuildFailure, BuildPhaseName, BuildPhaseView } from '@aws-deployer/platform/contracts/builds';
import type { BuildObservation, EngineBuild } from '../../ports/build-engine.js';
import type { BuildFolder } from './build-folder.js';

export type BuildEnd = 'succeeded' | 'failed' | 'fault' | 'timed_out' | 'stopped';
type PhaseStatus = Exclude<BuildPhaseView['status'], 'in_progress'>;

export class BuildRecord {
  private phases: BuildPhaseView[] = [];
  private current: BuildObservation;
  /** The first thing that went wrong is what a person needs. */
  private failure: BuildFailure | null = null;

  constructor(
    private readonly build: EngineBuild,
    private readonly folder: BuildFolder,
    private readonly startedAt: Date,
  ) {
    this.current = {
      status: 'starting',
      phase: null,
      phases: [],
      failure: null,
      resolvedCommit: null,
      runtime: null,
      imageSubstituted: null,
      exportedVariables: {},
      startedAt: startedAt.toISOString(),
      endedAt: null,
    };
  }

  get observation(): BuildObservation {
    return this.current;
  }
  get phase(): BuildPhaseName | null {
    return this.current.phase;
  }

  async begin(name: BuildPhaseName): Promise<void> {
    const started_at = new Date().toISOString();
    this.phases.push({
      name,
      status: 'in_progress',
      started_at,
      ended_at: null,
      duration_seconds: null,
      message: null,
    });
    await this.set({ phase: name, status: name === 'SUBMITTED' || name === 'QUEUED' ? 'starting' : 'in_progress' });
  }

  async finish(status: PhaseStatus, message: string | null = null): Promise<void> {
    const last = this.phases.at(-1);
    if (last?.status !== 'in_progress') return;
    const ended = new Date();
    const seconds = (ended.getTime() - Date.parse(last.started_at ?? ended.toISOString())) / 1000;
    this.phases = [
      ...this.phases.slice(0, -1),
      { ...last, status, message, ended_at: ended.toISOString(), duration_seconds: seconds },
    ];
    await this.set({});
  }

  fail(failure: BuildFailure): void {
    this.failure ??= failure;
  }

  async set(change: Partial<BuildObservation>): Promise<void> {
    this.current = { ...this.current, ...change, phases: [...this.phases] };
    await this.save(false);
  }

  async end(status: BuildEnd): Promise<void> {
    const endedAt = new Date().toISOString();
    this.phases.push({
      name: 'COMPLETED',
      status: 'succeeded',
      started_at: endedAt,
      ended_at: endedAt,
      duration_seconds: 0,
      message: null,
    });
    this.current = {
      ...this.current,
      status,
      // A failed build is shown where it failed.
      phase: this.failure?.phase ?? 'COMPLETED',
      phases: [...this.phases],
      failure: status === 'succeeded' ? null : this.failure,
      endedAt,
    };
    await this.save(true);
  }

  private save(ended: boolean): Promise<void> {
    const { build } = this;
    return this.folder.write({
      project: build.plan.project,
      id: build.id,
      attempt: build.attempt,
      startedAt: this.startedAt.toISOString(),
      ended,
      observation: this.current,
    });
  }
}
