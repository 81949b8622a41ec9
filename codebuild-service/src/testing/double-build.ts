/**
 * A build of the stand-in for CodeBuild: where it stands is computed from its script and from how far it is, by the clock or by
 * steps, so nothing runs beside the test. Answers have the shapes of AWS's API reference: instants are seconds since 1970.
 */
import { BUILD_PHASES, type BuildPhaseName } from '@aws-deployer/platform/contracts/builds';

export interface DoubleReport {
  readonly name: string;
  readonly cases?: readonly {
    readonly suite: string;
    readonly name: string;
    readonly status: 'SUCCEEDED' | 'FAILED' | 'ERROR' | 'SKIPPED' | 'UNKNOWN';
    readonly seconds: number;
    readonly message?: string;
  }[];
  readonly files?: readonly {
    readonly path: string;
    readonly linesCovered: number;
    readonly linesMissed: number;
    readonly branchesCovered: number;
    readonly branchesMissed: number;
  }[];
}
/** How builds of a project go. */
export interface BuildScript {
  /** Milliseconds that each phase takes; `step`: each goes on when the test says `step()`. Absent: 5. */
  readonly phaseMs?: number | 'step';
  /** What the commands of a phase print. */
  readonly output?: Readonly<Partial<Record<BuildPhaseName, readonly string[]>>>;
  readonly failure?: {
    readonly phase: BuildPhaseName;
    readonly status?: 'FAILED' | 'FAULT' | 'TIMED_OUT';
    readonly statusCode: string;
    readonly message: string;
  };
  readonly exportedVariables?: Readonly<Record<string, string>>;
  readonly resolvedSourceVersion?: string;
  readonly reports?: readonly DoubleReport[];
  /** Path → content of the primary artifact; in a zip where the project says so. */
  readonly artifacts?: Readonly<Record<string, string>>;
}

/** What a failing command leaves behind, in CodeBuild's words. */
export const commandFailure = (phase: BuildPhaseName, command: string, exitCode: number) => ({
  phase,
  statusCode: 'COMMAND_EXECUTION_ERROR',
  message: `Error while executing command: ${command}. Reason: exit status ${exitCode}`,
});

const DEFAULT_PHASE_MS = 5;
const LAST = BUILD_PHASES.length - 1;
/** These end the build at once when they fail; after BUILD and POST_BUILD the following ones still run. */
const ENDING: readonly BuildPhaseName[] = ['QUEUED', 'PROVISIONING', 'DOWNLOAD_SOURCE', 'INSTALL', 'PRE_BUILD'];

export interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}
interface Entered {
  readonly phase: BuildPhaseName;
  readonly at: number;
}

export class DoubleBuild {
  readonly startedAt = Date.now();
  private readonly steps: number[] = [];
  private stoppedAt: number | null = null;
  private readonly course: readonly BuildPhaseName[];

  constructor(
    readonly id: string,
    readonly arn: string,
    readonly number: number,
    readonly project: string,
    /** What it was started with, laid over the project: parts of the answer. */
    readonly facts: Readonly<Record<string, unknown>>,
    readonly script: BuildScript,
    readonly reportArns: readonly string[],
    readonly bucketLocation: string | null,
  ) {
    const { failure } = script;
    const ends = failure !== undefined && ENDING.includes(failure.phase);
    const skipsTo = BUILD_PHASES.indexOf('FINALIZING');
    this.course = BUILD_PHASES.filter(
      (phase, at) => !ends || at <= BUILD_PHASES.indexOf(failure.phase) || at >= skipsTo,
    );
  }

  step(): void {
    this.steps.push(Date.now());
  }
  /** Harmless once it has ended. */
  stop(): void {
    if (!this.isComplete()) this.stoppedAt = Date.now();
  }
  isComplete(): boolean {
    return this.stoppedAt !== null || this.entered().at(-1)?.phase === 'COMPLETED';
  }
  get status(): string {
    if (!this.isComplete()) return 'IN_PROGRESS';
    if (this.stoppedAt !== null) return 'STOPPED';
    return this.script.failure === undefined ? 'SUCCEEDED' : (this.script.failure.status ?? 'FAILED');
  }
  hasReached(phase: BuildPhaseName): boolean {
    return this.entered().some((entered) => entered.phase === phase);
  }

  /** The phases it has been in so far, and when it came into each. */
  private entered(): readonly Entered[] {
    const { phaseMs = DEFAULT_PHASE_MS } = this.script;
    const now = this.stoppedAt ?? Date.now();
    const at = (index: number): number =>
      index === 0
        ? this.startedAt
        : phaseMs === 'step'
          ? (this.steps[index - 1] ?? Number.POSITIVE_INFINITY)
          : this.startedAt + index * phaseMs;
    return this.course.map((phase, index) => ({ phase, at: at(index) })).filter((phase) => phase.at <= now);
  }

