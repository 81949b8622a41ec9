// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildSample, failedBuild } from '../testing/build-answers.js';
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
const heading = (name: string | RegExp) => screen.findByRole('heading', { level: 1, name });
const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole('button', { name }));

test('builds: the address is the filter; two that are picked are compared', async () => {
  const router = openConsole('/builds?status=failed&active=true&team=storefront');
  await heading('Builds');
  const table = within(await screen.findByRole('group', { name: 'Builds' }));
  expect(table.getByRole('link', { name: 'Install: The lock file does not match.' })).toBeTruthy();
  const { query } = platform.calls('GET /api/v1/builds')[0] ?? { query: new URLSearchParams() };
  expect(['status', 'active', 'team'].map((key) => query.get(key))).toEqual(['failed', 'true', 'storefront']);
  fireEvent.click(table.getByRole('checkbox', { name: 'Compare build 8 of shop' }));
  fireEvent.click(table.getByRole('checkbox', { name: 'Compare build 7 of shop' }));
  fireEvent.click(await screen.findByRole('link', { name: 'Compare the two' }));
  await waitFor(() => expect(router.state.location.search).toEqual({ a: 'b2', b: 'b1' }));
});

test('a failed build says first where, what, with which code, and its last lines without their colours', async () => {
  const router = openConsole('/builds/b2');
  await heading(/shop.*#8/);
  const why = screen.getByRole('region', { name: 'Why it failed' });
  for (const text of ['Install failed', 'exit code 1', 'npm ci', 'The lock file does not match.'])
    expect(why.textContent).toContain(text);
  expect(why.querySelector('pre')?.textContent).toBe('npm error code EUSAGE\nnpm error Missing: left-pad');
  expect(screen.getByText('This build ran on the host, without isolation')).toBeTruthy();
  expect(screen.getByText('The build image aws/codebuild/standard:7.0 was substituted')).toBeTruthy();
  await press('Build again');
  await waitFor(() => expect(router.state.location.pathname).toBe('/builds/b1'));
});

test('a good build: phases, gates, tests with the failed one first, coverage, artifacts, exports and log', async () => {
  openConsole('/builds/b1');
  await heading(/shop.*#7/);
  const phases = screen.getByRole('list', { name: 'Phases' });
  expect(phases.textContent).toContain('Install12 sdone');
  expect(screen.getByText('no deployment may use this build')).toBeTruthy();
  const tests = within(await screen.findByRole('group', { name: 'Tests of unit' })).getAllByRole('row');
  expect(tests[1]?.textContent).toContain('expected 1 to be 2');
  expect(await screen.findByText('83 %')).toBeTruthy();
  expect(screen.getByText('old.info: line 3 is no record')).toBeTruthy();
  expect((await screen.findByRole('link', { name: 'Download dist/server.js' })).getAttribute('href')).toBe(
    '/api/v1/builds/b1/artifacts/download?artifact=primary&path=dist%2Fserver.js',
  );
  expect(screen.getByText('IMAGE_TAG')).toBeTruthy();
  expect(await screen.findByText('added 214 packages')).toBeTruthy();
});

test('a build that waits tells its place; one that runs can be stopped once', async () => {
  const waiting = buildSample({
    status: 'queued',
    ended_at: null,
    queue: { position: 3, reason: 'The account is full.', estimated_start_at: null, estimated_seconds: null },
  });
  platform.answer('GET /api/v1/builds/b1', waiting);
  platform.answer('GET /api/v1/builds/b1/events', refusal(404, 'none'));
  openConsole('/builds/b1');
  expect(await screen.findByText('Place 3 in the queue')).toBeTruthy();
  platform.answer('GET /api/v1/builds/b1', { ...waiting, stop_requested: true });
  await press('Stop');
  expect(await screen.findByRole('button', { name: 'Stopping …' })).toHaveProperty('disabled', true);
});

test('an event of the stream is the build; an end is not left again', async () => {
  platform.answer(
    'GET /api/v1/builds/b1',
    buildSample({ status: 'in_progress', status_reason: 'phase BUILD', ended_at: null }),
  );
  const event = (id: number, build: unknown) => `id: ${id}\nevent: build\ndata: ${JSON.stringify(build)}\n\n`;
  platform.answer(
    'GET /api/v1/builds/b1/events',
    event(1, failedBuild) + event(2, buildSample({ status: 'in_progress', status_reason: 'phase INSTALL' })),
  );
  openConsole('/builds/b1');
  expect(await screen.findByText('The lock file does not match.')).toBeTruthy();
});

test('who may only read builds has no way to stop, start again or weigh', async () => {
  platform.answer('GET /api/v1/auth/me', { ...me, permissions: ['build:read'] });
  openConsole('/builds/b2');
  await heading(/shop/);
  expect(screen.queryByRole('button', { name: 'Build again' })).toBeNull();
  cleanup();
  openConsole('/builds/queue');
  await screen.findByText('The account is full.');
  expect(screen.queryByRole('button', { name: 'Set a share' })).toBeNull();
});

test('the queue names place, reason and load; a share is changed where it is seen', async () => {
  openConsole('/builds/queue');
  const meter = await screen.findByRole('meter', { name: 'Builds running in production' });
  expect(meter.getAttribute('aria-valuenow')).toBe('10');
  await press('Change the share of storefront');
  fireEvent.change(await screen.findByLabelText(/^Weight/), { target: { value: '5' } });
  await press('Set the share');
  await waitFor(() =>
    expect(platform.calls('PUT /api/v1/builds/queue/teams/storefront')[0]?.body).toEqual({ weight: 5 }),
  );
});

test('usage and comparison', async () => {
  openConsole('/builds/usage');
  const row = within(await screen.findByRole('group', { name: 'Usage by project' })).getAllByRole('row')[1];
  expect(row?.textContent).toContain('75 %');
  expect(row?.textContent).toContain('$0.06');
  cleanup();
  openConsole('/builds/compare?a=b1&b=b2');
  expect(await screen.findByText('+8.0 s')).toBeTruthy();
  expect(screen.getByText('Newly failing: 1')).toBeTruthy();
});
