/**
 * How an operation is carried out: its declaration, and the calls that fill its columns. The declaration gives the
 * parameters and the rows their types, so that a column that nothing fills does not compile.
 */
import type { z } from 'zod';
import type { Operation } from '../../aws-operations/operation.js';
import type { AwsClients, AwsService } from '../aws/aws-caller.js';

/** What a call is made with. */
export interface AwsCall {
  readonly region: string;
  /** AWS's token of the page that is wanted. */
  readonly token: string | undefined;
  /** As many rows as are wanted, within what the API allows. */
  pageSize(least: number, most: number): number;
  /** `region`: in place of the one of the call. */
  send<Service extends AwsService, Output>(
    service: Service,
    work: (client: AwsClients[Service], options: { abortSignal: AbortSignal }) => Promise<Output>,
    region?: string,
  ): Promise<Output>;
}
export interface Found<Column extends string> {
  readonly rows: readonly Readonly<Record<Column, unknown>>[];
  readonly next?: string | undefined;
  /** The answer that it comes from: it has the request id. */
  readonly from: { readonly $metadata: { readonly requestId?: string | undefined } };
}
export interface CarriedOut {
  readonly operation: string;
  /** Doing it twice is not doing it once: it is not repeated where AWS may have done it already. */
  readonly once: boolean;
  readonly run: (call: AwsCall, parameters: Readonly<Record<string, unknown>>) => Promise<Found<string>>;
}
export const carriedOut = <Parameters extends z.ZodObject, Column extends string>(
  operation: Operation<Parameters, Column>,
  run: (call: AwsCall, parameters: z.output<Parameters>) => Promise<Found<Column>>,
  { once = false }: { readonly once?: boolean } = {},
): CarriedOut => ({
  operation: operation.name,
  once,
  run: (call, parameters) => run(call, parameters as z.output<Parameters>), // parsed by this schema before it comes here
});

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}
export const nameOf = (tags: readonly Tag[] | undefined): string | null =>
  tags?.find(({ Key }) => Key === 'Name')?.Value ?? null;

interface TagFilter {
  readonly tag_key?: string | undefined;
  readonly tag_value?: string | undefined;
}
/** Filters in EC2's words; those without a value are left out, and none at all is undefined. */
export function filters(
  wanted: Readonly<Record<string, string | undefined>>,
  { tag_key, tag_value }: TagFilter = {},
): { Name: string; Values: string[] }[] | undefined {
  const named = Object.entries(wanted).flatMap(([Name, value]) =>
    value === undefined ? [] : [{ Name, Values: [value] }],
  );
  if (tag_key !== undefined)
    named.push(
      tag_value === undefined
        ? { Name: 'tag-key', Values: [tag_key] }
        : { Name: `tag:${tag_key}`, Values: [tag_value] },
    );
  return named.length === 0 ? undefined : named;
}
/** An instant that AWS gives in milliseconds since 1970. */
export const instantOf = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms));
