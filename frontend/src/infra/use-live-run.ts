/**
 * A run kept up to date by its event stream: the query cache is the state, each change of status reads the whole view again,
 * and what becomes of each resource is gathered from the events, which a stream that comes back goes on with.
 */
import type { InfraRunEvents, InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { infraRunEventsPath, infraRunKey, infraRunQuery } from '../api/infra.js';
import type { LiveStatus } from '../live/live-connection.js';
import { parseObject } from '../live/parse-object.js';
import { useLive } from '../live/use-live.js';
import { NO_PROGRESS, withEvent, type Progress } from './run-progress.js';
import { isRunEnded } from './statuses.js';

export interface LiveRun {
  readonly run: InfraRunView | undefined;
  readonly progress: Progress;
  readonly outputs: InfraRunEvents['outputs']['outputs'];
  readonly problem: Error | null;
  readonly status: LiveStatus | null;
  readonly retry: () => void;
}

/** Mount it anew for another id: progress is gathered for one. */
export function useLiveRun(id: string): LiveRun {
  const client = useQueryClient();
  const [progress, setProgress] = useState(NO_PROGRESS);
  const [outputs, setOutputs] = useState<LiveRun['outputs']>([]);
  const query = useQuery({
    ...infraRunQuery(id),
    refetchInterval: ({ state: { data } }) =>
      data === undefined || !isRunEnded(data.status)
        ? 4_000
        : // A plan may be taken, or grow stale, by what others do.
          data.applicable
          ? 10_000
          : false,
  });
  const status = useLive(query.data ? infraRunEventsPath(id) : null, ({ event, data }) => {
    const body = parseObject(data);
    if (event === 'end') {
      void client.invalidateQueries({ queryKey: ['infra'] });
      return;
    }
    if (body === null) return;
    if (event === 'resource') setProgress((before) => withEvent(before, body as unknown as InfraRunEvents['resource']));
    if (event === 'outputs') setOutputs((body as unknown as InfraRunEvents['outputs']).outputs);
    // The view holds what the sweep has done so far.
    if (event === 'sweep') void client.invalidateQueries({ queryKey: infraRunKey(id) });
    if (event !== 'state') return;
    const { status: next, phase, reason } = body as unknown as InfraRunEvents['state'];
    client.setQueryData<InfraRunView>(infraRunKey(id), (before) =>
      before === undefined || isRunEnded(before.status)
        ? before
        : { ...before, status: next, phase, reason: reason === '' ? before.reason : reason },
    );
    if (isRunEnded(next)) void client.invalidateQueries({ queryKey: infraRunKey(id) });
  });
  return { run: query.data, progress, outputs, problem: query.error, status, retry: () => void query.refetch() };
}
