// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectSample } from '../testing/build-answers.js';
import { FakePlatform, me } from '../testing/fake-platform.js';
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
const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole('button', { name }));
const type = async (label: string | RegExp, value: string) =>
  fireEvent.change(await screen.findByLabelText(label, { selector: 'input' }), { target: { value } });

test('projects: search goes to the server, projects of the account are imported', async () => {
  openConsole('/builds/projects');
  expect(await screen.findByRole('link', { name: 'shop' })).toBeTruthy();
  await type('Search projects', 'sho');
  await waitFor(() => expect(platform.calls('GET /api/v1/build-projects').at(-1)?.query.get('q')).toBe('sho'));
  await press('Import from AWS');
  fireEvent.click(await screen.findByRole('checkbox', { name: 'payments' }));
  expect(screen.getByRole('checkbox', { name: 'shop' })).toHaveProperty('disabled', true);
  await press('Import 1 project');
  expect(await screen.findByText('1 project imported')).toBeTruthy();
  expect(screen.getByText(/file systems/)).toBeTruthy();
  expect(platform.calls('POST /api/v1/build-projects/import')[0]?.body).toEqual({
    account: 'production',
    region: 'eu-central-1',
    names: ['payments'],
    team: 'default',
  });
});

test('a new project: name and kind follow the address, the webhook’s secret is shown this once', async () => {
  const router = openConsole('/builds/projects/new');
  await type(/^Repository or object/, 'https://gitlab.com/acme/docs.git');
  expect((await screen.findByLabelText<HTMLInputElement>(/^Project name/)).value).toBe('docs');
  expect(screen.getByLabelText<HTMLInputElement>(/^Kind/, { selector: 'input' }).value).toBe('GitLab');
  await press(/^Webhook and badge/);
  fireEvent.click(await screen.findByRole('switch', { name: /^Build at every push/ }));
  await press('Create project');
  await waitFor(() => expect(router.state.location.pathname).toBe('/builds/projects/docs'));
  expect(platform.calls('POST /api/v1/build-projects')[0]?.body).toMatchObject({
    name: 'docs',
    source: { type: 'gitlab', location: 'https://gitlab.com/acme/docs.git' },
    webhook: { filter_groups: [] },
  });
  expect((await screen.findByTestId('webhook-secret')).textContent).toBe('whs_once');
  await press('I have copied it');
  await waitFor(() => expect(screen.queryByTestId('webhook-secret')).toBeNull());
});

test('a refusal marks its input and opens its section', async () => {
  platform.answer(
    'PATCH /api/v1/build-projects/shop',
    Response.json(
      {
        type: '',
        title: 'refused',
        status: 400,
        detail: 'no',
        code: 'invalid_request',
        request_id: 'r',
        errors: [{ field: 'timeout_minutes', message: 'is too long', mend: 'give at most 2160' }],
      },
      { status: 400 },
    ),
  );
  openConsole('/builds/projects/shop/edit');
  await heading('Change shop');
  const fold = await screen.findByRole('button', { name: /^Times and limits/ });
  expect(fold.getAttribute('aria-expanded')).toBe('false');
  await press('Save project');
  expect(await screen.findByText('Is too long.')).toBeTruthy();
  expect(fold.getAttribute('aria-expanded')).toBe('true');
});

test('a buildspec written here is checked as it is typed: problems stand with line and column', async () => {
  platform.answer('POST /api/v1/build-projects/check-buildspec', {
    valid: false,
    problems: [{ line: 1, column: 10, path: 'version', message: 'Version 0.3 is none.', mend: 'Use 0.2.' }],
    warnings: [],
  });
  openConsole('/builds/projects/new');
  await heading('New build project');
  fireEvent.click(screen.getByRole('radio', { name: 'Written here' }));
  await press('Node');
  const problems = await screen.findByRole('list', { name: 'Problems of the buildspec' });
  expect(problems.textContent).toContain('1:10');
  expect(problems.textContent).toContain('Use 0.2.');
  expect(screen.getByText('1 problem')).toBeTruthy();
});

test('a project: settings in words; a build starts with what differs; delete asks for the name', async () => {
  const router = openConsole('/builds/projects/shop');
  await heading(/shop/);
  expect(await screen.findByText(/tests passed, line coverage at least 80 %/)).toBeTruthy();
  await press('Start build');
  await type(/^Branch, tag or commit/, 'release/2');
  await type('Variable 1: name', 'DRY_RUN');
  fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Start build' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/builds/b1'));
  expect(platform.calls('POST /api/v1/build-projects/shop/builds')[0]?.body).toEqual({
    source_version: 'release/2',
    variables: [{ name: 'DRY_RUN', value: '', type: 'PLAINTEXT' }],
  });
  cleanup();
  openConsole('/builds/projects/shop');
  await press('Delete project shop');
  const dialog = within(await screen.findByRole('dialog', { name: 'Delete project shop?' }));
  expect(dialog.getByRole('button', { name: 'Delete' })).toHaveProperty('disabled', true);
  fireEvent.change(dialog.getByRole('textbox'), { target: { value: 'shop' } });
  fireEvent.click(dialog.getByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(platform.calls('DELETE /api/v1/build-projects/shop')).toHaveLength(1));
});

test('who may only read sees a project and no way to change it, not by its address either', async () => {
  platform.answer('GET /api/v1/auth/me', { ...me, permissions: ['build:read'] });
  platform.answer('GET /api/v1/build-projects/shop', projectSample({ badge_url: '/badge.svg' }));
  openConsole('/builds/projects/shop');
  expect(await screen.findByText(/^!\[shop\]/)).toBeTruthy();
  for (const name of ['Start build', 'Change', 'Clone', 'Delete project shop'])
    expect(screen.queryByRole('button', { name })).toBeNull();
  cleanup();
  openConsole('/builds/projects/new');
  expect(await screen.findByText('Your role may not do this')).toBeTruthy();
});
