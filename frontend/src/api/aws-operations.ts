/** Calls and queries about AWS operations: the catalogue, one run with its confirmation, and questions in words. */
import type {
  AskView,
  AwsOperationView,
  AwsResultView,
  ConfirmationNeededView,
  ConfirmView,
} from '@aws-deployer/platform/contracts/aws-operations';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { queryOptions } from '@tanstack/react-query';
import { get, post } from './client.js';
import { given } from '../ui/filters.js';

const base = '/api/v1/aws/operations';

/** The whole catalogue: it is short, and searched while typing. */
export const awsOperationsQuery = queryOptions({
  queryKey: ['aws-operations'],
  queryFn: async ({ signal }) => (await get<Page<AwsOperationView>>(`${base}?limit=500`, signal)).items,
  staleTime: Infinity,
});

export interface AwsPlace {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}
export interface AwsRun extends AwsPlace {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly cursor?: string;
  /** The token of the answer that asked for a confirmation. */
  readonly confirm?: string;
}
export type AwsRunAnswer = AwsResultView | ConfirmationNeededView;
/** An answer may hold a secret: nothing of it is kept beyond the page, and no key makes the server keep it. */
export const runAwsOperation = ({ operation, ...body }: AwsRun): Promise<AwsRunAnswer> =>
  post<AwsRunAnswer>(`${base}/${encodeURIComponent(operation)}/run`, given(body));
export const needsConfirmation = (answer: AwsRunAnswer): answer is ConfirmationNeededView =>
  'confirmation_needed' in answer;

export const ask = ({ query, ...place }: AwsPlace & { readonly query: string }): Promise<AskView> =>
  post<AskView>('/api/ask', { query, ...given(place) });
export const confirmAsked = (body: { readonly query: string; readonly decision: boolean }): Promise<ConfirmView> =>
  post<ConfirmView>('/api/confirm', body);
