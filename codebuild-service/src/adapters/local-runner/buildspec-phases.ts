/**
 * Runs the phases of a buildspec in one shell, as CodeBuild does: a failing command ends its phase, `finally` runs always,
 * `on-failure` says what follows, and POST_BUILD runs also after a failed BUILD.
 */
import type { BuildFailure, BuildPhaseName } from '@aws-deployer/platform/contracts/builds';
import type { Buildspec, BuildspecPhase, BuildspecPhaseName, OnFailure } from '../../buildspec/buildspec.js';
import { boundedTest } from '../../patterns/bounded-test.js';
import type { BuildLog } from './build-log.js';
import type { BuildRecord } from './build-record.js';
import type { CommandShell } from './command-shell.js';

export interface PhaseTools {
  readonly buildspec: Buildspec;
  readonly shell: CommandShell;
  readonly log: BuildLog;
  readonly record: BuildRecord;
  /** Users exist in containers only. */
  readonly runsAsUsers: boolean;
  readonly signal: AbortSignal;
  /** The command that runs now: what a person wants to know of a build that was cut off. */
  readonly onCommand: (command: string | null) => void;
}
const NAMES: readonly (readonly [BuildspecPhaseName, BuildPhaseName])[] = [
  ['install', 'INSTALL'],
  ['pre_build', 'PRE_BUILD'],
  ['build', 'BUILD'],
  ['post_build', 'POST_BUILD'],
];
const EMPTY: BuildspecPhase = { runAs: null, onFailure: { type: 'default' }, commands: [], finally: [] };

/** `uploads`: whether UPLOAD_ARTIFACTS is still reached. Rejects with the signal's reason when the build is cut off. */
export async function runBuildspecPhases(
  tools: PhaseTools,
): Promise<{ readonly succeeded: boolean; readonly uploads: boolean }> {
  const { buildspec, shell, log, record } = tools;
  let succeeded = true;
  for (const [name, phaseName] of NAMES) {
    const phase = buildspec.phases[name] ?? EMPTY;
    await record.begin(phaseName);
    log.enter(phaseName);
    log.say(`Entering phase ${phaseName}`);
    const user = phase.runAs ?? buildspec.runAs;
    if (user !== null && !tools.runsAsUsers) log.say(`warning: run-as ${user} is not heeded on this machine`);
    else await shell.become(user);
    const failure = await withRetries(tools, phaseName, phase);
    if (failure === undefined) {
      await record.finish('succeeded');
      log.say(`Phase complete: ${phaseName} State: SUCCEEDED`);
      log.say('Phase context status code:  Message: ');
      continue;
    }
    if (succeeded) await shell.export('CODEBUILD_BUILD_SUCCEEDING', '0');
    succeeded = false;
    const words = `Error while executing command: ${failure.command ?? ''}. Reason: exit status ${String(failure.exit_code)}`;
    record.fail(failure);
    await record.finish('failed', log.mask(`COMMAND_EXECUTION_ERROR: ${words}`));
    const ends = endsBuild(name, phase.onFailure);
    log.say(`Phase complete: ${phaseName} State: ${ends ? 'FAILED_WITH_ABORT' : 'FAILED'}`);
    log.say(`Phase context status code: COMMAND_EXECUTION_ERROR Message: ${words}`);
    if (ends) return { succeeded, uploads: false };
  }
  return { succeeded, uploads: true };
}

function endsBuild(name: BuildspecPhaseName, onFailure: OnFailure): boolean {
  if (onFailure.type === 'abort') return true;
  return onFailure.type !== 'continue' && (name === 'install' || name === 'pre_build');
}

async function withRetries(
  tools: PhaseTools,
  phaseName: BuildPhaseName,
  phase: BuildspecPhase,
): Promise<BuildFailure | undefined> {
  const { onFailure } = phase;
  const times = onFailure.type === 'retry' ? onFailure.times : 0;
  for (let round = 1; ; round += 1) {
    const failure = await runOnce(tools, phaseName, phase);
    if (failure === undefined || round > times) return failure;
    if (onFailure.type === 'retry' && onFailure.pattern !== null && !found(onFailure.pattern, failure, tools.log))
      return failure;
    tools.log.say(`Phase ${phaseName} failed and is run again (${String(round)} of ${String(times)})`);
  }
}

/** In what the command said last, as a whole and line by line: what a build prints may be written to make a pattern slow. */
function found(pattern: string, failure: BuildFailure, log: PhaseTools['log']): boolean {
  const whole = [failure.message, ...failure.last_lines].join('\n');
  const answer = boundedTest(pattern, [whole, ...failure.last_lines], 'm');
  if (answer === 'too_slow')
    log.say(
      `The pattern ${pattern} takes too long on what the command said: the phase is not run again. Write it without a repetition inside a repetition`,
    );
  return answer === true;
}

async function runOnce(
  tools: PhaseTools,
  phaseName: BuildPhaseName,
  phase: BuildspecPhase,
): Promise<BuildFailure | undefined> {
  const failure = await runCommands(tools, phaseName, phase.commands);
  const last = await runCommands(tools, phaseName, phase.finally);
  return failure ?? last;
}

async function runCommands(
  { shell, log, signal, onCommand }: PhaseTools,
  phase: BuildPhaseName,
  commands: readonly string[],
): Promise<BuildFailure | undefined> {
  for (const command of commands) {
    signal.throwIfAborted();
    log.say(`Running command ${command}`);
    onCommand(command);
    const { exitCode, lastLines } = await shell.run(command);
    signal.throwIfAborted();
    onCommand(null);
    if (exitCode === 0) continue;
    log.say(`Command did not exit successfully ${command} exit status ${String(exitCode)}`);
    return {
      phase,
      command: log.mask(command),
      exit_code: exitCode,
      message: log.mask(`Phase ${phase} failed with exit code ${String(exitCode)} at: ${shortened(command)}`),
      last_lines: lastLines.map((line) => log.mask(line)),
    };
  }
  return undefined;
}

/** For a sentence: the first line, not too long. */
export function shortened(command: string): string {
  const [first = ''] = command.trim().split('\n');
  const whole = first === command.trim() && first.length <= 200;
  return whole ? first : `${first.slice(0, 200)} …`;
}
