/** Calls and queries about cloud accounts: named ways into AWS, whose keys go in and never come out. */
import type {
  AccountCheckView,
  CloudAccountView,
  CreateCloudAccountBody,
  UpdateCloudAccountBody,
} from '@aws-deployer/platform/contracts/cloud-accounts';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { queryOptions, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { get, patch, post, remove } from './client.js';
import { may, meQuery } from './session.js';

const base = '/api/v1/cloud-accounts';
const at = (id: string) => `${base}/${encodeURIComponent(id)}`;

export const cloudAccountsQuery = queryOptions({
  queryKey: ['cloud-accounts'],
  queryFn: async ({ signal }) => (await get<Page<CloudAccountView>>(`${base}?limit=200`, signal)).items,
  staleTime: 30_000,
});

/** The accounts, for those who may see them; to others there is only the default one, unnamed. */
export function useCloudAccounts(): UseQueryResult<CloudAccountView[]> {
  const me = useQuery(meQuery);
  return useQuery({ ...cloudAccountsQuery, enabled: may(me.data, 'aws:read') });
}

export type NewCloudAccount = (typeof CreateCloudAccountBody)['_zod']['input'];
export type CloudCredential = NewCloudAccount['credential'];
export type CloudAccountChange = (typeof UpdateCloudAccountBody)['_zod']['input'];

export const createCloudAccount = (body: NewCloudAccount, idempotencyKey: string): Promise<CloudAccountView> =>
  post<CloudAccountView>(base, body, { idempotencyKey });
export const updateCloudAccount = ({
  id,
  change,
}: {
  id: string;
  change: CloudAccountChange;
}): Promise<CloudAccountView> => patch<CloudAccountView>(at(id), change);
export const deleteCloudAccount = (id: string): Promise<void> => remove(at(id));
/** Asks AWS who this is and what it may; changes nothing there. */
export const checkCloudAccount = (id: string): Promise<AccountCheckView> =>
  post<AccountCheckView>(`${at(id)}/check`, {});
