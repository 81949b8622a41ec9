/**
 * A deployment and its pods, kept up to date by its event stream: the query cache is the state. Events patch it at once;
 * a change of state also reads the whole view again, for what events do not carry (image, url, rollout numbers).
 */
import type { DeploymentView, PodView } from '@aws-deployer/platform/contracts/deployments';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { deploymentEventsPath, deploymentKey, deploymentQuery, podsKey, podsQuery } from '../api/deployments.js';
import type { LiveStatus } from '../live/live-connection.js';
import { useLive } from '../live/use-live.js';
import { applyChange, readChange } from './live-deployment.js';
import { isEnded } from './states.js';

export interface LiveDeployment {
  readonly deployment: DeploymentView | undefined;
  readonly pods: PodView[] | undefined;
  readonly problem: Error | null;
  readonly status: LiveStatus | null;
  readonly retry: () => void;
}

export function useLiveDeployment(id: string): LiveDeployment {
  const client = useQueryClient();
  // The rollout's numbers move between states; while it runs they are read every few seconds.
  const view = useQuery({
    ...deploymentQuery(id),
    refetchInterval: ({ state }) => (state.data && isEnded(state.data.state) ? false : 4000),
  });
  const pods = useQuery({
    ...podsQuery(id),
    enabled: view.data !== undefined,
    // After the end nothing streams any more, but pods still come and go.
    refetchInterval: view.data && isEnded(view.data.state) ? 15_000 : false,
  });
  const status = useLive(view.data ? deploymentEventsPath(id) : null, ({ event, data }) => {
    if (event === 'end') {
      void client.invalidateQueries({ queryKey: ['deployments'] });
      void client.invalidateQueries({ queryKey: ['applications'] });
      return;
    }
    const change = readChange(event, data);
    if (!change) return;
    if (change.event === 'pods') {
      client.setQueryData<PodView[]>(podsKey(id), change.data);
      return;
    }
    client.setQueryData<DeploymentView>(deploymentKey(id), (before) => before && applyChange(before, change));
    if (change.event === 'state') void client.invalidateQueries({ queryKey: deploymentKey(id) });
  });
  return {
    deployment: view.data,
    pods: pods.data,
    problem: view.error,
    status,
    retry: () => void view.refetch(),
  };
}
