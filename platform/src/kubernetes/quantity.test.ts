import { expect, test } from 'vitest';
import { quantityOf } from './quantity.js';

test.each([
  ['100m', 0.1],
  ['2', 2],
  ['64Mi', 67_108_864],
  ['1.5Gi', 1_610_612_736],
  ['1e3', 1000],
  ['5k', 5000],
  [3, 3],
])('%s is %d', (text, number) => expect(quantityOf(text)).toBe(number));

test.each(['', 'Mi', '64 Mi', '64MB', undefined])('%s is no quantity', (text) =>
  expect(quantityOf(text)).toBeUndefined(),
);
