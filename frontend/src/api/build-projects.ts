/** Calls and queries about build projects, buildspecs and their templates. */
import type {
  BuildProjectView,
  BuildspecProblem,
  CreateBuildProjectInput,
  CreatedBuildProjectView,
} from '@aws-deployer/platform/contracts/build-projects';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { queryOptions } from '@tanstack/react-query';
import { get, patch, post, queryString, remove } from './client.js';
import { pagesQuery } from './pages.js';

const base = '/api/v1/build-projects';
const at = (name: string) => `${base}/${encodeURIComponent(name)}`;

export interface ProjectFilter {
  readonly q?: string | undefined;
  readonly account?: string | undefined;
  readonly team?: string | undefined;
}
export const buildProjectsQuery = (filter: ProjectFilter, limit = 25) =>
  pagesQuery<BuildProjectView>(['build-projects', 'list'], base, { ...filter }, limit);

export const buildProjectKey = (name: string) => ['build-projects', 'one', name] as const;
export const buildProjectQuery = (name: string) =>
  queryOptions({
    queryKey: buildProjectKey(name),
    queryFn: ({ signal }) => get<BuildProjectView>(at(name), signal),
  });

/** What the form sends: the settings of a project, and for a new one its name and place. */
export type ProjectSettings = Omit<CreateBuildProjectInput, 'name' | 'account' | 'region'>;
export const createBuildProject = (
  body: CreateBuildProjectInput,
  idempotencyKey: string,
): Promise<CreatedBuildProjectView> => post<CreatedBuildProjectView>(base, body, { idempotencyKey });
export const updateBuildProject = ({
  name,
  change,
}: {
  name: string;
  change: Partial<ProjectSettings>;
}): Promise<CreatedBuildProjectView> => patch<CreatedBuildProjectView>(at(name), change);
export const cloneBuildProject = (
  { from, ...body }: { from: string; name: string; account?: string; region?: string },
  idempotencyKey: string,
): Promise<CreatedBuildProjectView> => post<CreatedBuildProjectView>(`${at(from)}/clone`, body, { idempotencyKey });
export const deleteBuildProject = (name: string): Promise<void> => remove(at(name));

export interface ImportableProject {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
  readonly known: boolean;
}
export const importableProjectsQuery = (account: string, region: string | undefined) =>
  queryOptions({
    queryKey: ['build-projects', 'importable', account, region ?? ''],
    queryFn: async ({ signal }) => {
      const path = `${base}/importable${queryString({ account, region })}`;
      const answer = await get<Page<ImportableProject> | ImportableProject[]>(path, signal);
      return Array.isArray(answer) ? answer : answer.items;
    },
  });
export interface ImportBody {
  readonly account: string;
  readonly region?: string;
  readonly names: string[];
  readonly team?: string;
}
export interface ImportResult {
  readonly imported: string[];
  readonly skipped: { readonly name: string; readonly reason: string }[];
  /** What AWS has of them and the platform has no word for: it stays there. */
  readonly lost: { readonly name: string; readonly parts: string[] }[];
}
export const importBuildProjects = (body: ImportBody, idempotencyKey: string): Promise<ImportResult> =>
  post<ImportResult>(`${base}/import`, body, { idempotencyKey });

export interface BuildspecTemplate {
  readonly template: 'node' | 'python' | 'java' | 'docker';
  readonly title: string;
  readonly description: string;
  readonly text: string;
}
export const buildspecTemplatesQuery = queryOptions({
  queryKey: ['build-projects', 'templates'],
  queryFn: async ({ signal }) => {
    const answer = await get<{ items: BuildspecTemplate[] } | BuildspecTemplate[]>(`${base}/templates`, signal);
    return Array.isArray(answer) ? answer : answer.items;
  },
  staleTime: Infinity,
});
export interface BuildspecCheck {
  readonly valid: boolean;
  readonly problems: BuildspecProblem[];
  readonly warnings: BuildspecProblem[];
}
/** Says where a buildspec is wrong; keeps nothing. */
export const buildspecCheckQuery = (text: string) =>
  queryOptions({
    queryKey: ['build-projects', 'check', text],
    queryFn: () => post<BuildspecCheck>(`${base}/check-buildspec`, { text }),
    enabled: text.trim() !== '',
    staleTime: Infinity,
    gcTime: 10_000,
  });