  /** As BatchGetBuilds answers it. */
  toAws(): Record<string, unknown> {
    const entered = this.entered();
    const endedAt = this.stoppedAt ?? entered.find(({ phase }) => phase === 'COMPLETED')?.at;
    const complete = endedAt !== undefined;
    const { script } = this;
    return {
      ...this.facts,
      id: this.id,
      arn: this.arn,
      buildNumber: this.number,
      projectName: this.project,
      startTime: this.startedAt / 1000,
      ...(complete ? { endTime: endedAt / 1000 } : {}),
      currentPhase: complete ? 'COMPLETED' : entered.at(-1)?.phase,
      buildStatus: this.status,
      buildComplete: complete,
      initiator: this.facts['initiator'] ?? 'aws-deployer',
      phases: this.phases(entered, complete),
      ...(script.resolvedSourceVersion === undefined || !this.hasReached('INSTALL')
        ? {}
        : { resolvedSourceVersion: script.resolvedSourceVersion }),
      exportedEnvironmentVariables: complete
        ? Object.entries(script.exportedVariables ?? {}).map(([name, value]) => ({ name, value }))
        : [],
      reportArns: complete ? this.reportArns : [],
      artifacts: { location: this.bucketLocation ?? '' },
      logs: {
        ...(this.hasReached('PROVISIONING')
          ? { groupName: this.logGroup, streamName: this.logStream }
          : { groupName: null, streamName: null }),
        cloudWatchLogs: { status: this.logsToCloudWatch ? 'ENABLED' : 'DISABLED' },
        s3Logs: { status: this.s3LogKey === null ? 'DISABLED' : 'ENABLED' },
        ...(this.s3LogKey === null ? {} : { s3LogsArn: `arn:aws:s3:::${this.s3LogKey}` }),
      },
    };
  }

  get logGroup(): string {
    return this.logsConfig.cloudWatchLogs?.groupName ?? `/aws/codebuild/${this.project}`;
  }
  get logStream(): string {
    const prefix = this.logsConfig.cloudWatchLogs?.streamName;
    return `${prefix === undefined ? '' : `${prefix}/`}${this.uuid}`;
  }
  get logsToCloudWatch(): boolean {
    return this.logsConfig.cloudWatchLogs?.status !== 'DISABLED';
  }
  /** `bucket/prefix/uuid.gz`, or null where no log goes to S3. */
  get s3LogKey(): string | null {
    const { s3Logs } = this.logsConfig;
    return s3Logs?.status === 'ENABLED' ? `${s3Logs.location ?? ''}/${this.uuid}.gz` : null;
  }
  get uuid(): string {
    return this.id.slice(this.id.indexOf(':') + 1);
  }
  private get logsConfig() {
    return (this.facts['logsConfig'] ?? {}) as {
      cloudWatchLogs?: { status?: string; groupName?: string; streamName?: string };
      s3Logs?: { status?: string; location?: string };
    };
  }

  private phases(entered: readonly Entered[], complete: boolean): Record<string, unknown>[] {
    const { failure } = this.script;
    const all = entered.map(({ phase, at }, index) => {
      const next = entered[index + 1]?.at ?? (this.stoppedAt === null ? undefined : this.stoppedAt);
      if (phase === 'COMPLETED' || next === undefined) return { phaseType: phase, startTime: at / 1000 };
      const stopped = this.stoppedAt !== null && index === entered.length - 1;
      const failed = failure?.phase === phase && !stopped;
      return {
        phaseType: phase,
        phaseStatus: stopped ? 'STOPPED' : failed ? (failure.status ?? 'FAILED') : 'SUCCEEDED',
        startTime: at / 1000,
        endTime: next / 1000,
        durationInSeconds: Math.floor((next - at) / 1000),
        contexts: [
          failed ? { statusCode: failure.statusCode, message: failure.message } : { statusCode: '', message: '' },
        ],
      };
    });
    const stoppedAt = this.stoppedAt;
    return complete && stoppedAt !== null
      ? [...all, { phaseType: BUILD_PHASES[LAST], startTime: stoppedAt / 1000 }]
      : all;
  }

  /** What has come into its log so far, as CodeBuild's agent writes it. */
  logEvents(): LogEvent[] {
    const entered = this.entered();
    const { failure, output } = this.script;
    return entered.flatMap(({ phase, at }, index) => {
      const failed = failure?.phase === phase;
      const isOver = entered[index + 1] !== undefined && AGENT_PHASES.includes(phase);
      const ending = [
        `Phase complete: ${phase} State: ${failed ? (failure.status ?? 'FAILED') : 'SUCCEEDED'}`,
        `Phase context status code: ${failed ? failure.statusCode : ''} Message: ${failed ? failure.message : ''}`,
      ];
      const ofAgent = (text: string): string => `[Container] ${agentTime(at)} ${text}`;
      const lines = [
        ...phaseBeginning(phase).map(ofAgent),
        ...(output?.[phase] ?? []),
        ...(isOver ? ending.map(ofAgent) : []),
      ];
      return lines.map((text) => ({ timestamp: at, message: `${text}\n` }));
    });
  }
}

const AGENT_PHASES: readonly BuildPhaseName[] = [
  'DOWNLOAD_SOURCE',
  'INSTALL',
  'PRE_BUILD',
  'BUILD',
  'POST_BUILD',
  'UPLOAD_ARTIFACTS',
];
function phaseBeginning(phase: BuildPhaseName): string[] {
  if (phase === 'PROVISIONING') return ['Running on CodeBuild On-demand', 'Waiting for agent ping'];
  if (phase === 'DOWNLOAD_SOURCE') return ['Phase is DOWNLOAD_SOURCE'];
  return AGENT_PHASES.includes(phase) ? [`Entering phase ${phase}`] : [];
}
/** `2026/11/21 07:00:00.123456` */
const agentTime = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 23).replaceAll('-', '/').replace('T', ' ')}000`;
