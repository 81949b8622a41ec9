import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../testing/running-cluster.js';
import { hostCommand, type CommandParts } from './host-command.js';

async function imageRoot(): Promise<string> {
  const root = await temporaryFolder();
  await mkdir(join(root, 'app/bin'), { recursive: true });
  await mkdir(join(root, 'opt/shop-venv/bin'), { recursive: true });
  await writeFile(join(root, 'app/server.js'), '');
  for (const [path, text] of [
    ['app/bin/run', '#!/opt/shop-venv/bin/python\n'],
    ['opt/shop-venv/bin/python', '#!/bin/sh\n'],
    ['app/bin/old', '#!/usr/local/bin/node --flag\n'],
  ] as const) {
    await writeFile(join(root, path), text);
    await chmod(join(root, path), 0o755);
  }
  return root;
}
const of = (root: string, parts: Partial<CommandParts>) =>
  hostCommand({
    root,
    config: {},
    command: undefined,
    args: undefined,
    workingDir: undefined,
    env: {},
    mountTargets: [],
    ...parts,
  });

test('ENTRYPOINT and CMD, command and args combine as in Kubernetes', async () => {
  const root = await imageRoot();
  const config = { Entrypoint: ['sh'], Cmd: ['-c', 'a'] };
  expect(of(root, { config }).args).toEqual(['-c', 'a']);
  expect(of(root, { config, args: ['-c', 'b'] }).args).toEqual(['-c', 'b']);
  expect(of(root, { config, command: ['sh', 'x'] }).args).toEqual(['x']);
  expect(() => of(root, {})).toThrow('no command specified');
});

test('absolute paths of the image mean its root; those of the host stay', async () => {
  const root = await imageRoot();
  const { args, cwd, env } = of(root, {
    config: {
      Cmd: ['node', '/app/server.js', '--conf=/app/bin', '/usr/bin/env'],
      WorkingDir: '/app',
      Env: ['PATH=/opt/shop-venv/bin:/usr/bin', 'VIRTUAL_ENV=/opt/shop-venv', 'X=/nowhere/x'],
    },
  });
  expect(args).toEqual([join(root, 'app/server.js'), `--conf=${join(root, 'app/bin')}`, '/usr/bin/env']);
  expect(cwd).toBe(join(root, 'app'));
  expect(env['PATH']?.startsWith(`${join(root, 'opt/shop-venv/bin')}:`)).toBe(true);
  expect(env).toMatchObject({ VIRTUAL_ENV: join(root, 'opt/shop-venv'), X: '/nowhere/x' });
  expect(
    of(root, { command: ['sh', '-c', 'cd /app && exec "/opt/shop-venv/bin/python" /app/new.txt > /dev/null'] }).args,
  ).toEqual([
    '-c',
    `cd ${join(root, 'app')} && exec "${join(root, 'opt/shop-venv/bin/python')}" ${join(root, 'app/new.txt')} > /dev/null`,
  ]);
});

test('an interpreter is the image’s own, else the host’s of that name', async () => {
  const root = await imageRoot();
  expect(of(root, { command: ['/app/bin/run', 'x'] })).toMatchObject({
    file: join(root, 'opt/shop-venv/bin/python'),
    args: [join(root, 'app/bin/run'), 'x'],
  });
  const old = of(root, { command: ['/app/bin/old'] });
  expect(old.file).toMatch(/\/node$/);
  expect(old.args).toEqual(['--flag', join(root, 'app/bin/old')]);
  expect(of(root, { command: ['/usr/local/bin/node'] }).file).toMatch(/\/node$/);
});

test('what is not there is named as a container engine names it', async () => {
  const root = await imageRoot();
  expect(() => of(root, { command: ['nothing-of-that-name'] })).toThrow(
    'exec: "nothing-of-that-name": executable file not found in $PATH',
  );
  expect(() => of(root, { command: ['/app/nothing'] })).toThrow(
    'exec: "/app/nothing": stat /app/nothing: no such file or directory',
  );
  expect(() => of(root, { command: ['/app/server.js'] })).toThrow('exec: "/app/server.js": permission denied');
});
