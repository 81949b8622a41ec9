/** One build followed to its end: its state changes, and its log when asked. Comes back after a broken connection. */
import { BuildView, isBuildEnd } from '@aws-deployer/platform/contracts/builds';
import type { ApiClient } from './api-client.js';
import { readEvents } from './event-reader.js';
import { EXIT, type ExitCode } from './failure.js';
import { readLog } from './read-log.js';
import type { Terminal } from './terminal.js';

const NEVER = new AbortController().signal;

export const buildPath = (id: string): string => `/api/v1/builds/${encodeURIComponent(id)}`;

/** Succeeded: 0; stopped: 4; everything else that a build can end in: 3. */
export const exitCodeOfBuild = ({ status, gates }: BuildView): ExitCode =>
  status === 'stopped'
    ? EXIT.cancelled
    : isBuildEnd(status) && (status !== 'succeeded' || gates.some(({ passed }) => !passed))
      ? EXIT.failedRelease
      : EXIT.ok;

/** Each new sentence about it goes to `onChange`. */
async function followState(api: ApiClient, id: string, onChange: (build: BuildView) => void): Promise<void> {
  for await (const { event, data } of readEvents(api, `${buildPath(id)}/events`, NEVER))
    if (event === 'build') onChange(BuildView.parse(data));
}

export async function followBuild(
  api: ApiClient,
  id: string,
  terminal: Terminal,
  withLog: boolean,
): Promise<BuildView> {
  let told = '';
  await Promise.all([
    followState(api, id, ({ status, phase, status_reason: reason }) => {
      const now = `${status}${phase === null ? '' : ` ${phase}`}: ${reason}`;
      if (now !== told) terminal.note(terminal.style('dim', (told = now), 'stderr'));
    }),
    ...(withLog ? [readLog(api, buildPath(id), ({ text }) => terminal.note(text), NEVER)] : []),
  ]);
  return api.get(buildPath(id), BuildView);
}
