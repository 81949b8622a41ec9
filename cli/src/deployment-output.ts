/** A deployment in words, and what its end means for the exit code. */
import { isEnd, type DeploymentState, type DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { EXIT, type ExitCode } from './failure.js';
import type { Terminal } from './terminal.js';

const FAILED: readonly DeploymentState[] = [
  'validation_failed',
  'preparation_failed',
  'build_failed',
  'deployment_failed',
  'testing_failed',
  'unstable',
  'rolling_back',
  'rolled_back',
  'rollback_failed',
];

/** A deployment that is still on its way is no failure. */
export function exitCodeOf(state: DeploymentState): ExitCode {
  if (state === 'rolled_back' || state === 'rollback_failed') return EXIT.failedRelease;
  if (state === 'cancelled' || state === 'superseded') return EXIT.cancelled;
  return EXIT.ok;
}

export function stateInColour(terminal: Terminal, state: DeploymentState): string {
  if (state === 'stable') return terminal.style('green', state);
  if (FAILED.includes(state)) return terminal.style('red', state);
  return terminal.style(isEnd(state) ? 'yellow' : 'cyan', state);
}

export function printDeployment(terminal: Terminal, deployment: DeploymentView): void {
  const { id, application, environment, state, state_reason: reason, verdict, rollout } = deployment;
  const line = (name: string, value: string | null): void => {
    if (value !== null && value !== '') terminal.print(`${name.padEnd(12)} ${value}`);
  };
  line('deployment', id);
  line('application', `${application} in ${environment}`);
  line('state', `${stateInColour(terminal, state)}: ${reason}`);
  line('commit', deployment.commit);
  line('image', deployment.image);
  line('url', deployment.url);
  if (rollout.requests > 0) line('requests', `${rollout.requests} during the rollout, ${rollout.failed} failed`);
  line('by', `${deployment.created_by} at ${deployment.created_at}`);
  if (verdict !== null) printVerdict(terminal, verdict);
}

function printVerdict(terminal: Terminal, verdict: NonNullable<DeploymentView['verdict']>): void {
  const { exit_code: exitCode, log_lines: logLines, events } = verdict.evidence;
  const where = [verdict.object, verdict.container && `container ${verdict.container}`].filter(Boolean).join(', ');
  terminal.print(
    `${'verdict'.padEnd(12)} ${terminal.style('red', verdict.code)} (${verdict.fault}): ${verdict.reason}`,
  );
  if (where !== '') terminal.print(`${''.padEnd(12)} ${where}${exitCode === null ? '' : `, exit code ${exitCode}`}`);
  for (const text of [...events, ...logLines]) terminal.print(`${''.padEnd(12)} ${terminal.style('dim', `| ${text}`)}`);
  if (verdict.suggestion !== '') terminal.print(`${'mend'.padEnd(12)} ${verdict.suggestion}`);
}
