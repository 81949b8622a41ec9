// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
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

test('an account is added with a role, and checked at once: what is missing stands first, with the least policy', async () => {
  openConsole('/settings/cloud-accounts');
  await press('Add account');
  await type(/^Name/, 'staging');
  fireEvent.click(screen.getByRole('radio', { name: 'Assumed role' }));
  await type(/^Role/, 'arn:aws:iam::123456789012:role/deployer');
  await type(/^External id/, 'acme-1');
  fireEvent.submit(screen.getByRole('dialog').querySelector('form') as HTMLFormElement);
  expect(await screen.findByText('One permission is missing.')).toBeTruthy();
  expect(platform.calls('POST /api/v1/cloud-accounts')[0]?.body).toEqual({
    name: 'staging',
    description: '',
    credential: {
      type: 'assume_role',
      role_arn: 'arn:aws:iam::123456789012:role/deployer',
      external_id: 'acme-1',
      via: 'environment',
    },
    regions: ['eu-central-1'],
    is_default: false,
    concurrent_builds: null,
  });
  const rows = screen.getByRole('group', { name: 'Permissions' }).querySelectorAll('tbody tr');
  expect(rows[0]?.textContent).toContain('iam:PassRole');
  expect(screen.getByText(/"Version": "2012-10-17"/)).toBeTruthy();
});

test('a change without new keys sends none: those that are kept stay', async () => {
  openConsole('/settings/cloud-accounts');
  await press('Change production');
  await type(/^Description/, 'the real one');
  fireEvent.submit(screen.getByRole('dialog').querySelector('form') as HTMLFormElement);
  await waitFor(() => expect(platform.calls('PATCH /api/v1/cloud-accounts/c1')).toHaveLength(1));
  expect(platform.calls('PATCH /api/v1/cloud-accounts/c1')[0]?.body).toEqual({
    description: 'the real one',
    regions: ['eu-central-1', 'us-east-1'],
    concurrent_builds: null,
  });
});
