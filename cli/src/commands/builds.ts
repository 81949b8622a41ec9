/** `build …`: starting, following and looking at builds. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  BuildArtifactView,
  BuildComparison,
  BuildQueueView,
  BuildReportView,
  BuildUsageView,
  BuildView,
  isBuildEnd,
  StartedBuildsView,
  StoppedBatchView,
  type BuildFailure,
} from '@aws-deployer/platform/contracts/builds';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { z } from 'zod';
import { buildPath, exitCodeOfBuild, followBuild } from '../follow-build.js';
import { EXIT, Failure, type ExitCode } from '../failure.js';
import type { Context } from '../program.js';
import type { Terminal } from '../terminal.js';
import { pairsOf } from '../pairs.js';
import { printLog } from '../read-log.js';
import type { WaitOptions } from './deploy.js';

export interface StartOptions extends WaitOptions {
  readonly ref?: string;
  readonly buildspec?: string;
  readonly image?: string;
  readonly compute?: string;
  readonly var?: readonly string[];
}

export async function start(context: Context, project: string, options: StartOptions): Promise<ExitCode> {
  const path = `/api/v1/build-projects/${encodeURIComponent(project)}/builds`;
  return finish(context, await context.api.post(path, bodyOf(options), BuildView), options);
}

/** All that the buildspec's own `batch` names. */
export async function startBatch(
  { api, terminal, json }: Context,
  project: string,
  options: StartOptions,
): Promise<void> {
  const path = `/api/v1/build-projects/${encodeURIComponent(project)}/batches`;
  const started = await api.post(path, bodyOf(options), StartedBuildsView);
  if (json) return terminal.json(started);
  terminal.table(
    ['ID', 'PROJECT', '#', 'TASK'],
    started.items.map((one) => [one.id, one.project, String(one.number), one.batch_identifier ?? '']),
  );
  terminal.note(`end all of them with: deployer build stop-batch ${started.batch_id}`);
}

export async function stopBatch({ api, terminal, json }: Context, id: string): Promise<void> {
  const stopped = await api.post(`/api/v1/builds/batches/${encodeURIComponent(id)}/stop`, {}, StoppedBatchView);
  if (json) terminal.json(stopped);
  else terminal.note(`${String(stopped.stopping)} builds are being stopped`);
}

const bodyOf = (options: StartOptions) => ({
  ...(options.ref === undefined ? {} : { source_version: options.ref }),
  ...(options.buildspec === undefined ? {} : { buildspec: options.buildspec }),
  ...(options.image === undefined ? {} : { image: options.image }),
  ...(options.compute === undefined ? {} : { compute: options.compute }),
  variables: Object.entries(pairsOf('--var', options.var)).map(([name, value]) => ({ name, value })),
});

export async function retry(context: Context, id: string, options: WaitOptions): Promise<ExitCode> {
  return finish(context, await context.api.post(`${buildPath(id)}/retry`, {}, BuildView), options);
}

export async function stop({ api, terminal, json }: Context, id: string): Promise<void> {
  const build = await api.post(`${buildPath(id)}/stop`, {}, BuildView);
  if (json) terminal.json(build);
  else printBuild(terminal, build);
}

export async function show(context: Context, id: string, options: WaitOptions): Promise<ExitCode> {
  return finish(context, await context.api.get(buildPath(id), BuildView), options, true);
}

export async function list(
  { api, terminal, json }: Context,
  { project }: { readonly project?: string },
): Promise<void> {
  const query = project === undefined ? '' : `&project=${encodeURIComponent(project)}`;
  const { items } = await api.get(`/api/v1/builds?limit=50${query}`, pageOf(BuildView));
  if (json) return terminal.json(items);
  if (items.length === 0) return terminal.note('There is no build yet: start one with deployer build start PROJECT');
  terminal.table(
    ['ID', 'PROJECT', '#', 'STATUS', 'SECONDS', 'TESTS', 'BY', 'AT'],
    items.map((one) => [
      one.id,
      one.project,
      String(one.number),
      one.status,
      one.duration_seconds === null ? '-' : String(Math.round(one.duration_seconds)),
      one.reports === null ? '-' : `${String(one.reports.tests - one.reports.failed)}/${String(one.reports.tests)}`,
      one.created_by,
      one.created_at,
    ]),
  );
}

