// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakePlatform, refusal, stable } from '../testing/fake-platform.js';
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

const heading = (name: string | RegExp) => screen.findByRole('heading', { level: 1, name });
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }));
const type = (label: string | RegExp, value: string) =>
  fireEvent.change(screen.getByLabelText(label, { selector: 'input' }), { target: { value } });

test('applications: what runs where, and one click deploys the sample', async () => {
  const router = openConsole('/');
  await heading('Applications');
  const list = within(await screen.findByRole('list', { name: 'Applications' }));
  expect(list.getByRole('link', { name: 'shop' }).getAttribute('href')).toBe('/applications/shop');
  expect(list.getByText('Every endpoint runs the built digest', { exact: false, ignore: false })).toBeTruthy();
  expect(list.getByText('Never deployed')).toBeTruthy();
  fireEvent.change(screen.getByLabelText('Search applications'), { target: { value: 'sh' } });
  await waitFor(() => expect(platform.calls('GET /api/v1/applications').at(-1)?.query.get('q')).toBe('sh'));
  press('Deploy the sample');
  await waitFor(() => expect(router.state.location.pathname).toBe(`/deployments/${stable.id}`));
});

test('no application yet: the sample is offered first', async () => {
  platform.answer('GET /api/v1/applications', { items: [], next_cursor: null });
  openConsole('/applications');
  expect(await screen.findByText('Nothing is deployed yet')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Deploy the sample' })).toBeTruthy();
});

test('a refusal is told in the server’s words, with its request', async () => {
  platform.answer('GET /api/v1/applications', refusal(403, 'Role guest may not see applications.'));
  openConsole('/applications');
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('Role guest may not see applications.');
  expect(alert.textContent).toContain('req-1');
});

test('a deployment: address, facts, numbers, pods and log; roll back to the release before the live one', async () => {
  openConsole(`/deployments/${stable.id}`);
  await heading(/shop/);
  expect(screen.getByRole('link', { name: stable.url ?? '' })).toBeTruthy();
  expect(screen.getByText('412')).toBeTruthy();
  expect(screen.getByText(/node:24-alpine was substituted/)).toBeTruthy();
  expect(await screen.findByText('host process')).toBeTruthy();
  expect(await screen.findByText('step one')).toBeTruthy();
  fireEvent.change(screen.getByLabelText('Search the log'), { target: { value: 'ERROR' } });
  expect(await screen.findByText('1 / 1')).toBeTruthy();
  press('Next hit');
  press('Follow the end');
  press('Roll back');
  fireEvent.click(await screen.findByRole('button', { name: 'Roll back to release 2' }));
  await waitFor(() =>
    expect(platform.calls(`POST /api/v1/deployments/${stable.id}/rollback`)[0]?.body).toEqual({ release_id: 'r2' }),
  );
});

test('a running deployment can be cancelled, and says so', async () => {
  const running = { ...stable, state: 'building', state_reason: 'step 2 of 6', ended_at: null };
  platform.answer(`GET /api/v1/deployments/${stable.id}`, running);
  platform.answer(`POST /api/v1/deployments/${stable.id}/cancel`, { ...running, cancel_requested: true });
  platform.answer(`GET /api/v1/deployments/${stable.id}/events`, refusal(404, 'none'));
  openConsole(`/deployments/${stable.id}`);
  await heading(/shop/);
  press('Cancel');
  platform.answer(`GET /api/v1/deployments/${stable.id}`, { ...running, cancel_requested: true });
  fireEvent.click(await screen.findByRole('button', { name: 'Cancel deployment' }));
  expect(await screen.findByRole('button', { name: 'Cancelling …' })).toHaveProperty('disabled', true);
});

test('a deployment that does not exist, and an address that leads nowhere', async () => {
  openConsole('/deployments/none');
  expect(await screen.findByText('There is no deployment “none”')).toBeTruthy();
  cleanup();
  openConsole('/nowhere');
  expect(await screen.findByText('No such page')).toBeTruthy();
});

test('an application: environments, releases with their rollback, deployments', async () => {
  openConsole('/applications/shop');
  await heading('shop');
  expect((await screen.findByRole('region', { name: 'Environment development' })).textContent).toContain('4f2c9d1');
  const rows = within(await screen.findByRole('group', { name: 'Releases' })).getAllByRole('row');
  expect(rows[1]?.textContent).toContain('live');
  expect(screen.queryByRole('button', { name: 'Roll back to release 1' })).toBeNull();
  press('Roll back to release 2');
  expect(await screen.findByRole('dialog', { name: 'Roll back shop' })).toBeTruthy();
});

test('a release is marked bad with a reason, from the list', async () => {
  openConsole('/applications/shop');
  fireEvent.click(await screen.findByRole('button', { name: 'Mark release 2 bad' }));
  const dialog = await screen.findByRole('dialog', { name: 'Mark release 2 bad' });
  fireEvent.change(within(dialog).getByRole('textbox'), { target: { value: ' loses orders ' } });
  fireEvent.click(within(dialog).getByRole('button', { name: 'Mark bad' }));
  const call = 'PUT /api/v1/applications/shop/releases/r2/bad';
  await waitFor(() => expect(platform.calls(call)).toHaveLength(1));
  expect(platform.calls(call)[0]?.body).toEqual({ reason: 'loses orders' });
});

test('deploy again fills the form with what was asked for', async () => {
  openConsole(`/deploy?from=${stable.id}`);
  await heading('Deploy again');
  expect((await screen.findByLabelText<HTMLInputElement>(/^Repository/)).value).toBe(
    'https://github.com/acme/shop.git',
  );
  fireEvent.click(screen.getByRole('radio', { name: /^Image/ }));
  fireEvent.change(screen.getByRole('textbox', { name: /^Image/ }), { target: { value: 'nginx:1' } });
  press(/Advanced/);
  fireEvent.click(within(screen.getByRole('form', { name: 'Deploy' })).getByRole('button', { name: 'Deploy' }));
  await waitFor(() =>
    expect(platform.calls('POST /api/v1/deployments')[0]?.body).toMatchObject({
      source: { type: 'image', image: 'nginx:1' },
      workload: { env: { LOG_LEVEL: 'info' }, secrets: ['database'] },
    }),
  );
});

test('deploy from an application starts with its last release', async () => {
  openConsole('/deploy?application=shop&environment=development');
  await heading('Deploy again');
  expect(platform.calls('GET /api/v1/applications/shop/releases')[0]?.query.get('environment')).toBe('development');
});

test('deployments: the address is the filter', async () => {
  openConsole('/deployments?state=stable&active=true');
  await heading('Deployments');
  expect(await screen.findByRole('link', { name: 'Stable' })).toBeTruthy();
  const { query } = platform.calls('GET /api/v1/deployments')[0] ?? { query: new URLSearchParams() };
  expect([query.get('state'), query.get('active')]).toEqual(['stable', 'true']);
});

test('activity: what comes in live stands on top; a row opens to its facts', async () => {
  openConsole('/activity');
  await heading('Activity');
  expect(await screen.findByRole('button', { name: 'deployment.stable' })).toBeTruthy();
  const rows = within(screen.getByRole('group', { name: 'Activity' })).getAllByRole('row');
  expect(rows[1]?.textContent).toContain('deployment.stable');
  press('deployment.create');
  expect((await screen.findByRole('dialog')).textContent).toContain('"application": "shop"');
  type('User', 'jonas');
  await waitFor(() => expect(platform.calls('GET /api/v1/activity').at(-1)?.query.get('user_id')).toBe('jonas'));
});

test('history: a broken chain names its row; a row shows before, after and its hashes', async () => {
  openConsole('/audit');
  await heading('History');
  press('Verify chain');
  expect(await screen.findByText('The chain is broken at row 41')).toBeTruthy();
  fireEvent.click(await screen.findByRole('button', { name: 'application.update' }));
  const dialog = await screen.findByRole('dialog');
  for (const text of ['old words', 'new words', 'bb'.repeat(32)]) expect(dialog.textContent).toContain(text);
});

test('services: what is down is named', async () => {
  openConsole('/services');
  expect(await screen.findByText('history needs a look.')).toBeTruthy();
});

test('the start page of somebody who may only look has no way to deploy', async () => {
  platform.answer('GET /api/v1/auth/me', {
    user: { id: 'u9', username: 'guest', display_name: 'A Guest', roles: ['viewer'] },
    permissions: ['application:read', 'deployment:read', 'token:own'],
    csrf_token: 'csrf',
  });
  openConsole('/applications');
  await heading('Applications');
  const places = within(screen.getByRole('navigation', { name: 'Main' })).getAllByRole('link');
  expect(places.map((link) => link.textContent)).toEqual(['Applications', 'Deployments', 'Settings']);
  expect(screen.queryByRole('button', { name: 'Deploy the sample' })).toBeNull();
});

test('Ctrl+K, a few letters and Enter lead to an application', async () => {
  const router = openConsole('/services');
  await heading('Services');
  fireEvent.keyDown(document.documentElement, { key: 'k', code: 'KeyK', ctrlKey: true });
  const search = await screen.findByLabelText('Search or run a command', { selector: 'input' });
  fireEvent.change(search, { target: { value: 'sho' } });
  await waitFor(() => expect(platform.calls('GET /api/v1/applications').at(-1)?.query.get('q')).toBe('sho'));
  await waitFor(() => expect(document.querySelector('[data-action][data-selected]')?.textContent).toContain('shop'));
  fireEvent.keyDown(search, { key: 'Enter', code: 'Enter' });
  await waitFor(() => expect(router.state.location.pathname).toBe('/applications/shop'));
});
