/** Calls and queries about applications, their releases and environments. */
import type {
  ApplicationView,
  EnvironmentView,
  ReleaseRetention,
  ReleaseView,
} from '@aws-deployer/platform/contracts/applications';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { get, patch, post, put, queryString, remove } from './client.js';

const base = '/api/v1/applications';

export const applicationsQuery = (q: string, limit = 24) =>
  infiniteQueryOptions({
    queryKey: ['applications', 'list', q, limit],
    queryFn: ({ pageParam, signal }) =>
      get<Page<ApplicationView>>(`${base}${queryString({ q, limit, cursor: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const applicationQuery = (name: string) =>
  queryOptions({
    queryKey: ['applications', 'one', name],
    queryFn: ({ signal }) => get<ApplicationView>(`${base}/${encodeURIComponent(name)}`, signal),
  });

export const releasesQuery = (name: string, environment?: string, limit = 25) =>
  infiniteQueryOptions({
    queryKey: ['applications', 'releases', name, environment ?? '', limit],
    queryFn: ({ pageParam, signal }) =>
      get<Page<ReleaseView>>(
        `${base}/${encodeURIComponent(name)}/releases${queryString({ environment, limit, cursor: pageParam })}`,
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

const markOf = ({ application, id }: Pick<ReleaseView, 'application' | 'id'>) =>
  `${base}/${encodeURIComponent(application)}/releases/${encodeURIComponent(id)}/bad`;
export const markReleaseBad = (release: ReleaseView, reason: string): Promise<ReleaseView> =>
  put<ReleaseView>(markOf(release), { reason });
export const unmarkReleaseBad = (release: ReleaseView): Promise<void> => remove(markOf(release));

export interface EnvironmentSettings {
  readonly monitor_seconds: number;
  readonly release_retention: ReleaseRetention;
}
export const createEnvironment = (
  body: EnvironmentSettings & { readonly name: string; readonly namespace?: string },
  idempotencyKey: string,
): Promise<EnvironmentView> => post<EnvironmentView>('/api/v1/environments', body, { idempotencyKey });
export const updateEnvironment = (name: string, body: EnvironmentSettings): Promise<EnvironmentView> =>
  patch<EnvironmentView>(`/api/v1/environments/${encodeURIComponent(name)}`, body);

export const environmentsQuery = queryOptions({
  queryKey: ['environments'],
  queryFn: async ({ signal }) => (await get<Page<EnvironmentView>>('/api/v1/environments?limit=200', signal)).items,
  staleTime: 60_000,
});

/** How an application was asked for last: its newest release, in the environment if one is given; null when it has none. */
export const applicationEarlierQuery = (name: string, environment: string | undefined) =>
  queryOptions({
    queryKey: ['applications', 'earlier', name, environment ?? ''],
    queryFn: async ({ signal }) => {
      const path = `${base}/${encodeURIComponent(name)}/releases${queryString({ environment, limit: 1 })}`;
      return (await get<Page<ReleaseView>>(path, signal)).items[0] ?? null;
    },
  });
