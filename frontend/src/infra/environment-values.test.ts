import { expect, test } from 'vitest';
import { BLANK_ENVIRONMENT, bodyOf, inputOf, missingIn } from './environment-values.js';

test('what is left empty is none, and a body has no blanks around its words', () => {
  const values = { ...BLANK_ENVIRONMENT, name: ' shop ', module: 'local/shop', drift: '60' };
  expect(bodyOf(values)).toEqual({
    name: 'shop',
    description: '',
    module: 'local/shop',
    variables: {},
    account: null,
    region: null,
    backend: {},
    drift_minutes: 60,
  });
  expect(missingIn(values)).toEqual({});
  expect(Object.keys(missingIn(BLANK_ENVIRONMENT))).toEqual(['name', 'module']);
});

test('a field of the wire finds its input, a variable its row, and what has none goes to the general words', () => {
  expect(['name', 'variables.size.value', 'variables.size', 'backend.bucket', 'nothing'].map(inputOf)).toEqual([
    'name',
    'variables.size',
    'variables.size',
    'backend',
    null,
  ]);
});
