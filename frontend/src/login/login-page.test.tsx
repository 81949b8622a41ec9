// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakePlatform, me, refusal } from '../testing/fake-platform.js';
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

test('who is signed out comes to the login, is told of a wrong password, and returns to the page asked for', async () => {
  platform.answer('GET /api/v1/auth/me', refusal(401, 'Sign in first.'));
  platform.answer('POST /api/v1/auth/login', refusal(401, 'The user name or the password is wrong.'));
  const router = openConsole('/settings/engines');
  await screen.findByRole('heading', { name: 'Sign in to AWS Deployer' });
  fireEvent.change(screen.getByLabelText('User name'), { target: { value: ' admin ' } });
  fireEvent.change(screen.getByLabelText('Password', { selector: 'input' }), { target: { value: 'secret words' } });
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  expect((await screen.findByRole('alert')).textContent).toContain('The user name or the password is wrong.');
  platform.answer('GET /api/v1/auth/me', me);
  platform.answer('POST /api/v1/auth/login', { access_token: 'x', expires_at: '', csrf_token: 'c', user: me.user });
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/settings/engines'));
  expect(platform.calls('POST /api/v1/auth/login').at(-1)?.body).toEqual({
    username: 'admin',
    password: 'secret words',
  });
});

test('changing one’s password', async () => {
  platform.answer('POST /api/v1/auth/password', new Response(null, { status: 204 }));
  openConsole('/settings/engines');
  fireEvent.click(await screen.findByRole('button', { name: 'Account of admin' }));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Change password' }));
  fireEvent.change(await screen.findByLabelText(/^Present password/, { selector: 'input' }), {
    target: { value: 'old one' },
  });
  fireEvent.change(screen.getByLabelText(/^New password/, { selector: 'input' }), {
    target: { value: 'a new long one' },
  });
  fireEvent.click(screen.getByRole('button', { name: 'Change password' }));
  await waitFor(() =>
    expect(platform.calls('POST /api/v1/auth/password')[0]?.body).toEqual({
      current_password: 'old one',
      new_password: 'a new long one',
    }),
  );
});

test('signing out leads to the login', async () => {
  platform.answer('POST /api/v1/auth/logout', new Response(null, { status: 204 }));
  const router = openConsole('/settings/engines');
  fireEvent.click(await screen.findByRole('button', { name: 'Account of admin' }));
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Sign out' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/login'));
  expect(platform.calls('POST /api/v1/auth/logout')).toHaveLength(1);
});
