/** How the command ends, in numbers that scripts can rely on, and what it says on standard error. */
import type { z } from 'zod';
import type { Problem } from '@aws-deployer/platform/contracts/wire';

export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  /** The release was bad: rolled back, or the rollback failed. */
  failedRelease: 3,
  /** Cancelled by a person or superseded. */
  cancelled: 4,
  notAuthenticated: 5,
  unreachable: 6,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command: the message goes to standard error, each detail on a line of its own below it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    readonly details: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An error answer of the platform: the field and its mend, and the id that finds it in the log. */
export function failureOf(problem: z.infer<typeof Problem>): Failure {
  const details = problem.errors.map(({ field, message, mend }) => `${field}: ${message} (mend: ${mend})`);
  return new Failure(
    problem.status === 401 ? EXIT.notAuthenticated : EXIT.error,
    `${problem.detail} (${problem.status} ${problem.code})`,
    [...details, ...(problem.status === 401 ? ['sign in with: deployer login'] : []), `request ${problem.request_id}`],
  );
}
