/** Calls and queries about cloud accounts. */
import type { CloudAccountView } from '@aws-deployer/platform/contracts/cloud-accounts';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { queryOptions } from '@tanstack/react-query';
import { get } from './client.js';

const base = '/api/v1/cloud-accounts';

export const cloudAccountsQuery = queryOptions({
  queryKey: ['cloud-accounts'],
  queryFn: async ({ signal }) => {
    const answer = await get<Page<CloudAccountView> | CloudAccountView[]>(`${base}?limit=200`, signal);
    return Array.isArray(answer) ? answer : answer.items;
  },
  staleTime: 30_000,
});
