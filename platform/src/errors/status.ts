import type { ErrorKind } from './app-error.js';

/** The one place that knows which HTTP status an error kind has; a new kind without a status fails to compile. */
export const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  wrong_method: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media: 415,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
};

/** The kind a status from elsewhere stands for. */
export function kindOfStatus(status: number): ErrorKind {
  const exact = Object.entries(STATUS).find(([, code]) => code === status);
  if (exact) return exact[0] as ErrorKind;
  if (status === 502 || status === 504) return 'unavailable';
  return status >= 500 ? 'internal' : 'invalid';
}
