/** `deploy`, `rollback`, `cancel`: what starts or ends a deployment, and waits for it when asked. */
import { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { deploymentRequest, type DeployOptions } from '../deployment-request.js';
import { exitCodeOf, printDeployment } from '../deployment-output.js';
import { EXIT, type ExitCode } from '../failure.js';
import { followDeployment, pathOf, progressOn } from '../follow-deployment.js';
import { findDeployment, findRelease } from '../lookup.js';
import type { Context } from '../program.js';

export interface WaitOptions {
  readonly wait?: boolean;
  readonly follow?: boolean;
}

export interface InEnvironment {
  readonly environment?: string;
}
export interface RollbackOptions extends WaitOptions, InEnvironment {
  /** A release's number or id. */
  readonly to?: string;
  readonly acceptBad?: boolean;
}

export async function deploy(context: Context, options: DeployOptions & WaitOptions): Promise<ExitCode> {
  const body = await deploymentRequest(options);
  const started = await context.api.post('/api/v1/deployments', body, DeploymentView);
  return finish(context, started, options);
}

/** `what`: an application (its last deployment) or a deployment. Without `to`, the last stable release before it. */
export async function rollback(context: Context, what: string, options: RollbackOptions): Promise<ExitCode> {
  const { api } = context;
  const deployment = await findDeployment(api, what, options.environment);
  const release = options.to === undefined ? undefined : await findRelease(api, deployment.application, options.to);
  const body = {
    ...(release === undefined ? {} : { release_id: release.id }),
    ...(options.acceptBad === true ? { accept_bad_release: true } : {}),
  };
  const started = await api.post(`${pathOf(deployment.id)}/rollback`, body, DeploymentView);
  return finish(context, started, options);
}

export async function cancel(context: Context, what: string, options: WaitOptions): Promise<ExitCode> {
  const { id } = await findDeployment(context.api, what);
  const answer = await context.api.post(`${pathOf(id)}/cancel`, {}, DeploymentView);
  const code = await finish(context, answer, options);
  return code === EXIT.cancelled ? EXIT.ok : code; // cancelled is what was asked for
}

/** With neither `--wait` nor `--follow` the answer is the deployment as it begins. */
async function finish(
  { api, terminal, json }: Context,
  started: DeploymentView,
  { wait, follow }: WaitOptions,
): Promise<ExitCode> {
  if (!wait && !follow) {
    if (json) terminal.json(started);
    else {
      printDeployment(terminal, started);
      terminal.note(`follow it with: deployer status ${started.id} --wait`);
    }
    return EXIT.ok;
  }
  const ended = await followDeployment(api, started.id, progressOn(terminal, follow === true));
  if (json) terminal.json(ended);
  else printDeployment(terminal, ended);
  return exitCodeOf(ended.state);
}

export async function status(context: Context, what: string, options: WaitOptions & InEnvironment): Promise<ExitCode> {
  const found = await findDeployment(context.api, what, options.environment);
  if (options.wait || options.follow) return finish(context, found, options);
  if (context.json) context.terminal.json(found);
  else printDeployment(context.terminal, found);
  return exitCodeOf(found.state);
}
