import { expect, test } from 'vitest';
import { newId } from './ids.js';

test('ids are UUIDv7 of now, all different, in the order in which they were made', () => {
  const ids = Array.from({ length: 20_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  for (const id of [ids[0], ids.at(-1)])
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const made = parseInt((ids[0] ?? '').replace('-', '').slice(0, 12), 16);
  expect(Math.abs(Date.now() - made)).toBeLessThan(5_000);
});
