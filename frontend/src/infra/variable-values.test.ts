import { expect, test } from 'vitest';
import { BLANK_VARIABLE, readVariables, rowsOf, type VariableRow } from './variable-values.js';

const row = (change: Partial<VariableRow>): VariableRow => ({ ...BLANK_VARIABLE, name: 'a', ...change });

test('what is read from an environment is sent as it was, of each type', () => {
  const variables = {
    count: { value: 3, sensitive: false },
    name: { value: '3', sensitive: false },
    on: { value: false, sensitive: false },
    zones: { value: ['a', { b: 1 }], sensitive: false },
  };
  expect(readVariables(rowsOf(variables))).toEqual({ variables, errors: {} });
});

test('a sensitive value stays when nothing is typed, and is replaced when something is', () => {
  const [kept] = rowsOf({ token: { value: null, sensitive: true } });
  expect(readVariables([kept as VariableRow]).variables).toEqual({ token: { sensitive: true } });
  expect(readVariables([{ ...(kept as VariableRow), text: 'new' }]).variables).toEqual({
    token: { sensitive: true, value: 'new' },
  });
});

test('what is no value of its type is told by its field; so are two of one name and a value without one', () => {
  const { errors } = readVariables([
    row({ name: 'n', type: 'number', text: 'three' }),
    row({ name: 'j', type: 'json', text: '[1' }),
    row({ name: 'twice' }),
    row({ name: 'twice' }),
    row({ name: ' ', text: 'lost' }),
  ]);
  expect(Object.keys(errors)).toEqual(['variables.n', 'variables.j', 'variables.twice', 'variables.']);
});
