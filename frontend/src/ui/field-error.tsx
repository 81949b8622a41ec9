/**
 * A refused form: each `errors[].field` of the problem to the input it belongs to, with its mend; what belongs to no
 * input on screen goes to the general sentence, so nothing the server said is lost.
 */
import type { ReactNode } from 'react';
import type { FieldProblem } from '@aws-deployer/platform/errors/app-error';
import type { ApiError } from '../api/problem.js';
import { capital, stop } from './words.js';

export interface FormErrors {
  readonly fields: Readonly<Record<string, ReactNode>>;
  readonly general: string | null;
}

/**
 * `toInput` names the input of a wire field (`workload.env.LOG` → `env`), or null for none; a list of names stands for
 * inputs named as on the wire.
 */
export function errorsByField(
  problem: ApiError | null,
  toInput: readonly string[] | ((wireField: string) => string | null),
): FormErrors {
  if (!problem) return { fields: {}, general: null };
  const inputFor =
    typeof toInput === 'function'
      ? toInput
      : (field: string) => toInput.find((name) => field === name || field.startsWith(`${name}.`)) ?? null;
  const fields: Record<string, ReactNode> = {};
  const homeless: string[] = [];
  for (const error of problem.errors) {
    const input = inputFor(error.field);
    if (input === null) homeless.push(`${error.field}: ${sentence(error)}`);
    else if (!(input in fields)) fields[input] = <FieldError error={error} />;
  }
  if (problem.errors.length === 0) return { fields, general: problem.message };
  return { fields, general: homeless.length === 0 ? null : homeless.join(' ') };
}

const sentence = (error: FieldProblem): string =>
  [error.message, error.mend]
    .filter((part) => part !== '')
    .map((part) => capital(stop(part)))
    .join(' ');

function FieldError({ error }: { error: FieldProblem }) {
  return (
    <>
      {capital(stop(error.message))}
      {error.mend !== '' && (
        <span style={{ display: 'block', color: 'var(--ink-2)' }}>{capital(stop(error.mend))}</span>
      )}
    </>
  );
}
