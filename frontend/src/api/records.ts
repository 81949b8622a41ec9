/** The books: activity (monitor-service), the audit chain (history-service), and the health of the services. */
import type { ActivityItem, ServiceView } from '@aws-deployer/platform/contracts/activity';
import type { AuditItem, VerifyView } from '@aws-deployer/platform/contracts/history';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { get, queryString } from './client.js';

export interface RecordFilter {
  readonly q?: string | undefined;
  readonly user_id?: string | undefined;
  readonly service?: string | undefined;
  readonly action_type?: string | undefined;
  readonly outcome?: string | undefined;
  readonly target?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export const activityKey = (filter: RecordFilter) => ['activity', filter] as const;
export const activityQuery = (filter: RecordFilter) =>
  infiniteQueryOptions({
    queryKey: activityKey(filter),
    queryFn: ({ pageParam, signal }) =>
      get<Page<ActivityItem>>(`/api/v1/activity${queryString({ ...filter, limit: 50, cursor: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
export const activityStreamPath = '/api/v1/activity/stream';

export const auditQuery = (filter: RecordFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      get<Page<AuditItem>>(`/api/v1/history${queryString({ ...filter, limit: 50, cursor: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
export const verifyChain = (): Promise<VerifyView> => get<VerifyView>('/api/v1/history/verify');

export const servicesQuery = queryOptions({
  queryKey: ['services'],
  queryFn: async ({ signal }) => {
    const answer = await get<ServiceView[] | { items: ServiceView[] }>('/api/v1/services', signal);
    return Array.isArray(answer) ? answer : answer.items;
  },
  refetchInterval: 10_000,
});
