/** A refused sign-in in words: a wrong pair, a lock-out with its end, a server that does not answer. */
import type { ApiError } from '../api/problem.js';

export function refusalWords(problem: ApiError): { title: string; text: string } {
  if (problem.status === 429) {
    const wait = problem.retryAfterSeconds;
    return {
      title: 'Too many failed attempts',
      text: wait === null ? problem.message : `Sign-in is locked for now. Try again in ${waitWords(wait)}.`,
    };
  }
  if (problem.status === 401) return { title: 'That did not match', text: problem.message };
  return { title: 'Sign-in failed', text: problem.message };
}

function waitWords(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
