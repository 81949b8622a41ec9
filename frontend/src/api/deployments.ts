/** Calls and queries about deployments. */
import type {
  CreateDeploymentInput,
  DeploymentState,
  DeploymentView,
  PodView,
} from '@aws-deployer/platform/contracts/deployments';
import type { EngineView } from '@aws-deployer/platform/contracts/applications';
import type { DiffView, PreflightView } from '@aws-deployer/platform/contracts/preflight';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { get, post, queryString } from './client.js';

const base = '/api/v1/deployments';
const at = (id: string) => `${base}/${encodeURIComponent(id)}`;

export const deploymentKey = (id: string) => ['deployments', 'one', id] as const;
export const podsKey = (id: string) => ['deployments', 'pods', id] as const;

export const deploymentQuery = (id: string) =>
  queryOptions({
    queryKey: deploymentKey(id),
    queryFn: ({ signal }) => get<DeploymentView>(at(id), signal),
  });

export const podsQuery = (id: string) =>
  queryOptions({
    queryKey: podsKey(id),
    queryFn: async ({ signal }) => podsOf(await get<PodsAnswer>(`${at(id)}/pods`, signal)),
  });
type PodsAnswer = { pods: PodView[] } | { items: PodView[] } | PodView[];
const podsOf = (answer: PodsAnswer): PodView[] => {
  if (Array.isArray(answer)) return answer;
  return 'pods' in answer ? answer.pods : answer.items;
};

export interface DeploymentFilter {
  readonly application?: string | undefined;
  readonly environment?: string | undefined;
  readonly state?: DeploymentState | undefined;
  readonly active?: boolean | undefined;
}

export const deploymentsQuery = (filter: DeploymentFilter, limit = 25) =>
  infiniteQueryOptions({
    queryKey: ['deployments', 'list', filter, limit],
    queryFn: ({ pageParam, signal }) =>
      get<Page<DeploymentView>>(`${base}${queryString({ ...filter, limit, cursor: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const enginesQuery = queryOptions({
  queryKey: ['engines'],
  queryFn: async ({ signal }) => {
    const answer = await get<EngineView[] | Page<EngineView>>(`${base}/engines`, signal);
    return Array.isArray(answer) ? answer : answer.items;
  },
  staleTime: 60_000,
});

export const createDeployment = (body: CreateDeploymentInput, idempotencyKey: string): Promise<DeploymentView> =>
  post<DeploymentView>(base, body, { idempotencyKey });
/** Changes nothing: no key is needed, and asking again is another look. */
export const askPreflight = (body: CreateDeploymentInput): Promise<PreflightView> =>
  post<PreflightView>(`${base}/preflight`, body, {});
/** `release`: part of the key only, for the answer is another one when the release is made. */
export const diffQuery = (id: string, against: 'recorded' | 'live', release: string | null) =>
  queryOptions({
    queryKey: ['deployments', 'diff', id, against, release],
    queryFn: ({ signal }) => get<DiffView>(`${at(id)}/diff${queryString({ against })}`, signal),
    staleTime: against === 'live' ? 0 : 10_000,
  });
export const deploySample = (idempotencyKey: string): Promise<DeploymentView> =>
  post<DeploymentView>(`${base}/sample`, {}, { idempotencyKey });
export const cancelDeployment = (id: string, idempotencyKey: string): Promise<DeploymentView> =>
  post<DeploymentView>(`${at(id)}/cancel`, {}, { idempotencyKey });
export const rollbackDeployment = (
  id: string,
  body: { readonly release_id?: string; readonly accept_bad_release?: boolean },
  idempotencyKey: string,
): Promise<DeploymentView> => post<DeploymentView>(`${at(id)}/rollback`, body, { idempotencyKey });

export const deploymentEventsPath = (id: string): string => `${at(id)}/events`;
export const deploymentLogsPath = (id: string): string => `${at(id)}/logs`;
