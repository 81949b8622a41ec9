/** A list that comes in pages, and what of it has come. */
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { infiniteQueryOptions, type InfiniteData } from '@tanstack/react-query';
import { get, queryString, type QueryValue } from './client.js';

export const pagesQuery = <T>(
  key: readonly unknown[],
  path: string,
  query: Readonly<Record<string, QueryValue>> = {},
  limit = 25,
) =>
  infiniteQueryOptions({
    queryKey: [...key, query, limit],
    queryFn: ({ pageParam, signal }) =>
      get<Page<T>>(`${path}${queryString({ ...query, limit, cursor: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });

export const itemsOf = <T>(data: InfiniteData<Page<T>, unknown> | undefined): T[] =>
  data?.pages.flatMap((page) => page.items) ?? [];
