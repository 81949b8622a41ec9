/** Archives in and out of a folder. */
import { lstat, mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { innerPath, smallTar, unpackTar } from './tar-archive.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-tar-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const signal = new AbortController().signal;

test('an archive that is there before its folder is unpacked whole', { timeout: 20_000 }, async () => {
  // In memory as a whole: its first entry is read long before a disk has made a folder.
  const archive = await buffer(
    await smallTar({ 'a.txt': 'first', inner: { mode: 0o755 }, 'inner/b.txt': 'second', link: { link: 'a.txt' } }),
  );
  const into = join(folder, 'one', 'two', 'three');
  await unpackTar(Readable.from([archive]), into, signal);
  expect(await readFile(join(into, 'a.txt'), 'utf8')).toBe('first');
  expect(await readFile(join(into, 'inner/b.txt'), 'utf8')).toBe('second');
  expect(await readlink(join(into, 'link'))).toBe('a.txt');
});

test('an archive that breaks off is an error', async () => {
  const archive = await buffer(await smallTar({ 'a.txt': 'x'.repeat(4_000) }));
  await expect(unpackTar(Readable.from([archive.subarray(0, 1_000)]), join(folder, 'in'), signal)).rejects.toThrow(
    /Unexpected end of data/,
  );
});

test('nothing is written outside of the folder, not through a link either', async () => {
  const through = await smallTar({ out: { link: folder }, 'out/escaped.txt': 'x' });
  await expect(unpackTar(through, join(folder, 'in'), signal)).rejects.toThrow(/leads through a link/);
  await expect(lstat(join(folder, 'escaped.txt'))).rejects.toThrow(/ENOENT/);
  expect(() => innerPath('../escaped.txt')).toThrow(/leads out of its folder/);
});
