/** `infra apply`, `infra destroy`: exactly the plan that was read is approved, by its hash. */
import { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { agreed, agreedByName } from '../confirmation.js';
import { EXIT, Failure, type ExitCode } from '../failure.js';
import { followRun, runPath } from '../follow-infra-run.js';
import { planWords, printRun } from '../infra-output.js';
import type { Context } from '../program.js';
import { finish, startRun, type WatchOptions } from './infra-runs.js';

export interface ApproveOptions extends WatchOptions {
  readonly yes?: boolean;
  /** Refused when the plan has another: for a pipeline that approves what somebody else read. */
  readonly hash?: string;
}
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** `what`: the id of a plan, or an environment, of which the newest plan that waits is meant: that one is always asked about. */
export async function apply(context: Context, what: string, options: ApproveOptions): Promise<ExitCode> {
  const byId = UUID.test(what);
  if (!byId && options.yes === true)
    throw new Failure(EXIT.usage, '--yes approves a plan by its id, for another may have been made meanwhile', [
      'give the id that deployer infra plan printed',
    ]);
  const plan = byId ? await context.api.get(runPath(what), InfraRunView) : await waitingPlan(context, what);
  return approve(context, plan, options);
}

/** Plans to take all away, shows it, and carries it out once the environment's name was typed. */
export async function destroy(context: Context, environment: string, options: ApproveOptions): Promise<ExitCode> {
  const { api, terminal } = context;
  const started = await startRun(context, environment, { kind: 'destroy' });
  const plan = await followRun(api, started.id, terminal, options.log === true);
  if (plan.status === 'succeeded') return approve(context, plan, options);
  return finish(context, plan, options);
}

async function waitingPlan({ api }: Context, environment: string): Promise<InfraRunView> {
  const path = `/api/v1/infra/runs?limit=20&environment=${encodeURIComponent(environment)}`;
  const { items } = await api.get(path, pageOf(InfraRunView));
  const plan = items.find(({ applicable }) => applicable);
  if (plan) return plan;
  throw new Failure(EXIT.error, `No plan of ${environment} waits for approval`, [
    `make one with: deployer infra plan ${environment} --watch`,
  ]);
}

async function approve(context: Context, plan: InfraRunView, options: ApproveOptions): Promise<ExitCode> {
  const { api, terminal, json } = context;
  const { summary, plan_hash: hash, environment } = plan;
  if (summary === null || hash === null)
    throw new Failure(EXIT.error, `The run ${plan.id} has no plan: it is ${plan.status}`);
  if (options.hash !== undefined && options.hash !== hash)
    throw new Failure(EXIT.error, `The plan ${plan.id} has the hash ${hash}, not the one that was given`, [
      'read the plan again and approve what it says now',
    ]);
  if (!json && options.yes !== true) printRun(terminal, plan, options.details === true);
  const words = `${environment}: ${planWords(summary)}.`;
  const yes = await (summary.destroy > 0
    ? agreedByName(terminal, terminal.style('red', words, 'stderr'), environment, options.yes)
    : agreed(terminal, words, options.yes));
  if (!yes) return EXIT.cancelled;
  const path = `/api/v1/infra/plans/${encodeURIComponent(plan.id)}/apply`;
  return finish(context, await api.post(path, { plan_hash: hash }, InfraRunView), options);
}
