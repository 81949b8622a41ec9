/**
 * What a failed call throws: the server's problem details, or the words for a server that did not answer.
 *
 * `errors` names each bad field with its mend; `retryAfterSeconds` is set where the server said how long to wait.
 */
import type { FieldProblem } from '@aws-deployer/platform/errors/app-error';
import type { Problem } from '@aws-deployer/platform/contracts/wire';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors: readonly FieldProblem[] = [],
    readonly requestId: string | null = null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'status' in body && 'title' in body;

/** Reads a refused answer. A body that is no problem document (a proxy's page) still becomes a sentence. */
export async function problemOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('retry-after'));
  const wait = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null;
  const body: unknown = await response.json().catch(() => null);
  if (!isProblem(body)) {
    return new ApiError(response.status, 'unreadable_answer', sentenceFor(response.status), [], null, wait);
  }
  const detail = body.detail === '' ? body.title : body.detail;
  return new ApiError(response.status, body.code, detail, body.errors ?? [], body.request_id ?? null, wait);
}

function sentenceFor(status: number): string {
  if (status === 401) return 'You are signed out.';
  if (status === 403) return 'Your account may not do this.';
  if (status === 404) return 'There is nothing at this address.';
  if (status === 429) return 'Too many requests. Wait a moment and try again.';
  if (status === 502 || status === 503 || status === 504) return 'The service is not answering right now.';
  return `The server answered ${status}.`;
}

export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(0, 'unexpected', error instanceof Error ? error.message : 'Something unexpected happened.');

/** There is no such thing: the server knows none, or what the address names could never be one (a link cut short). */
export function isAbsent(error: unknown): boolean {
  const { status, errors } = asApiError(error);
  return status === 404 || (status === 400 && errors.length > 0 && errors.every(({ field }) => field === 'id'));
}
