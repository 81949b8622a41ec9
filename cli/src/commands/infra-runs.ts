/** `infra …`: plans, looks for drift, the way back to a version, and runs as they go. */
import { InfraDriftView, InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { agreed } from '../confirmation.js';
import { EXIT, Failure, type ExitCode } from '../failure.js';
import { exitCodeOfRun, followRun, outputsOf, runPath } from '../follow-infra-run.js';
import { noteNext, planWords, printOutputs, printRun } from '../infra-output.js';
import type { Context } from '../program.js';
import { environmentPath } from './infra-environments.js';

export interface WatchOptions {
  readonly watch?: boolean;
  /** The log line by line instead of what becomes of each resource. */
  readonly log?: boolean;
  readonly details?: boolean;
}
export async function plan(context: Context, environment: string, options: WatchOptions): Promise<ExitCode> {
  return finish(context, await startRun(context, environment, { kind: 'plan' }), options);
}

/** A plan of what an earlier version set, with the module as it was then. */
export async function rollback(
  context: Context,
  environment: string,
  version: string,
  options: WatchOptions,
): Promise<ExitCode> {
  if (!/^[1-9]\d*$/.test(version))
    throw new Failure(EXIT.usage, `A version is a number, not ${version}`, [
      `see what there is with: deployer infra versions ${environment}`,
    ]);
  return finish(context, await startRun(context, environment, { kind: 'plan', version: Number(version) }), options);
}

/** Without an environment: how all stand by the last look at each; exit code 3 when one of them has drifted. */
export async function drift(
  context: Context,
  environment: string | undefined,
  options: WatchOptions,
): Promise<ExitCode> {
  if (environment === undefined) return drifts(context);
  return finish(context, await startRun(context, environment, { kind: 'drift' }), options);
}

async function drifts({ api, terminal, json }: Context): Promise<ExitCode> {
  const items: InfraDriftView[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = new URLSearchParams({ limit: '100', ...(cursor === '' ? {} : { cursor }) });
    const page: { items: InfraDriftView[]; next_cursor: string | null } = await api.get(
      `/api/v1/infra/drift?${query.toString()}`,
      pageOf(InfraDriftView),
    );
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  if (json) terminal.json(items);
  else if (items.length === 0) terminal.note('Nothing is applied yet: there is no drift');
  else
    terminal.table(
      ['ENVIRONMENT', 'DRIFT', 'CHANGES', 'SINCE', 'CHECKED', 'NEXT'],
      items.map((one) => [
        one.environment,
        one.status,
        one.status === 'drifted' ? String(one.changes) : '-',
        one.since ?? '-',
        one.checked_at ?? 'never',
        one.next_at ?? 'when asked',
      ]),
    );
  return items.some(({ status }) => status === 'drifted') ? EXIT.failedRelease : EXIT.ok;
}

export const startRun = ({ api }: Context, environment: string, body: object): Promise<InfraRunView> =>
  api.post(`${environmentPath(environment)}/runs`, body, InfraRunView);

export async function show(context: Context, id: string, options: WatchOptions): Promise<ExitCode> {
  return finish(context, await context.api.get(runPath(id), InfraRunView), options);
}

export async function resume(context: Context, id: string, options: WatchOptions): Promise<ExitCode> {
  return finish(context, await context.api.post(`${runPath(id)}/resume`, {}, InfraRunView), options);
}

export async function cancel(
  context: Context,
  id: string,
  { yes, ...options }: WatchOptions & { readonly yes?: boolean },
): Promise<ExitCode> {
  const { api, terminal } = context;
  const run = await api.get(runPath(id), InfraRunView);
  const words = `The ${run.kind} of ${run.environment} is told to end in order; what is made by then stays.`;
  if (run.kind === 'apply' && !(await agreed(terminal, words, yes))) return EXIT.cancelled;
  const told = await api.post(`${runPath(id)}/cancel`, {}, InfraRunView);
  return options.watch ? finish(context, told, options) : printed(context, told, false);
}

export interface ListOptions {
  readonly environment?: string;
  readonly kind?: string;
  readonly status?: string;
}
export async function list({ api, terminal, json }: Context, filter: ListOptions): Promise<void> {
  const given = Object.entries({ ...filter, limit: '50' }).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given);
  const { items } = await api.get(`/api/v1/infra/runs?${query.toString()}`, pageOf(InfraRunView));
  if (json) return terminal.json(items);
  if (items.length === 0) return terminal.note('Nothing was run yet: deployer infra plan ENVIRONMENT');
  terminal.table(
    ['ID', 'ENVIRONMENT', 'KIND', 'STATUS', 'CHANGES', 'BY', 'AT'],
    items.map((one) => [
      one.id,
      one.environment,
      one.kind,
      one.status === 'succeeded' && one.applicable ? 'awaits approval' : one.status,
      one.summary === null ? '-' : planWords(one.summary),
      one.created_by,
      one.created_at,
    ]),
  );
}

/** Follows it where that is asked, prints it, and says how it ended by the exit code. */
export async function finish(context: Context, run: InfraRunView, options: WatchOptions): Promise<ExitCode> {
  const { api, terminal } = context;
  const follow = (options.watch === true || options.log === true) && run.ended_at === null;
  const last = follow ? await followRun(api, run.id, terminal, options.log === true) : run;
  return printed(context, last, options.details === true);
}

async function printed({ api, terminal, json }: Context, run: InfraRunView, details: boolean): Promise<ExitCode> {
  const outputs = run.kind === 'apply' && run.status === 'succeeded' ? await outputsOf(api, run.id) : [];
  if (json) terminal.json(run.kind === 'apply' ? { ...run, outputs } : run);
  else {
    printRun(terminal, run, details);
    printOutputs(terminal, outputs);
    noteNext(terminal, run);
  }
  return exitCodeOfRun(run);
}
