/** What every part of the form is given: the values, their errors by input, and the way to change one. */
import type { ReactNode } from 'react';
import type { DeployValues } from './form-values.js';

export interface FormPart {
  readonly values: DeployValues;
  readonly errors: Readonly<Record<string, ReactNode>>;
  readonly set: <K extends keyof DeployValues>(key: K, value: DeployValues[K]) => void;
}

/** What a number input gave; an empty one is left out of the request. */
export const numberOf = (value: number | string): number | '' => (typeof value === 'number' ? value : '');
