/**
 * What went wrong, in domain words; HTTP is unknown here (platform/http/problem.ts maps kinds to statuses).
 *
 * `code` is a stable machine word (`deployment_not_found`); the message is a sentence for a person; `fields` names each
 * bad input with the mend. Never put a secret in any of them: they are logged, audited and shown.
 */
export const ERROR_KINDS = [
  'invalid', // the caller can mend the request
  'unauthenticated',
  'forbidden',
  'not_found',
  'wrong_method', // the thing is there, but this cannot be done to it
  'conflict', // true of the present state; may succeed later or with another key
  'too_large',
  'unsupported_media',
  'rate_limited',
  'unavailable', // a dependency is down; retry later
  'internal', // we broke
] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** One bad input: `field` is a dotted path in the request (`source.repo_url`), `mend` says what to do about it. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
  readonly mend: string;
}

export interface AppErrorOptions extends ErrorOptions {
  readonly fields?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
  /** Who it is about where nobody is signed in: the account that a refused login tried. The log names it. */
  readonly account?: string;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly fields: readonly FieldProblem[];
  readonly retryAfterSeconds: number | undefined;
  readonly account: string | undefined;

  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, options);
    this.fields = options.fields ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.account = options.account;
  }
}

/** A bad request about exactly one field. */
export const invalidField = (field: string, message: string, mend: string, code = 'invalid_field'): AppError =>
  new AppError('invalid', code, `${field}: ${message}`, { fields: [{ field, message, mend }] });

/** The message of anything thrown, for a sentence. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
