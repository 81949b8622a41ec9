/** What is gathered runs by itself, is the same every time, and is refused whole when something of it is missing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { hasSystemPrograms } from './testing/system-base.js';

const script = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'scripts/gather-root.mjs');
const usable = await hasSystemPrograms();
if (!usable && process.env['CI'] === 'true') throw new Error('git, ssh, dash and strip are needed on CI');
const LONG = { timeout: 90_000 }; // it copies and strips Node, on a machine that may be busy

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-gather-root-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const gather = (out: string, path = process.env['PATH'] ?? '') =>
  spawnSync(process.execPath, [script, out], { env: { PATH: path }, encoding: 'utf8' });
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !lstatSync(join(folder, name)).isDirectory(),
  );
/** What a layer holds: names, modes, times, contents. */
const stateOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, mtimeMs, size } = lstatSync(join(folder, name));
      const file = lstatSync(join(folder, name)).isFile() ? readFileSync(join(folder, name)) : Buffer.alloc(0);
      return `${name} ${mode.toString(8)} ${mtimeMs} ${size} ${createHash('sha256').update(file).digest('hex')}`;
    });

test.skipIf(!usable)(
  'Node, a shell and git are gathered with their libraries, each on what comes before it',
  LONG,
  () => {
    const [out, again] = [newFolder(), newFolder()];
    for (const folder of [out, again]) expect(gather(folder)).toMatchObject({ status: 0, stderr: '' });
    expect(stateOf(again)).toEqual(stateOf(out));

    const [node, shell, git] = ['node', 'shell', 'git'].map((part) => filesOf(join(out, part)));
    expect(node).toContain('usr/local/bin/node');
    expect(node?.filter((name) => /(?:^|\/)s?bin\//.test(name))).toHaveLength(1);
    expect(shell?.filter((name) => !name.startsWith('var/') && !name.startsWith('usr/share/doc/'))).toEqual(['bin/sh']);
    expect(git).toEqual(expect.arrayContaining(['usr/bin/git', 'usr/bin/ssh']));
    const all = [...(node ?? []), ...(shell ?? []), ...(git ?? [])];
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((name) => /perl|dpkg$|\/apt/.test(name))).toEqual([]);

    // Stripped of what debuggers read, it is whole.
    const gathered = join(out, 'node/usr/local/bin/node');
    expect(execFileSync(gathered, ['-p', 'process.version'], { encoding: 'utf8' }).trim()).toBe(process.version);
    expect(lstatSync(join(out, 'node/tmp')).mode & 0o7777).toBe(0o1777);
  },
);

test.skipIf(!usable)('a library that is missing is named, with the program that wants it', LONG, () => {
  const [out, bin] = [newFolder(), newFolder()];
  const dash = execFileSync('sh', ['-c', 'command -v dash'], { encoding: 'utf8' }).trim();
  const damaged = readFileSync(dash).toString('latin1').replace('libc.so.6', 'libx.so.6');
  writeFileSync(join(bin, 'dash'), damaged, 'latin1');
  chmodSync(join(bin, 'dash'), 0o755);
  const { status, stderr } = gather(out, `${bin}:${process.env['PATH'] ?? ''}`);
  expect(status).toBe(1);
  expect(stderr).toContain(`${bin}/dash is linked with libx.so.6, which is not here`);
});

test.skipIf(!usable)('a program that is missing is named', LONG, () => {
  const [out, bin] = [newFolder(), newFolder()];
  const strip = execFileSync('sh', ['-c', 'command -v strip'], { encoding: 'utf8' }).trim();
  mkdirSync(bin, { recursive: true });
  symlinkSync(strip, join(bin, 'strip'));
  const { status, stderr } = gather(out, bin);
  expect(status).toBe(1);
  expect(stderr).toContain('there is no dash here');
  expect(existsSync(join(out, 'git'))).toBe(false);
});
