/** `preflight` and `diff`: what a deployment would fail of, and what it changes. Both only look. */
import { DiffView, PreflightView } from '@aws-deployer/platform/contracts/preflight';
import { deploymentRequest, type DeployOptions } from '../deployment-request.js';
import { EXIT, type ExitCode } from '../failure.js';
import { pathOf } from '../follow-deployment.js';
import { findDeployment } from '../lookup.js';
import { printDiff, printPreflight } from '../preflight-output.js';
import type { Context } from '../program.js';
import type { InEnvironment } from './deploy.js';

/** The exit code is 1 when a check fails. */
export async function preflight({ api, terminal, json }: Context, options: DeployOptions): Promise<ExitCode> {
  const view = await api.post('/api/v1/deployments/preflight', await deploymentRequest(options), PreflightView);
  if (json) terminal.json(view);
  else printPreflight(terminal, view);
  return view.ok ? EXIT.ok : EXIT.error;
}

export interface DiffOptions extends InEnvironment {
  /** Against the cluster as it is now, not as it was when the deployment began. */
  readonly live?: boolean;
}
export async function diff({ api, terminal, json }: Context, what: string, options: DiffOptions): Promise<void> {
  const { id } = await findDeployment(api, what, options.environment);
  const view = await api.get(`${pathOf(id)}/diff${options.live ? '?against=live' : ''}`, DiffView);
  if (json) terminal.json(view);
  else printDiff(terminal, view);
}
