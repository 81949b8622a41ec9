// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakePlatform } from '../testing/fake-platform.js';
import { openConsole } from '../testing/open-console.js';

let platform: FakePlatform;
beforeEach(() => {
  platform = new FakePlatform();
  platform.start();
});
afterEach(() => {
  cleanup();
  platform.stop();
});

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole('button', { name }));
const type = async (label: string | RegExp, value: string) =>
  fireEvent.change(await screen.findByLabelText(label, { selector: 'input' }), { target: { value } });
const sentBody = async (call: string): Promise<unknown> => {
  await waitFor(() => expect(platform.calls(call)).toHaveLength(1));
  return platform.calls(call)[0]?.body;
};

test('a token is made, shown once, and another revoked after asking', async () => {
  openConsole('/settings');
  expect(await screen.findByText('expired')).toBeTruthy();
  await press('New token');
  await type(/^Name/, 'pipeline');
  await press('Make token');
  expect((await screen.findByTestId('new-token')).textContent).toBe('dpl_shown_once');
  expect(await sentBody('POST /api/v1/tokens')).toEqual({ name: 'pipeline', expires_in_days: 90 });
  await press('I have copied it');
  await press('Revoke token ci');
  const dialog = await screen.findByRole('dialog', { name: 'Revoke token ci?' });
  fireEvent.click(within(dialog).getByRole('button', { name: 'Revoke' }));
  await waitFor(() => expect(platform.calls('DELETE /api/v1/tokens/t1')).toHaveLength(1));
});

test('a secret goes in with its values; they never come back', async () => {
  openConsole('/settings/secrets');
  expect(await screen.findByText('DATABASE_URL')).toBeTruthy();
  await press('New secret');
  await type(/^Name/, 'mail');
  await type('Key 1', 'PASSWORD');
  await type('Value 1', 'hunter2');
  await press('Keep secret');
  expect(await sentBody('POST /api/v1/secrets')).toEqual({
    name: 'mail',
    type: 'opaque',
    values: { PASSWORD: 'hunter2' },
  });
});

test('replacing a secret’s values keeps its keys and starts with none of its values', async () => {
  openConsole('/settings/secrets');
  await press('Replace the values of database');
  expect((await screen.findByLabelText<HTMLInputElement>('Key 1')).value).toBe('DATABASE_URL');
  expect(screen.getByLabelText<HTMLInputElement>('Value 1', { selector: 'input' }).value).toBe('');
  await type('Value 1', 'mysql://new');
  await press('Replace values');
  expect(await sentBody('PATCH /api/v1/secrets/s1')).toEqual({ values: { DATABASE_URL: 'mysql://new' } });
});

test('a registry is added, another made the default; the built-in one cannot be deleted', async () => {
  openConsole('/settings/registries');
  expect(await screen.findByRole('button', { name: 'Delete registry hub' })).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Delete registry embedded' })).toBeNull();
  await press('Make default');
  expect(await sentBody('PATCH /api/v1/registries/g2')).toEqual({ is_default: true });
  await press('Add registry');
  const dialog = await screen.findByRole('dialog', { name: 'Add a registry' });
  await type(/^Name/, 'ghcr');
  await type(/^Address/, 'https://ghcr.io/acme');
  fireEvent.click(within(dialog).getByRole('button', { name: 'Add registry' }));
  expect(await sentBody('POST /api/v1/registries')).toEqual({
    name: 'ghcr',
    url: 'https://ghcr.io/acme',
    is_default: false,
  });
});

test('a user is made with a role, another enabled again', async () => {
  openConsole('/settings/users');
  await press('New user');
  await type(/^User name/, 'lena');
  await type(/^Password/, 'a long enough one');
  await press('Make user');
  expect(await sentBody('POST /api/v1/users')).toEqual({
    username: 'lena',
    password: 'a long enough one',
    roles: ['developer'],
  });
  await press('Change mira');
  fireEvent.click(await screen.findByRole('switch'));
  await press('Keep changes');
  expect(await sentBody('PATCH /api/v1/users/u2')).toMatchObject({ disabled: false, roles: ['admin'] });
});

test('engines say what was picked and why, and what is simulated', async () => {
  openConsole('/settings/engines');
  expect(await screen.findByText('no Docker Engine answers')).toBeTruthy();
  expect(screen.getAllByText('simulated').length).toBeGreaterThan(0);
});

test('an environment gets a rule for its releases; an empty limit is none', async () => {
  openConsole('/settings/environments');
  expect(await screen.findByText('all of them')).toBeTruthy();
  await press('Change environment development');
  await type(/^Keep the newest releases/, '20');
  await press('Save');
  expect(await sentBody('PATCH /api/v1/environments/development')).toEqual({
    monitor_seconds: 10,
    release_retention: { keep: 20, days: null },
  });
});
