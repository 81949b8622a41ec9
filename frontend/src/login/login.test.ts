import { expect, test } from 'vitest';
import { ApiError } from '../api/problem.js';
import { refusalWords } from './refusal.js';
import { safeReturn } from './safe-return.js';

test('the way back leads to this console only', () => {
  expect(safeReturn('/deployments/1?x=2')).toBe('/deployments/1?x=2');
  expect(safeReturn('https://evil.example')).toBe('/');
  expect(safeReturn('//evil.example')).toBe('/');
  expect(safeReturn('/\\evil.example')).toBe('/');
  expect(safeReturn('/login?redirect=/')).toBe('/');
  expect(safeReturn(undefined)).toBe('/');
});

test('a lock-out says when to come back', () => {
  expect(refusalWords(new ApiError(429, 'locked', 'x', [], null, 240)).text).toContain('4 minutes');
  expect(refusalWords(new ApiError(429, 'locked', 'x', [], null, 45)).text).toContain('45 seconds');
  expect(refusalWords(new ApiError(401, 'bad', 'Not right.')).text).toBe('Not right.');
});