export async function logs(context: Context, id: string, { follow }: { readonly follow?: boolean }): Promise<void> {
  const build = await context.api.get(buildPath(id), BuildView);
  await printLog(context, buildPath(id), follow === true || isBuildEnd(build.status));
}

export async function reports({ api, terminal, json }: Context, id: string): Promise<ExitCode> {
  const { items } = await api.get(`${buildPath(id)}/reports`, z.object({ items: z.array(BuildReportView) }));
  if (json) terminal.json(items);
  else if (items.length === 0) terminal.note('The build wrote no report: name one under reports in its buildspec');
  for (const report of json ? [] : items) {
    const { tests, coverage } = report;
    if (tests)
      terminal.print(
        `${report.name}: ${String(tests.passed)} of ${String(tests.total)} tests passed, ${String(tests.failed + tests.errored)} failed, ${String(tests.skipped)} skipped`,
      );
    if (coverage)
      terminal.print(
        `${report.name}: ${coverage.line_percent === null ? '-' : `${String(coverage.line_percent)} %`} of lines covered (${String(coverage.lines_covered)} of ${String(coverage.lines)})`,
      );
    for (const one of report.cases.filter(({ outcome }) => outcome === 'failed' || outcome === 'errored'))
      terminal.print(
        `  ${terminal.style('red', one.outcome)} ${one.suite} ${one.name}: ${one.message?.split('\n')[0] ?? ''}`,
      );
    for (const problem of report.problems) terminal.note(`  ${problem}`);
  }
  return items.some(({ tests }) => tests !== null && tests.failed + tests.errored > 0) ? EXIT.failedRelease : EXIT.ok;
}

export async function artifacts(
  { api, terminal, json }: Context,
  id: string,
  { download }: { readonly download?: string },
): Promise<void> {
  const { items } = await api.get(`${buildPath(id)}/artifacts`, z.object({ items: z.array(BuildArtifactView) }));
  if (download !== undefined) {
    for (const { artifact, path, url } of items) {
      const inner = normalize(join(artifact === 'primary' ? '.' : artifact, path));
      if (inner.startsWith(`..${sep}`) || inner.startsWith(sep))
        throw new Failure(EXIT.error, `${path} leads out of the folder`);
      const file = join(download, inner);
      await mkdir(dirname(file), { recursive: true });
      await pipeline(await api.download(url), createWriteStream(file));
      terminal.note(file);
    }
    return;
  }
  if (json) return terminal.json(items);
  if (items.length === 0) return terminal.note('The build left no artifact');
  terminal.table(
    ['ARTIFACT', 'PATH', 'BYTES'],
    items.map((one) => [one.artifact, one.path, String(one.size_bytes)]),
  );
}

export async function compare({ api, terminal, json }: Context, a: string, b: string): Promise<void> {
  const found = await api.get(
    `/api/v1/builds/compare?a=${encodeURIComponent(a)}&b=${encodeURIComponent(b)}`,
    BuildComparison,
  );
  if (json) return terminal.json(found);
  const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '-'));
  terminal.table(
    ['', `#${String(found.a.number)}`, `#${String(found.b.number)}`],
    [
      ['status', found.a.status, found.b.status],
      ...found.differences.map((one) => [one.field, shown(one.a), shown(one.b)]),
      ...found.phases.map((one) => [`${one.name} seconds`, shown(one.a_seconds), shown(one.b_seconds)]),
    ],
  );
  for (const name of found.tests.newly_failing) terminal.print(`fails now: ${name}`);
  for (const name of found.tests.newly_passing) terminal.print(`passes now: ${name}`);
}

