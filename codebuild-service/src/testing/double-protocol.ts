/** What the parts of the stand-in for AWS share: operations by name, refusals in the form that the SDK reads, names and pages. */
export type Operations = Readonly<
  Record<string, (input: Record<string, unknown>) => Record<string, unknown> | Promise<Record<string, unknown>>>
>;

/** Answered as `{"__type": …, "message": …}`. */
export class DoubleRefusal extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

export type Json = Record<string, unknown>;
export interface DoublePlace {
  readonly accountId: string;
  readonly region: string;
}
export const NAMES_A_LOOK = 100;
const PAGE = 100;

export const now = (): number => Date.now() / 1000;
export const arnOf = ({ region, accountId }: DoublePlace, kind: string, name: string): string =>
  `arn:aws:codebuild:${region}:${accountId}:${kind}/${name}`;
export const invalid = (message: string) => new DoubleRefusal('InvalidInputException', message);
export const notFound = (message: string) => new DoubleRefusal('ResourceNotFoundException', message);
export function text(input: Json, key: string): string {
  const value = input[key];
  if (typeof value !== 'string' || value === '') throw invalid(`${key} is required`);
  return value;
}
/** The token is where the next page begins. */
export function page(items: readonly unknown[], input: Json, as: string): Json {
  const size = typeof input['maxResults'] === 'number' ? input['maxResults'] : PAGE;
  const from = Number(input['nextToken'] ?? 0);
  const more = from + size < items.length;
  return { [as]: items.slice(from, from + size), ...(more ? { nextToken: String(from + size) } : {}) };
}
