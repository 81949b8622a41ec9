/** How a variable that a module declares is put into the form. Pure. */
import type { ModuleVariableView } from '@aws-deployer/platform/contracts/infra';
import type { VariableRow, VariableType } from './variable-values.js';

/** Whatever is no plain value is typed as JSON. */
const typeFor = (type: string): VariableType =>
  type === 'string' || type === 'number' || type === 'bool' ? type : 'json';

/** Its row: as it is set, else empty. What it holds is read as the module declares it. */
export function rowOf({ name, type, sensitive }: ModuleVariableView, rows: readonly VariableRow[]): VariableRow {
  const row = rows.find((one) => one.name === name);
  if (row === undefined) return { name, type: typeFor(type), text: '', sensitive, kept: false };
  if (type === 'any' || row.type === typeFor(type)) return row;
  const text = typeFor(type) === 'json' && row.type === 'string' && !row.kept ? JSON.stringify(row.text) : row.text;
  return { ...row, type: typeFor(type), text };
}

/** Those that have to be given and are not, each with its words, by `variables.<name>`. */
export const missingDeclared = (
  declared: readonly ModuleVariableView[],
  rows: readonly VariableRow[],
): Record<string, string> =>
  Object.fromEntries(
    declared
      .filter(({ name, required }) => required && !rows.some((row) => row.name.trim() === name))
      .map(({ name }) => [`variables.${name}`, 'The module needs it.']),
  );
