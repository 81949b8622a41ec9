/** One run of infrastructure followed to its end: its states, what becomes of each resource, its log when asked. */
import { InfraRunView, type InfraRunEvents } from '@aws-deployer/platform/contracts/infra';
import type { ApiClient } from './api-client.js';
import { readEvents } from './event-reader.js';
import { EXIT, type ExitCode } from './failure.js';
import type { Terminal } from './terminal.js';

const NEVER = new AbortController().signal;

export const runPath = (id: string): string => `/api/v1/infra/runs/${encodeURIComponent(id)}`;

/** Succeeded or on its way: 0; cancelled: 4; failed, interrupted, or a look that found drift: 3. */
export function exitCodeOfRun({ status, kind, summary }: InfraRunView): ExitCode {
  if (status === 'cancelled') return EXIT.cancelled;
  if (status === 'failed' || status === 'interrupted') return EXIT.failedRelease;
  const drifted =
    kind === 'drift' &&
    status === 'succeeded' &&
    summary !== null &&
    (summary.more_changes > 0 || summary.changes.some(({ action }) => action !== 'read'));
  return drifted ? EXIT.failedRelease : EXIT.ok;
}

export async function followRun(
  api: ApiClient,
  id: string,
  terminal: Terminal,
  withLog: boolean,
): Promise<InfraRunView> {
  let told = '';
  for await (const { event, data } of readEvents(api, `${runPath(id)}/events`, NEVER)) {
    if (event === 'state') {
      const { status, phase, reason } = data as InfraRunEvents['state'];
      const now = [phase ?? status, reason].filter((part) => part !== '').join(': ');
      if (now !== told) terminal.note(terminal.style('dim', (told = now), 'stderr'));
    } else if (event === 'line' && withLog) {
      terminal.note(`  | ${(data as InfraRunEvents['line']).text}`);
    } else if (event === 'resource' && !withLog) {
      tellResource(terminal, data as InfraRunEvents['resource']);
    } else if (event === 'sweep' && !withLog) {
      const { kind, name, id: swept, status, reason } = data as InfraRunEvents['sweep'];
      const what = `${kind.replaceAll('_', ' ')} ${name === '' ? swept : name}`;
      tell(terminal, status, `sweep ${what}`, reason === null ? '' : `: ${reason}`);
    }
  }
  return api.get(runPath(id), InfraRunView);
}

type Outputs = InfraRunEvents['outputs']['outputs'];
/** What the module of an apply that ended gives; null in the place of what is sensitive. */
export async function outputsOf(api: ApiClient, id: string): Promise<Outputs> {
  let outputs: Outputs = [];
  for await (const { event, data } of readEvents(api, `${runPath(id)}/events`, NEVER))
    if (event === 'outputs') outputs = (data as InfraRunEvents['outputs']).outputs;
  return outputs;
}

function tellResource(terminal: Terminal, event: InfraRunEvents['resource']): void {
  if (event.status === 'progress') return;
  const seconds = event.elapsed_seconds === null || event.status === 'started' ? '' : ` (${event.elapsed_seconds} s)`;
  tell(terminal, event.status, `${event.action} ${event.address}`, seconds);
}

function tell(terminal: Terminal, status: 'started' | 'done' | 'failed', what: string, more: string): void {
  const mark = status === 'done' ? 'done   ' : status === 'failed' ? 'failed ' : 'begins ';
  const colour = status === 'done' ? 'green' : status === 'failed' ? 'red' : 'dim';
  terminal.note(`  ${terminal.style(colour, mark, 'stderr')} ${what}${status === 'started' ? '' : more}`);
}
