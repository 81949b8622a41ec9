/** Carries an operation of the catalogue out. Which ones there are, and that the parameters are right, is settled before. */
import type { AwsSession } from './aws-session.js';

export type OperationRow = Readonly<Record<string, unknown>>;
export interface OperationPage {
  /** With all columns of the operation; values are JSON, instants are RFC 3339, what AWS did not say is null. */
  readonly rows: readonly OperationRow[];
  /** AWS's own token of the page after; null: this was the last. */
  readonly nextToken: string | null;
  readonly requestId: string | null;
}
export interface OperationOrder {
  readonly operation: string;
  /** Parsed by the operation's own schema. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** How many rows are wanted; AWS may give more or fewer. */
  readonly limit: number;
  readonly token: string | null;
}
export interface OperationRunner {
  /** Throws AppError as every call to AWS does, with the AWS request id in its message. */
  run(session: AwsSession, order: OperationOrder, signal: AbortSignal): Promise<OperationPage>;
}
