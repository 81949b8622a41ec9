import { expect, test } from 'vitest';
import { overlap, parseCidr } from './cidr.js';

const both = (one: string, other: string) => {
  const [first, second] = [parseCidr(one), parseCidr(other)];
  if (first === undefined || second === undefined) throw new Error('not a range');
  return overlap(first, second);
};

test.each([
  ['10.20.0.0/16', '10.20.128.0/20', true],
  ['10.20.0.0/16', '10.21.0.0/16', false],
  ['0.0.0.0/0', '192.168.1.0/24', true],
  ['10.0.0.5/24', '10.0.0.200/32', true],
])('%s and %s overlap: %s', (one, other, expected) => {
  expect(both(one, other)).toBe(expected);
  expect(both(other, one)).toBe(expected);
});

test.each(['10.0.0.0', '10.0.0.256/8', '10.0.0.0/33', 'fd00::/8'])('%s is no range', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});
