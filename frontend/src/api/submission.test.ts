import { expect, test } from 'vitest';
import { SubmissionKey } from './submission.js';

test('the same submit keeps its key until it is done; another body gets another', () => {
  const submission = new SubmissionKey();
  const first = submission.keyFor({ a: 1 });
  expect(submission.keyFor({ a: 1 })).toBe(first);
  const other = submission.keyFor({ a: 2 });
  expect(other).not.toBe(first);
  submission.done();
  expect(submission.keyFor({ a: 2 })).not.toBe(other);
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
});
