import { execFileSync } from 'node:child_process';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadSettings, SETTINGS } from './settings.js';

const start = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'start.mjs');

test('the help lists every variable that is read', () => {
  const help = execFileSync(process.execPath, [start, '--help'], { encoding: 'utf8' });
  for (const name of SETTINGS) expect(help).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  for (const name of ['ADMIN_PASSWORD', 'PROMETHEUS_URL', 'AWS_\\*'])
    expect(help).toMatch(new RegExp(`^ {2}${name} `, 'm'));
});

test('an empty environment is enough; empty values count as unset', () => {
  const settings = loadSettings({ DATABASE_URL: '', PORT: '' });
  expect(settings).toMatchObject({ PORT: 8080, HOST: '127.0.0.1', LOCAL_CLUSTER_PORT: 6443 });
  expect(isAbsolute(settings.DATA_DIR)).toBe(true);
});

test('every bad variable is named, and no value is shown', () => {
  const bad = () => loadSettings({ PORT: '99999', DATABASE_URL: 'postgres://me:hush@x' });
  expect(bad).toThrow(/PORT/);
  expect(bad).toThrow(/DATABASE_URL: must be mysql:/);
  expect(bad).not.toThrow(/hush/);
});
