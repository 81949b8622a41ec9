// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakePlatform } from '../testing/fake-platform.js';
import { openConsole } from '../testing/open-console.js';
import { ruleSentence } from './lifecycle-words.js';

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
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const place = { repository: 'team/shop', account: 'production', region: 'eu-central-1' };

test('a repository leads to its images: scan, and where they run', async () => {
  openConsole('/images');
  fireEvent.click(await screen.findByRole('link', { name: 'team/shop' }));
  const rows = within(await screen.findByRole('group', { name: 'Images' })).getAllByRole('row');
  expect(rows[1]?.textContent).toContain('shop/production');
  expect(Object.fromEntries(platform.calls('GET /api/v1/images')[0]?.query ?? [])).toMatchObject(place);
  await press('1 critical');
  expect(await screen.findByText('CVE-2026-1')).toBeTruthy();
});

test('what runs is kept when images are deleted, and the page says why', async () => {
  openConsole('/images/repository?repository=team/shop&account=production&region=eu-central-1');
  fireEvent.click(await screen.findByRole('checkbox', { name: 'Pick image abababababab' }));
  await press('Delete 1 image');
  const dialog = within(await screen.findByRole('dialog', { name: 'Delete 1 image?' }));
  expect(dialog.getByText(/shop\/production/)).toBeTruthy();
  fireEvent.click(dialog.getByRole('button', { name: 'Delete' }));
  expect(await screen.findByText(/was kept: it runs in shop\/production/)).toBeTruthy();
  expect(platform.calls('POST /api/v1/images/delete')[0]?.body).toEqual({ ...place, digests: [DIGEST] });
});

test('rules of removal read as sentences and are written back whole', async () => {
  openConsole('/images/repository?repository=team/shop&account=production&region=eu-central-1');
  expect(await screen.findByText('Removes an image without a tag 14 days after it was pushed.')).toBeTruthy();
  await press('Change the rules');
  await press('Add a rule');
  await press('Keep these rules');
  await waitFor(() => expect(platform.calls('PUT /api/v1/images/lifecycle')).toHaveLength(1));
  const rule = { description: '', tags: 'untagged', tag_prefixes: [], older_than_days: 14 };
  expect(platform.calls('PUT /api/v1/images/lifecycle')[0]?.body).toEqual({ ...place, rules: [rule, rule] });
  expect(ruleSentence({ description: '', tags: 'tagged', tag_prefixes: ['v', 'main-'], keep_last: 5 })).toBe(
    'Removes an image whose tag begins with v or main- when it is not among the newest 5.',
  );
});