export async function queue({ api, terminal, json }: Context): Promise<void> {
  const { queues } = await api.get('/api/v1/builds/queue', BuildQueueView);
  if (json) return terminal.json(queues);
  if (queues.length === 0) return terminal.note('No build waits or runs');
  for (const one of queues) {
    terminal.print(
      `${one.account} ${one.region}: ${String(one.running)} of ${String(one.limit)} running, ${String(one.waiting.length)} waiting (${one.limit_reason})`,
    );
    if (one.waiting.length === 0) continue;
    terminal.table(
      ['#', 'PROJECT', 'BUILD', 'TEAM', 'STARTS ABOUT', 'WAITS FOR'],
      one.waiting.map((build) => [
        String(build.queue.position),
        build.project,
        String(build.number),
        build.team,
        build.queue.estimated_start_at ?? '-',
        build.queue.reason,
      ]),
    );
  }
}

export async function usage(
  { api, terminal, json }: Context,
  span: { readonly from?: string; readonly to?: string },
): Promise<void> {
  const query = new URLSearchParams();
  if (span.from !== undefined) query.set('from', span.from);
  if (span.to !== undefined) query.set('to', span.to);
  const found = await api.get(`/api/v1/builds/usage?${query.toString()}`, BuildUsageView);
  if (json) return terminal.json(found);
  terminal.table(
    ['PROJECT', 'TEAM', 'BUILDS', 'SUCCEEDED', 'MINUTES', 'USD'],
    [...found.projects, { project: 'all', team: '', succeeded: 0, ...found.total }].map((one) => [
      one.project,
      one.team,
      String(one.builds),
      one.project === 'all' ? '' : String(one.succeeded),
      one.billed_minutes.toFixed(1),
      one.cost_usd.toFixed(4),
    ]),
  );
  terminal.note(`${found.from} to ${found.to}, prices of ${found.price_list_date}`);
}

async function finish(
  { api, terminal, json }: Context,
  build: BuildView,
  { wait, follow }: WaitOptions,
  shown = false,
): Promise<ExitCode> {
  const ended = wait || follow ? await followBuild(api, build.id, terminal, follow === true) : build;
  if (json) terminal.json(ended);
  else printBuild(terminal, ended);
  if (ended === build && !shown && !json) terminal.note(`follow it with: deployer build show ${build.id} --follow`);
  return exitCodeOfBuild(ended);
}

function printBuild(terminal: Terminal, build: BuildView): void {
  const good = build.status === 'succeeded';
  const colour = good ? 'green' : isBuildEnd(build.status) ? 'red' : 'yellow';
  terminal.print(
    `${build.project} #${String(build.number)} ${terminal.style(colour, build.status)}: ${build.status_reason}`,
  );
  if (build.failure !== null) printFailure(terminal, build.failure);
  if (build.queue !== null)
    terminal.print(
      `  ${String(build.queue.position)}. in the queue, starts about ${build.queue.estimated_start_at ?? 'nobody knows when'}: ${build.queue.reason}`,
    );
  for (const { name, status, duration_seconds: seconds } of build.phases)
    terminal.print(
      `  ${name.padEnd(17)} ${status.padEnd(12)} ${seconds === null ? '' : `${seconds.toFixed(1)} s`}`.trimEnd(),
    );
  for (const { gate, passed, detail } of build.gates)
    terminal.print(
      `  gate ${gate}: ${terminal.style(passed ? 'green' : 'red', passed ? 'passed' : 'not passed')}: ${detail}`,
    );
  for (const [name, value] of Object.entries(build.exported_variables)) terminal.print(`  ${name}=${value}`);
  if (build.runtime === 'host') terminal.note('  it ran on the host, without isolation');
  terminal.print(`  ${build.id}`);
}

function printFailure(terminal: Terminal, { phase, command, exit_code: code, last_lines: lines }: BuildFailure): void {
  const where = [phase, command === null ? null : `'${command}'`, code === null ? null : `exit code ${String(code)}`];
  terminal.print(`  ${where.filter((part) => part !== null).join(', ')}`);
  for (const line of lines) terminal.print(`  | ${line}`);
}
