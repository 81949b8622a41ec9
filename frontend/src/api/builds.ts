/** Calls and queries about builds: the list, one and its parts, the queue, usage, two side by side. */
import type {
  BuildArtifactView,
  BuildComparison,
  BuildQueueView,
  BuildReportView,
  BuildStatus,
  BuildUsageView,
  BuildView,
  StartBuildBody,
} from '@aws-deployer/platform/contracts/builds';
import { queryOptions } from '@tanstack/react-query';
import { get, post, put, queryString } from './client.js';
import { pagesQuery } from './pages.js';

const base = '/api/v1/builds';
const at = (id: string) => `${base}/${encodeURIComponent(id)}`;

export interface BuildFilter {
  readonly project?: string | undefined;
  readonly status?: BuildStatus | undefined;
  readonly team?: string | undefined;
  readonly batch?: string | undefined;
  readonly active?: boolean | undefined;
}
export const buildsQuery = (filter: BuildFilter, limit = 25) =>
  pagesQuery<BuildView>(['builds', 'list'], base, { ...filter }, limit);

export const buildKey = (id: string) => ['builds', 'one', id] as const;
export const buildQuery = (id: string) =>
  queryOptions({ queryKey: buildKey(id), queryFn: ({ signal }) => get<BuildView>(at(id), signal) });

/** Short lists that come whole, with or without a page around them. */
const wholeList = async <T>(path: string, signal: AbortSignal): Promise<T[]> => {
  const answer = await get<T[] | { items: T[] }>(path, signal);
  return Array.isArray(answer) ? answer : answer.items;
};
export const buildReportsQuery = (id: string) =>
  queryOptions({
    queryKey: ['builds', 'reports', id],
    queryFn: ({ signal }) => wholeList<BuildReportView>(`${at(id)}/reports`, signal),
  });
export const buildArtifactsQuery = (id: string) =>
  queryOptions({
    queryKey: ['builds', 'artifacts', id],
    queryFn: ({ signal }) => wholeList<BuildArtifactView>(`${at(id)}/artifacts`, signal),
  });

export const buildEventsPath = (id: string): string => `${at(id)}/events`;
export const buildLogsPath = (id: string): string => `${at(id)}/logs`;
export const buildWholeLogPath = (id: string): string => `${at(id)}/log`;

/** Every key may be left out: what is absent is as the project says. */
export type StartBuild = Partial<StartBuildBody>;
export const startBuild = (
  { project, body }: { project: string; body: StartBuild },
  idempotencyKey: string,
): Promise<BuildView> =>
  post<BuildView>(`/api/v1/build-projects/${encodeURIComponent(project)}/builds`, body, { idempotencyKey });
export interface StartedBuilds {
  readonly batch_id: string;
  readonly items: { readonly id: string; readonly project: string; readonly number: number }[];
}
/** Every build that the `batch` part of the project's buildspec names. */
export const startBatch = (
  { project, body }: { project: string; body: StartBuild },
  idempotencyKey: string,
): Promise<StartedBuilds> =>
  post<StartedBuilds>(`/api/v1/build-projects/${encodeURIComponent(project)}/batches`, body, { idempotencyKey });
export const stopBuild = (id: string, idempotencyKey: string): Promise<BuildView> =>
  post<BuildView>(`${at(id)}/stop`, {}, { idempotencyKey });
export const retryBuild = (id: string, idempotencyKey: string): Promise<BuildView> =>
  post<BuildView>(`${at(id)}/retry`, {}, { idempotencyKey });

export const buildQueueQuery = queryOptions({
  queryKey: ['builds', 'queue'],
  queryFn: ({ signal }) => get<BuildQueueView>(`${base}/queue`, signal),
});
export interface TeamWeightView {
  readonly team: string;
  readonly weight: number;
}
const weights = '/api/v1/builds/queue/teams';
export const teamWeightsQuery = queryOptions({
  queryKey: ['builds', 'weights'],
  queryFn: ({ signal }) => wholeList<TeamWeightView>(weights, signal),
});
export const putTeamWeight = ({ team, weight }: TeamWeightView): Promise<unknown> =>
  put<unknown>(`${weights}/${encodeURIComponent(team)}`, { weight });

export const buildUsageQuery = (from: string | undefined) =>
  queryOptions({
    queryKey: ['builds', 'usage', from ?? ''],
    queryFn: ({ signal }) => get<BuildUsageView>(`${base}/usage${queryString({ from })}`, signal),
  });
export const buildComparisonQuery = (a: string, b: string) =>
  queryOptions({
    queryKey: ['builds', 'compare', a, b],
    queryFn: ({ signal }) => get<BuildComparison>(`${base}/compare${queryString({ a, b })}`, signal),
  });
