/** What is wrong with a form: an input's error goes when the input is changed, and the cursor moves once for each try. */
import { useEffect, useState, type ReactNode, type RefObject } from 'react';
import type { ApiError } from '../api/problem.js';
import { errorsByField } from './field-error.js';
import { focusRefused } from './focus-refused.js';

type Errors = Readonly<Record<string, ReactNode>>;

export interface Refusals {
  readonly errors: Errors;
  /** What the server said that belongs to no input. */
  readonly general: string | null;
  /** A try begins; true where nothing was found to be missing, so that the server may be asked. */
  readonly begin: (missing: Errors) => boolean;
  readonly mend: (input: string) => void;
}

/** `problem`: what the server said of the last try. */
export function useRefusals(
  form: RefObject<HTMLElement | null>,
  problem: ApiError | null,
  toInput: (wireField: string) => string | null,
): Refusals {
  const [missing, setMissing] = useState<Errors | null>(null);
  const [mended, setMended] = useState<readonly string[]>([]);
  const [tries, setTries] = useState(0);
  const refused = errorsByField(problem, toInput);
  const isMended = (name: string) => mended.some((input) => name === input || name.startsWith(`${input}.`));
  useEffect(() => {
    if (tries > 0) focusRefused(form.current);
  }, [form, tries, problem]);
  return {
    errors: Object.fromEntries(Object.entries(missing ?? refused.fields).filter(([name]) => !isMended(name))),
    general: refused.general,
    begin: (found) => {
      const complete = Object.keys(found).length === 0;
      setMissing(complete ? null : found);
      setMended([]);
      setTries((before) => before + 1);
      return complete;
    },
    mend: (input) => setMended((before) => (before.includes(input) ? before : [...before, input])),
  };
}
