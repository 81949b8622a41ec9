/** What every section of the project form is given: the values, their errors by input, and the way to change one. */
import type { ReactNode } from 'react';
import type { ProjectValues } from './project-values.js';

export interface ProjectPart {
  readonly values: ProjectValues;
  readonly errors: Readonly<Record<string, ReactNode>>;
  readonly set: <K extends keyof ProjectValues>(key: K, value: ProjectValues[K]) => void;
}
