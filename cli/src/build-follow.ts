/** One build followed to its end: its state changes, and its log when asked. Comes back after a broken connection. */
import { BuildLogLine, BuildView, isBuildEnd } from '@aws-deployer/platform/contracts/builds';
import type { ApiClient } from './api-client.js';
import { readEvents } from './event-reader.js';
import { EXIT, type ExitCode } from './failure.js';
import type { Terminal } from './terminal.js';

export const buildPath = (id: string): string => `/api/v1/builds/${encodeURIComponent(id)}`;

/** Succeeded: 0; stopped: 4; everything else that a build can end in: 3. */
export const exitCodeOfBuild = ({ status, gates }: BuildView): ExitCode =>
  status === 'stopped'
    ? EXIT.cancelled
    : isBuildEnd(status) && (status !== 'succeeded' || gates.some(({ passed }) => !passed))
      ? EXIT.failedRelease
      : EXIT.ok;

export async function followBuildLog(
  api: ApiClient,
  id: string,
  onLine: (line: BuildLogLine) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  for await (const { event, data } of readEvents(api, `${buildPath(id)}/logs`, signal))
    if (event === 'line') onLine(BuildLogLine.parse(data));
}

/** Each new sentence about it goes to `onChange`. */
async function followState(api: ApiClient, id: string, onChange: (build: BuildView) => void): Promise<void> {
  for await (const { event, data } of readEvents(api, `${buildPath(id)}/events`, new AbortController().signal))
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
    ...(withLog ? [followBuildLog(api, id, ({ text }) => terminal.note(text))] : []),
  ]);
  return api.get(buildPath(id), BuildView);
}
