/** Variables of a module as rows of a form: each typed, a sensitive one never comes back but may stay as it is. Pure. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import type { NewInfraEnvironment } from '../api/infra.js';

export type VariableType = 'string' | 'number' | 'bool' | 'json';
export interface VariableRow {
  readonly name: string;
  readonly type: VariableType;
  /** As it is typed. */
  readonly text: string;
  readonly sensitive: boolean;
  /** The service holds a value that it does not show: an empty text keeps it. */
  readonly kept: boolean;
}
export const BLANK_VARIABLE: VariableRow = { name: '', type: 'string', text: '', sensitive: false, kept: false };

export const typeOf = (value: unknown): VariableType =>
  typeof value === 'number'
    ? 'number'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'string'
        ? 'string'
        : 'json';

export const rowsOf = (variables: InfraEnvironmentView['variables']): VariableRow[] =>
  Object.entries(variables).map(([name, { value, sensitive }]) => ({
    name,
    type: sensitive ? 'string' : typeOf(value),
    text: sensitive ? '' : typeof value === 'string' ? value : JSON.stringify(value),
    sensitive,
    kept: sensitive,
  }));

type Variables = NonNullable<NewInfraEnvironment['variables']>;
type Json = NonNullable<Variables[string]['value']>;
export interface ReadVariables {
  readonly variables: Variables;
  /** By `variables.<name>`, as the server names a field. */
  readonly errors: Readonly<Record<string, string>>;
}

export function readVariables(rows: readonly VariableRow[]): ReadVariables {
  const variables: Record<string, Variables[string]> = {};
  const errors: Record<string, string> = {};
  for (const row of rows) {
    const name = row.name.trim();
    if (name === '') {
      if (row.text !== '') errors['variables.'] = 'A value stands without a name.';
      continue;
    }
    if (name in variables) {
      errors[`variables.${name}`] = 'This name is set twice.';
      continue;
    }
    const read = valueOf(row);
    if ('error' in read) errors[`variables.${name}`] = read.error;
    else variables[name] = { sensitive: row.sensitive, ...read };
  }
  return { variables, errors };
}

function valueOf({ type, text, sensitive, kept }: VariableRow): { value?: Json } | { error: string } {
  if (sensitive && kept && text === '') return {};
  switch (type) {
    case 'string':
      return { value: text };
    case 'number': {
      const value = Number(text);
      return text.trim() !== '' && Number.isFinite(value) ? { value } : { error: 'Give a number, such as 3 or 0.5.' };
    }
    case 'bool':
      return { value: text === 'true' };
    case 'json':
      try {
        return { value: JSON.parse(text) as Json };
      } catch {
        return { error: 'This is no JSON. Write a list as ["a", "b"], a map as {"key": "value"}.' };
      }
  }
}
