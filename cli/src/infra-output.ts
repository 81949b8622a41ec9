/** Runs and plans of infrastructure in words, for a terminal. */
import type {
  InfraRunEvents,
  InfraRunView,
  PlanSummaryView,
  ResourceChangeView,
} from '@aws-deployer/platform/contracts/infra';
import type { Terminal } from './terminal.js';

/** What is lost comes first. */
const SIGNS: Readonly<Record<ResourceChangeView['action'], string>> = {
  delete: '-',
  replace: '-/+',
  update: '~',
  create: '+',
  import: '>',
  move: '>',
  forget: 'x',
  read: '<',
};
const ORDER = Object.keys(SIGNS);
const colourOf = (action: ResourceChangeView['action']) =>
  action === 'delete' || action === 'replace' ? 'red' : action === 'create' ? 'green' : 'yellow';
const isEnded = ({ ended_at: at }: InfraRunView): boolean => at !== null;

export const planWords = ({ add, change, destroy }: PlanSummaryView): string =>
  `${String(add)} to add, ${String(change)} to change, ${String(destroy)} to destroy`;
export const money = (usd: number): string => `$${usd.toFixed(2)}`;

/** With `details` each attribute before and after; what is sensitive is masked by the platform. */
export function printPlan(terminal: Terminal, summary: PlanSummaryView, details: boolean): void {
  const changes = [...summary.changes].sort((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
  for (const { address, action, reason, attributes } of changes) {
    const why = reason === null ? '' : `  (${reason})`;
    terminal.print(`  ${terminal.style(colourOf(action), SIGNS[action].padEnd(3))} ${address}${why}`);
    for (const { path, before, after, known } of details ? attributes : [])
      terminal.print(
        `        ${path}: ${JSON.stringify(before)} -> ${known ? JSON.stringify(after) : '(known after)'}`,
      );
  }
  if (summary.more_changes > 0)
    terminal.print(`  and ${String(summary.more_changes)} further changes, which the log names`);
  for (const { address } of summary.drift) terminal.print(`  changed outside of Terraform: ${address}`);
  terminal.print(`  ${planWords(summary)}`);
}

export function printRun(terminal: Terminal, run: InfraRunView, details: boolean): void {
  const bad = run.status === 'failed' || run.status === 'interrupted';
  const colour = run.status === 'succeeded' ? 'green' : bad ? 'red' : 'yellow';
  const phase = run.phase === null ? '' : ` ${run.phase}`;
  const reason = run.reason === '' ? '' : `: ${run.reason}`;
  terminal.print(`${run.environment} ${run.kind} ${terminal.style(colour, run.status)}${phase}${reason}`);
  if (run.failure !== null) printFailure(terminal, run.failure);
  if (run.lock !== null) terminal.print(`  the state is locked by ${run.lock.who} (${run.lock.operation})`);
  if (run.summary !== null) printPlan(terminal, run.summary, details);
  if (run.cost !== null) {
    const { monthly_before: before, monthly_after: after, prices_of: day, price_checks: checks, unknown } = run.cost;
    const without = unknown.length === 0 ? '' : `, without ${String(unknown.length)} resources of unknown price`;
    const prices =
      checks === null || checks.total === 0
        ? `prices of ${day}`
        : `${String(checks.checked)} of ${String(checks.total)} prices checked on ${checks.on}`;
    terminal.print(`  a month: ${money(before)} -> ${money(after)} (estimate; ${prices}${without})`);
    if (run.cost.instead_of !== null) terminal.print(`  by the price table: ${run.cost.instead_of}`);
  }
  if (run.resources !== null)
    terminal.print(
      `  ${String(run.resources.done)} of ${String(run.resources.total)} resources done, ${String(run.resources.failed)} failed`,
    );
  for (const { kind, id, name, state, reason: why } of run.sweep?.items ?? [])
    terminal.print(
      `  ${state}: ${kind.replaceAll('_', ' ')} ${name === '' ? id : name}${why === null ? '' : `: ${why}`}`,
    );
  for (const { id } of run.orphans ?? []) terminal.print(`  ${terminal.style('red', 'left behind')}: ${id}`);
  if (run.orphans?.length === 0) terminal.print('  nothing is left behind');
  if (run.made_version !== null) terminal.print(`  version ${String(run.made_version)}`);
  if (run.plan_hash !== null) terminal.print(`  plan hash ${run.plan_hash}, ${run.plan_state ?? 'not ready'}`);
  terminal.print(`  ${run.id}`);
}

export function printOutputs(terminal: Terminal, outputs: InfraRunEvents['outputs']['outputs']): void {
  for (const { name, value, sensitive } of outputs)
    terminal.print(`  ${name} = ${sensitive ? '(sensitive, not shown)' : JSON.stringify(value)}`);
}

function printFailure(terminal: Terminal, { message, diagnostics }: NonNullable<InfraRunView['failure']>): void {
  terminal.print(`  ${terminal.style('red', message)}`);
  for (const { summary, detail, address } of diagnostics) {
    terminal.print(`  ${address === null ? '' : `${address}: `}${summary}`);
    for (const line of detail === '' ? [] : detail.split('\n')) terminal.print(`  | ${line}`);
  }
}

/** What to do next, on the other stream. */
export function noteNext(terminal: Terminal, run: InfraRunView): void {
  if (!isEnded(run)) terminal.note(`follow it with: deployer infra run ${run.id} --watch`);
  else if (run.applicable) terminal.note(`approve it with: deployer infra apply ${run.id}`);
  else if (run.kind === 'apply' && run.status !== 'succeeded')
    terminal.note(`plan what is left with: deployer infra resume ${run.id}`);
}
