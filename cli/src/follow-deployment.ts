/** Follows one deployment to its end, across broken connections and restarts of the platform. */
import {
  DeploymentView,
  isEnd,
  type DeploymentEvents,
  type DeploymentState,
} from '@aws-deployer/platform/contracts/deployments';
import type { ApiClient } from './api-client.js';
import { stateInColour } from './deployment-output.js';
import { readEvents } from './event-reader.js';
import { readLog } from './read-log.js';
import type { Terminal } from './terminal.js';

export const pathOf = (id: string): string => `/api/v1/deployments/${encodeURIComponent(id)}`;

export interface FollowOptions {
  /** Called with each state as it is reached. */
  readonly onState?: (state: DeploymentState, reason: string) => void;
  /** Called with each line of the build and the rollout. Absent: the log is not read. */
  readonly onLine?: (line: { readonly text: string }) => void;
}

/** Resolves with the deployment as it ended. */
export async function followDeployment(api: ApiClient, id: string, options: FollowOptions): Promise<DeploymentView> {
  const ended = new AbortController();
  const log = options.onLine === undefined ? undefined : readLog(api, pathOf(id), options.onLine, ended.signal);
  log?.catch(() => undefined); // reported below; the states may fail first
  try {
    for await (const { event, data } of readEvents(api, `${pathOf(id)}/events`, ended.signal)) {
      if (event !== 'state') continue;
      const { state, reason } = data as DeploymentEvents['state'];
      options.onState?.(state, reason);
      if (isEnd(state)) break;
    }
    await log; // its own `end` comes when the last line has been sent
  } finally {
    ended.abort();
  }
  return api.get(pathOf(id), DeploymentView);
}

/** Prints states and log lines as they come, on standard error: standard output keeps the answer. */
export const progressOn = (terminal: Terminal, withLog: boolean): FollowOptions => ({
  onState: (state, reason) => terminal.note(`${stateInColour(terminal, state).padEnd(14)} ${reason}`),
  ...(withLog ? { onLine: ({ text }) => terminal.note(terminal.style('dim', `  | ${text}`, 'stderr')) } : {}),
});
