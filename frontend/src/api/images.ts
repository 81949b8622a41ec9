/** Calls and queries about images in ECR: repositories, their images, scans, and the rules of their removal. */
import type { ImageRepositoryView, ImageView as ImageOnWire } from '@aws-deployer/platform/contracts/images';
import { queryOptions } from '@tanstack/react-query';
import { get, post, put, queryString, remove } from './client.js';
import { pagesQuery } from './pages.js';

const base = '/api/v1/images';

/** `in_use` is null where nobody could say what runs. */
export type ImageView = Omit<ImageOnWire, 'in_use'> & { readonly in_use: readonly string[] | null };
/** Where images are: absent parts are those of the default account. */
export interface ImagePlace {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}
export interface RepositoryPlace extends ImagePlace {
  readonly repository: string;
}

export const repositoriesQuery = (filter: ImagePlace & { readonly q?: string | undefined }) =>
  pagesQuery<ImageRepositoryView>(['images', 'repositories'], `${base}/repositories`, { ...filter }, 50);
export const repositoryQuery = (place: RepositoryPlace) =>
  queryOptions({
    queryKey: ['images', 'repository', place],
    queryFn: ({ signal }) => get<ImageRepositoryView>(`${base}/repository${queryString({ ...place })}`, signal),
  });
export interface NewRepository {
  readonly name: string;
  readonly account?: string;
  readonly region?: string;
  readonly scan_on_push: boolean;
  readonly immutable_tags: boolean;
}
export const createRepository = (body: NewRepository, idempotencyKey: string): Promise<ImageRepositoryView> =>
  post<ImageRepositoryView>(`${base}/repositories`, body, { idempotencyKey });
export const deleteRepository = (place: RepositoryPlace): Promise<void> =>
  remove(`${base}/repository${queryString({ ...place, force: true })}`);

export const imagesQuery = (place: RepositoryPlace, tagged: boolean | undefined) =>
  pagesQuery<ImageView>(['images', 'list'], base, { ...place, tagged }, 50);
export interface DeletedImages {
  readonly deleted: string[];
  readonly kept: { readonly digest: string; readonly reason: string }[];
}
export const deleteImages = (
  body: RepositoryPlace & { readonly digests: string[] },
  idempotencyKey: string,
): Promise<DeletedImages> => post<DeletedImages>(`${base}/delete`, body, { idempotencyKey });

export interface ScanFinding {
  readonly name: string;
  readonly severity: string;
  readonly package: string | null;
  readonly description: string | null;
  readonly uri: string | null;
}
export interface Findings {
  readonly status: string | null;
  readonly description: string | null;
  readonly completed_at: string | null;
  readonly by_severity: Record<string, number>;
  readonly findings: ScanFinding[];
}
export const findingsQuery = (place: RepositoryPlace, digest: string) =>
  queryOptions({
    queryKey: ['images', 'findings', place, digest],
    queryFn: ({ signal }) => get<Findings>(`${base}/findings${queryString({ ...place, digest })}`, signal),
  });
export const scanImage = (
  body: RepositoryPlace & { readonly digest: string },
  idempotencyKey: string,
): Promise<unknown> => post<unknown>(`${base}/scan`, body, { idempotencyKey });

export interface LifecycleRule {
  readonly description: string;
  readonly tags: 'tagged' | 'untagged' | 'any';
  readonly tag_prefixes: string[];
  readonly keep_last?: number;
  readonly older_than_days?: number;
}
export interface LifecyclePolicy {
  readonly rules: LifecycleRule[];
  readonly other_rules?: string[];
  readonly text: string | null;
}
export const lifecycleQuery = (place: RepositoryPlace) =>
  queryOptions({
    queryKey: ['images', 'lifecycle', place],
    queryFn: ({ signal }) => get<LifecyclePolicy>(`${base}/lifecycle${queryString({ ...place })}`, signal),
  });
export const putLifecycle = (
  body: RepositoryPlace & { readonly rules: readonly LifecycleRule[] },
): Promise<LifecyclePolicy> => put<LifecyclePolicy>(`${base}/lifecycle`, body);
