/** Calls and queries about infrastructure: environments, their modules, checks, runs, versions, lock. */
import type {
  CostView,
  CreateInfraEnvironmentBody,
  InfraEnvironmentView,
  InfraModulesView,
  InfraRunView,
  InfraVersionView,
  PrerequisitesView,
  RunKind,
  RunStatus,
  StartRunBody,
  StateLockView,
  UpdateInfraEnvironmentBody,
} from '@aws-deployer/platform/contracts/infra';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { queryOptions } from '@tanstack/react-query';
import { get, patch, post, remove } from './client.js';
import { pagesQuery } from './pages.js';

const base = '/api/v1/infra';
const environmentAt = (name: string) => `${base}/environments/${encodeURIComponent(name)}`;
const runAt = (id: string) => `${base}/runs/${encodeURIComponent(id)}`;

export type NewInfraEnvironment = (typeof CreateInfraEnvironmentBody)['_zod']['input'];
export type InfraEnvironmentChange = (typeof UpdateInfraEnvironmentBody)['_zod']['input'];
type Prerequisites = (typeof PrerequisitesView)['_zod']['output'];
export type PrerequisiteCheck = Prerequisites['checks'][number];

export const infraModulesQuery = queryOptions({
  queryKey: ['infra', 'modules'],
  queryFn: async ({ signal }) => (await get<InfraModulesView>(`${base}/modules`, signal)).items,
  staleTime: 30_000,
});

export const infraEnvironmentsQuery = (limit = 50) =>
  pagesQuery<InfraEnvironmentView>(['infra', 'environments'], `${base}/environments`, {}, limit);
export const infraEnvironmentKey = (name: string) => ['infra', 'environment', name] as const;
export const infraEnvironmentQuery = (name: string) =>
  queryOptions({
    queryKey: infraEnvironmentKey(name),
    queryFn: ({ signal }) => get<InfraEnvironmentView>(environmentAt(name), signal),
  });

export const createInfraEnvironment = (
  body: NewInfraEnvironment,
  idempotencyKey: string,
): Promise<InfraEnvironmentView> => post<InfraEnvironmentView>(`${base}/environments`, body, { idempotencyKey });
export const updateInfraEnvironment = ({
  name,
  change,
}: {
  name: string;
  change: InfraEnvironmentChange;
}): Promise<InfraEnvironmentView> => patch<InfraEnvironmentView>(environmentAt(name), change);
export const deleteInfraEnvironment = (name: string): Promise<void> => remove(environmentAt(name));

/** Asks the program, the registry of providers and the cloud: it may take some seconds. */
export const prerequisitesQuery = (name: string) =>
  queryOptions({
    queryKey: ['infra', 'prerequisites', name],
    queryFn: ({ signal }) => get<Prerequisites>(`${environmentAt(name)}/prerequisites`, signal),
    staleTime: 60_000,
  });

export interface RunFilter {
  readonly environment?: string | undefined;
  readonly kind?: RunKind | undefined;
  readonly status?: RunStatus | undefined;
}
export const infraRunsQuery = (filter: RunFilter, limit = 20) =>
  pagesQuery<InfraRunView>(['infra', 'runs'], `${base}/runs`, { ...filter }, limit);
export const infraRunKey = (id: string) => ['infra', 'run', id] as const;
export const infraRunQuery = (id: string) =>
  queryOptions({ queryKey: infraRunKey(id), queryFn: ({ signal }) => get<InfraRunView>(runAt(id), signal) });
export const infraRunEventsPath = (id: string): string => `${runAt(id)}/events`;
export const infraRunLogPath = (id: string): string => `${runAt(id)}/log`;

export type StartInfraRun = (typeof StartRunBody)['_zod']['input'];
export const startInfraRun = (
  { environment, body }: { environment: string; body: StartInfraRun },
  idempotencyKey: string,
): Promise<InfraRunView> => post<InfraRunView>(`${environmentAt(environment)}/runs`, body, { idempotencyKey });
/** Approves exactly the plan that was read: the server refuses any other hash. */
export const applyInfraPlan = (
  { plan, hash }: { plan: string; hash: string },
  idempotencyKey: string,
): Promise<InfraRunView> =>
  post<InfraRunView>(`${base}/plans/${encodeURIComponent(plan)}/apply`, { plan_hash: hash }, { idempotencyKey });
export const cancelInfraRun = (id: string): Promise<InfraRunView> => post<InfraRunView>(`${runAt(id)}/cancel`, {});
export const resumeInfraRun = (id: string, idempotencyKey: string): Promise<InfraRunView> =>
  post<InfraRunView>(`${runAt(id)}/resume`, {}, { idempotencyKey });

export const infraVersionsQuery = (name: string, limit = 20) =>
  pagesQuery<InfraVersionView>(['infra', 'versions', name], `${environmentAt(name)}/versions`, {}, limit);

/** What the version that is applied costs a month, by the plan that made it; null: not known. It never changes. */
export const monthlyCostQuery = ({ name, current_version: version }: InfraEnvironmentView) =>
  queryOptions({
    queryKey: ['infra-cost', name, version],
    queryFn: async ({ signal }): Promise<CostView | null> => {
      const { items } = await get<Page<InfraVersionView>>(`${environmentAt(name)}/versions?limit=1`, signal);
      const [last] = items;
      if (last === undefined || last.number !== version) return null;
      const { plan_run: plan } = await get<InfraRunView>(runAt(last.run_id), signal);
      return plan === null ? null : (await get<InfraRunView>(runAt(plan), signal)).cost;
    },
    enabled: version !== null,
    staleTime: Infinity,
  });

export const infraLockKey = (name: string) => ['infra', 'lock', name] as const;
export const infraLockQuery = (name: string) =>
  queryOptions({
    queryKey: infraLockKey(name),
    queryFn: async ({ signal }) =>
      (await get<{ lock: StateLockView | null }>(`${environmentAt(name)}/lock`, signal)).lock,
  });
export const breakInfraLock = ({
  environment,
  lock,
  force,
}: {
  environment: string;
  lock: string;
  force: boolean;
}): Promise<void> => post<void>(`${environmentAt(environment)}/unlock`, { lock_id: lock, force });
