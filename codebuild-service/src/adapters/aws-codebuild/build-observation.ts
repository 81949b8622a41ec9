/** A build of CodeBuild → what the platform looks at: status, phases, failure. Pure. */
import type { Build, BuildPhase, StatusType } from '@aws-sdk/client-codebuild';
import { BuildPhaseName, type BuildFailure, type BuildPhaseView } from '@aws-deployer/platform/contracts/builds';
import type { BuildObservation } from '../../ports/build-engine.js';

/** Before these nothing of the build itself runs: AWS queues it and finds it a machine. */
const BEFORE_RUNNING: readonly string[] = ['SUBMITTED', 'QUEUED', 'PROVISIONING'];

const ENDS: Readonly<Record<Exclude<StatusType, 'IN_PROGRESS'>, BuildObservation['status']>> = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  FAULT: 'fault',
  STOPPED: 'stopped',
  TIMED_OUT: 'timed_out',
};

export function toObservation(build: Build): BuildObservation {
  const phases = (build.phases ?? []).flatMap(toPhase);
  const status = statusOf(build);
  const isOver = status !== 'starting' && status !== 'in_progress';
  return {
    status,
    phase: phaseOf(build, phases),
    phases,
    failure: isOver && status !== 'succeeded' ? failureOf(build, status) : null,
    resolvedCommit: build.resolvedSourceVersion ?? null,
    runtime: null,
    imageSubstituted: null,
    exportedVariables: Object.fromEntries(
      (build.exportedEnvironmentVariables ?? []).map(({ name = '', value = '' }) => [name, value]),
    ),
    startedAt: instantOf(build.phases?.find(({ phaseType }) => phaseType === 'PROVISIONING')?.startTime),
    endedAt: isOver ? instantOf(build.endTime) : null,
  };
}

function statusOf({ buildStatus = 'IN_PROGRESS', currentPhase, buildComplete }: Build): BuildObservation['status'] {
  // The status is set a moment before the build is complete: exported variables and reports come in between.
  const isComplete = buildComplete !== false || currentPhase === 'COMPLETED';
  if (buildStatus !== 'IN_PROGRESS' && isComplete) return ENDS[buildStatus];
  return BEFORE_RUNNING.includes(currentPhase ?? 'SUBMITTED') ? 'starting' : 'in_progress';
}

/** Where it is; at the end, where it went wrong, else COMPLETED. */
function phaseOf({ currentPhase }: Build, phases: readonly BuildPhaseView[]) {
  const wrong = phases.find(({ status }) => status !== 'succeeded' && status !== 'in_progress');
  return wrong?.name ?? BuildPhaseName.safeParse(currentPhase).data ?? null;
}

const PHASE_STATUS = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  FAULT: 'fault',
  STOPPED: 'stopped',
  TIMED_OUT: 'timed_out',
  IN_PROGRESS: 'in_progress',
} as const satisfies Record<StatusType, BuildPhaseView['status']>;

function toPhase(phase: BuildPhase): BuildPhaseView[] {
  const name = BuildPhaseName.safeParse(phase.phaseType);
  if (!name.success) return [];
  // COMPLETED has a beginning and nothing more.
  const status = phase.phaseStatus ?? (name.data === 'COMPLETED' ? 'SUCCEEDED' : 'IN_PROGRESS');
  const isClientError = (phase.contexts ?? []).some(({ statusCode }) => statusCode === 'CLIENT_ERROR');
  return [
    {
      name: name.data,
      status: isClientError && status === 'FAILED' ? 'client_error' : PHASE_STATUS[status],
      started_at: instantOf(phase.startTime),
      ended_at: instantOf(phase.endTime),
      duration_seconds: secondsOf(phase),
      message: messageOf(phase),
    },
  ];
}
/** From the instants where there are both: CodeBuild's own figure has whole seconds only. */
function secondsOf({ startTime, endTime, durationInSeconds }: BuildPhase): number | null {
  if (startTime === undefined || endTime === undefined) return durationInSeconds ?? null;
  return Math.max(0, endTime.getTime() - startTime.getTime()) / 1000;
}
function messageOf({ contexts }: BuildPhase): string | null {
  const messages = (contexts ?? []).flatMap(({ statusCode, message }) => {
    if (!message) return [];
    return [statusCode ? `${statusCode}: ${message}` : message];
  });
  return messages.length === 0 ? null : messages.join('; ');
}
const instantOf = (date: Date | undefined): string | null => date?.toISOString() ?? null;

/** `Error while executing command: npm test. Reason: exit status 1`; the command may have lines and dots of its own. */
const COMMAND = /^Error while executing command: ([\s\S]*)\. Reason: (?:exit status (-?\d+)|([\s\S]*))$/;

function failureOf(build: Build, status: BuildObservation['status']): BuildFailure {
  const wrong = (build.phases ?? []).find(
    ({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== 'SUCCEEDED' && phaseStatus !== 'IN_PROGRESS',
  );
  const phase = BuildPhaseName.safeParse(wrong?.phaseType).data ?? null;
  const said = (wrong?.contexts ?? []).find(({ message }) => Boolean(message));
  const [, command, exitCode, otherReason] = COMMAND.exec(said?.message ?? '') ?? [];
  const where = phase ?? 'no phase';
  return {
    phase,
    command: command ?? null,
    exit_code: exitCode === undefined ? null : Number(exitCode),
    message: sentence(status, where, {
      command: command?.split('\n', 1)[0],
      ending: exitCode === undefined ? otherReason : `exit status ${exitCode}`,
      said: said?.message,
      timeoutMinutes: build.timeoutInMinutes,
    }),
    last_lines: [],
  };
}
function sentence(
  status: BuildObservation['status'],
  where: string,
  facts: {
    readonly command: string | undefined;
    readonly ending: string | undefined;
    readonly said: string | undefined;
    readonly timeoutMinutes: number | undefined;
  },
): string {
  if (status === 'stopped') return `The build was stopped in ${where}.`;
  if (status === 'timed_out')
    return where === 'QUEUED'
      ? 'CodeBuild found no machine for the build in time.'
      : `The build took longer than its ${facts.timeoutMinutes ?? 60} minutes, in ${where}.`;
  if (facts.command !== undefined) return `In ${where}, ${facts.command} failed: ${facts.ending ?? 'no reason given'}.`;
  if (status === 'fault') return `CodeBuild itself failed in ${where}: ${facts.said ?? 'no reason given'}.`;
  return `${where} failed: ${facts.said ?? 'no reason given'}.`;
}
