/**
 * One submit, one Idempotency-Key: the same body sent again after a failure keeps its key, so that a request whose
 * answer was lost is not done twice; another body, or a submit after a success, gets a new one.
 */
import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiError } from './problem.js';

export class SubmissionKey {
  #key: string | null = null;
  #body = '';

  keyFor(body: unknown): string {
    const text = JSON.stringify(body) ?? '';
    if (this.#key === null || this.#body !== text) {
      this.#key = newKey();
      this.#body = text;
    }
    return this.#key;
  }

  done(): void {
    this.#key = null;
  }
}

/** `crypto.randomUUID` exists in secure contexts only; a console on a plain-HTTP LAN address has none. */
function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

export interface SubmitHandlers<Body, Answer> {
  readonly onDone?: (answer: Answer, body: Body) => void;
  readonly onFailed?: (problem: ApiError) => void;
}

export function useSubmit<Body, Answer>(
  send: (body: Body, idempotencyKey: string) => Promise<Answer>,
  handlers: SubmitHandlers<Body, Answer> = {},
): UseMutationResult<Answer, ApiError, Body> {
  const [submission] = useState(() => new SubmissionKey());
  return useMutation<Answer, ApiError, Body>({
    mutationFn: (body) => send(body, submission.keyFor(body)),
    onSuccess: (answer, body) => {
      submission.done();
      handlers.onDone?.(answer, body);
    },
    onError: (problem) => handlers.onFailed?.(problem),
  });
}
