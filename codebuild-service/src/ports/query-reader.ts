/** Reads a request in words: which operation of a closed list is meant, with which parameters. It only proposes. */
export interface ReadQuery {
  /** null: none of them is meant. */
  readonly operation: string | null;
  /** As it said them: unchecked. */
  readonly parameters: Readonly<Record<string, unknown>>;
}
/** An operation as the reader is told of it. */
export interface ReadableOperation {
  readonly name: string;
  readonly title: string;
  /** JSON Schema. */
  readonly parameters: unknown;
}
export interface QueryReader {
  /** Throws AppError when it cannot be asked, does not answer in time, or answers something else. */
  read(query: string, operations: readonly ReadableOperation[], signal: AbortSignal): Promise<ReadQuery>;
}
