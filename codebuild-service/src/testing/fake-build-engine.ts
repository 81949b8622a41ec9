/**
 * A build engine that does what a test tells it: builds that run until they are told to end, a log that grows, refusals. It
 * keeps the rules of the port: the same id and attempt start once, an unknown ref is left out, the cursor is a line number.
 */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BuildFailure, BuildReportView } from '@aws-deployer/platform/contracts/builds';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type {
  BuildEngine,
  BuildHandle,
  BuildObservation,
  ElsewhereBuild,
  EngineArtifact,
  EngineBuild,
  EngineLogLine,
} from '../ports/build-engine.js';
import { sampleBuild, samplePlan } from './sample-plan.js';

export interface FakeRun {
  readonly ref: string;
  readonly build: EngineBuild;
  observation: BuildObservation;
  readonly lines: EngineLogLine[];
  reports: readonly BuildReportView[];
  artifacts: readonly EngineArtifact[];
}
const NOTHING: Omit<BuildObservation, 'status'> = {
  phase: null,
  phases: [],
  failure: null,
  resolvedCommit: null,
  runtime: null,
  imageSubstituted: null,
  exportedVariables: {},
  startedAt: null,
  endedAt: null,
};

const NOTHING_SAID: Omit<ElsewhereBuild, 'ref' | 'project' | 'observation'> = {
  initiator: 'ann',
  byWebhook: false,
  submittedAt: null,
  sourceVersion: null,
  image: null,
  compute: null,
  privileged: null,
  variables: [],
};

export class FakeBuildEngine implements BuildEngine {
  readonly runs = new Map<string, FakeRun>();
  readonly starts: EngineBuild[] = [];
  readonly stops: string[] = [];
  observations = 0;
  mostAtOnce = 0;
  /** How many the account lets run; more are refused with `account_limit`. */
  capacity = Infinity;
  /** Called before the method does anything: throw, or wait. */
  before: Partial<
    Record<'start' | 'observe' | 'stop' | 'readLog' | 'reports' | 'recent', (id: string) => void | Promise<void>>
  > = {};
  /** Called with each new run; without it builds run until the test ends them. */
  onStart: (run: FakeRun) => void = () => undefined;
  pageSize = 100;
  /** Absent until `lookElsewhere`. */
  recent?: NonNullable<BuildEngine['recent']>;
  private readonly elsewhere = new Map<string, Partial<ElsewhereBuild>>();

  constructor(readonly name: 'local' | 'codebuild' = 'local') {}

  async start(build: EngineBuild): Promise<string> {
    await this.before.start?.(build.id);
    const ref = `${build.id}:${build.attempt}`;
    if (this.runs.has(ref)) return ref;
    if (this.running().length >= this.capacity)
      throw new AppError(
        'rate_limited',
        'account_limit',
        'AccountLimitExceededException: Cannot have more builds in queue',
      );
    const run: FakeRun = {
      ref,
      build,
      observation: { ...NOTHING, status: 'in_progress', phase: 'BUILD', startedAt: new Date().toISOString() },
      lines: [],
      reports: [],
      artifacts: [],
    };
    this.starts.push(build);
    this.runs.set(ref, run);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running().length);
    this.onStart(run);
    return ref;
  }

  async observe(handles: readonly BuildHandle[]): Promise<ReadonlyMap<string, BuildObservation>> {
    this.observations += 1;
    await this.before.observe?.('');
    return new Map(
      handles.flatMap(({ ref }) => {
        const run = this.runs.get(ref);
        return run === undefined ? [] : [[ref, run.observation] as const];
      }),
    );
  }

  async stop({ ref }: BuildHandle): Promise<void> {
    await this.before.stop?.(ref);
    this.stops.push(ref);
    const run = this.runs.get(ref);
    if (run?.observation.endedAt === null) this.end(run, 'stopped');
  }

  async readLog(
    { ref }: BuildHandle,
    cursor: string | null,
  ): Promise<{ readonly lines: readonly EngineLogLine[]; readonly cursor: string | null }> {
    await this.before.readLog?.(ref);
    const from = cursor === null ? 0 : Number(cursor);
    const lines = (this.runs.get(ref)?.lines ?? []).slice(from, from + this.pageSize);
    return { lines, cursor: lines.length === 0 ? cursor : String(from + lines.length) };
  }

  async reports({ ref }: BuildHandle): Promise<readonly BuildReportView[]> {
    await this.before.reports?.(ref);
    return this.runs.get(ref)?.reports ?? [];
  }
  async artifacts({ ref }: BuildHandle): Promise<readonly EngineArtifact[]> {
    return this.runs.get(ref)?.artifacts ?? [];
  }
  async openArtifact(
    { ref }: BuildHandle,
    artifact: string,
    path: string,
  ): Promise<{ readonly body: Readable; readonly sizeBytes: number | null }> {
    if (!this.runs.has(ref)) throw new AppError('not_found', 'artifact_not_found', `There is no ${path}`);
    const bytes = Buffer.from(`${artifact}:${path}\0\xff`, 'latin1');
    return { body: Readable.from([bytes]), sizeBytes: bytes.length };
  }
  async close(): Promise<void> {}

  // What a test does with it.

  /** From now on it names its newest builds to who asks: those that `startElsewhere` began, and the platform's own too. */
  lookElsewhere(): void {
    this.recent = async ({ unknown, projects }) => {
      await this.before.recent?.('');
      const refs = new Set(await unknown([...this.runs.keys()]));
      return [...this.runs.values()]
        .filter(({ ref, build }) => refs.has(ref) && projects.includes(build.plan.project))
        .map(({ ref, build, observation }) => ({
          ...NOTHING_SAID,
          ref,
          project: build.plan.project,
          ...this.elsewhere.get(ref),
          observation,
        }));
    };
  }
  /** As if somebody had started it without the platform. */
  startElsewhere(project: string, more: Partial<ElsewhereBuild> = {}): FakeRun {
    const ref = `${project}:${randomUUID()}`;
    const run: FakeRun = {
      ref,
      build: { ...sampleBuild(samplePlan({ name: project, source: { type: 'none' } })), id: ref },
      observation: { ...NOTHING, status: 'in_progress', phase: 'BUILD', startedAt: new Date().toISOString() },
      lines: [],
      reports: [],
      artifacts: [],
    };
    this.elsewhere.set(ref, more);
    this.runs.set(ref, run);
    return run;
  }
  running(): FakeRun[] {
    return [...this.runs.values()].filter(({ observation }) => observation.endedAt === null);
  }
  /** The run of a build's newest attempt. */
  run(buildId: string): FakeRun | undefined {
    return [...this.runs.values()].filter(({ build }) => build.id === buildId).at(-1);
  }
  say(run: FakeRun, ...texts: string[]): void {
    for (const text of texts) run.lines.push({ ts: new Date().toISOString(), phase: 'BUILD', stream: 'stdout', text });
  }
  end(
    run: FakeRun,
    status: BuildObservation['status'],
    more: Partial<BuildObservation> & { failure?: BuildFailure } = {},
  ): void {
    const startedAt = run.observation.startedAt ?? new Date().toISOString();
    run.observation = {
      ...run.observation,
      status,
      phase: 'COMPLETED',
      phases: [
        {
          name: 'BUILD',
          status: status === 'succeeded' ? 'succeeded' : 'failed',
          started_at: startedAt,
          ended_at: new Date().toISOString(),
          duration_seconds: 1,
          message: null,
        },
      ],
      endedAt: new Date().toISOString(),
      ...more,
    };
  }
  /** As if the process that ran it had died. */
  lose(run: FakeRun): void {
    this.runs.delete(run.ref);
  }
}
