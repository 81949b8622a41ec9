import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { hasDied, newLeaseOwner } from './lease-owner.js';

const ownerOf = (pid: number): string => newLeaseOwner().replace(`:${process.pid}:`, `:${pid}:`);

test('a process that is there has not died, nor one that cannot be known', () => {
  const own = newLeaseOwner();
  expect(newLeaseOwner()).not.toBe(own);
  expect(own.length).toBeLessThanOrEqual(120);
  expect(hasDied(own)).toBe(false);
  expect(hasDied(`elsewhere${ownerOf(999_999_999)}`)).toBe(false);
  const [host, pid, start, , random] = own.split(':');
  expect(hasDied([host, '999999999', start, 'another-boot', random].join(':'))).toBe(false);
  expect(hasDied([host, pid].join(':'))).toBe(false);
});

test('a process that is gone has died, also when its number belongs to another', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  expect(hasDied(ownerOf(child.pid ?? 0))).toBe(true);
  const [host, pid, start, namespace, random] = newLeaseOwner().split(':');
  expect(hasDied([host, pid, String(Number(start) - 1), namespace, random].join(':'))).toBe(true);
});
