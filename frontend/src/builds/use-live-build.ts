/**
 * A build kept up to date by its event stream: the query cache is the state. Each event is the whole build, so one that
 * is missed or comes twice does no harm; an end is never left.
 */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { buildEventsPath, buildKey, buildQuery } from '../api/builds.js';
import type { LiveStatus } from '../live/live-connection.js';
import { parseObject } from '../live/parse-object.js';
import { useLive } from '../live/use-live.js';
import { isBuildEnded } from './statuses.js';

export interface LiveBuild {
  readonly build: BuildView | undefined;
  readonly problem: Error | null;
  readonly status: LiveStatus | null;
  readonly retry: () => void;
}

export function useLiveBuild(id: string): LiveBuild {
  const client = useQueryClient();
  const query = useQuery({
    ...buildQuery(id),
    // The place in the queue moves with other builds, which the stream of this one does not tell.
    refetchInterval: ({ state }) => (state.data && isBuildEnded(state.data.status) ? false : 4_000),
  });
  const status = useLive(query.data ? buildEventsPath(id) : null, ({ event, data }) => {
    if (event === 'end') {
      void client.invalidateQueries({ queryKey: ['builds'] });
      void client.invalidateQueries({ queryKey: ['build-projects'] });
      return;
    }
    const next = event === 'build' ? (parseObject(data) as BuildView | null) : null;
    if (!next?.status) return;
    client.setQueryData<BuildView>(buildKey(id), (before) =>
      before && isBuildEnded(before.status) && !isBuildEnded(next.status) ? before : next,
    );
  });
  return { build: query.data, problem: query.error, status, retry: () => void query.refetch() };
}
