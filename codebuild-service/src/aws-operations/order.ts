/** One operation, decided: with whose eyes, where, with which parameters. What a confirmation or a page is bound to. */
import { createHash } from 'node:crypto';
import type { AwsSession } from '../ports/aws-session.js';
import { consoleUrl } from './console-link.js';
import type { Operation } from './operation.js';

export interface Order {
  readonly operation: Operation;
  /** Parsed by the operation's schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly session: AwsSession;
}

/** The same order has the same text, in whatever order its parameters came. Of keys that came with the request it has the id. */
export const textOf = ({ operation, parameters, session: { account, region, credential } }: Order): string =>
  JSON.stringify([
    operation.name,
    account,
    account === null && credential.type === 'keys' ? credential.accessKeyId : null,
    region,
    sorted(parameters),
  ]);
export const hashOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/** What would be done, where and in which account: the sentence that a person says yes to. */
export function sentenceOf({ operation, parameters, session: { account, region } }: Order): string {
  const what = operation.summary?.(parameters) ?? operation.title;
  return `${what}, in ${region} ${account === null ? 'with the keys of this request' : `of the account ${account}`}`;
}
export const consoleUrlOf = ({ operation, parameters, session: { region } }: Order): string =>
  consoleUrl(region, operation.console({ region, parameters }));

/** The first thing that the operation must be told of: what its action is about. */
export function targetOf({ operation, parameters }: Order): string {
  const first = Object.keys(operation.parameters.shape).find((name) => parameters[name] !== undefined);
  const value = first === undefined ? undefined : parameters[first];
  return Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : operation.name;
}
/** What the books keep of it: contents by their size alone. */
export const recordOf = ({ operation, parameters, session: { account, region } }: Order): Record<string, unknown> => ({
  account: account ?? 'keys of the request',
  region,
  parameters: Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      operation.unrecorded?.includes(name) === true ? `[${JSON.stringify(value).length} characters]` : value,
    ]),
  ),
});
