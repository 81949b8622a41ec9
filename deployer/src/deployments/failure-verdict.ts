/** A verdict for what failed before anything ran in the cluster: pure. */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { AppError, ErrorKind } from '@aws-deployer/platform/errors/app-error';

/** Whose move it is: a bad request is the release's, a part that does not answer the platform's. */
const FAULT: Partial<Record<ErrorKind, VerdictView['fault']>> = {
  invalid: 'release',
  not_found: 'release',
  conflict: 'release',
  too_large: 'release',
  unavailable: 'platform',
  forbidden: 'platform',
};

const sentence = (text: string): string => `${text.trimEnd().replace(/[.:]+$/, '')}.`;

export const verdictOfError = (error: AppError, logLines: readonly string[]): VerdictView => ({
  code: error.code,
  fault: FAULT[error.kind] ?? 'unknown',
  object: error.fields[0]?.field ?? null,
  container: null,
  reason: sentence(error.message.split('\n')[0] ?? error.message),
  evidence: { exit_code: exitCodeIn(error.message), log_lines: [...logLines], events: [] },
  suggestion:
    error.fields[0]?.mend ??
    (error.kind === 'unavailable'
      ? 'Nothing is wrong with the release: deploy again when the part that does not answer is back.'
      : 'See the log for what led to it.'),
});

const exitCodeIn = (message: string): number | null => {
  const found = /exit code:? (\d+)/i.exec(message)?.[1];
  return found === undefined ? null : Number(found);
};
