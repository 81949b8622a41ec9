// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakePlatform, me, refusal } from '../testing/fake-platform.js';
import { applySample, END, environmentSample, lockSample, PLAN_HASH, runSample } from '../testing/infra-answers.js';
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

test('the list: how each environment stands, and the plan that waits for somebody', async () => {
  openConsole('/infrastructure');
  await heading('Infrastructure');
  const row = (await screen.findByRole('link', { name: 'production' })).closest('li');
  for (const text of ['repository/production', 'eu-central-1', 'Applied', 'version 2', 'In sync'])
    expect(row?.textContent).toContain(text);
  await waitFor(() => expect(row?.textContent).toContain('$103.65without 1 resource'));
  expect((await screen.findByRole('link', { name: /A plan waits for approval/ })).getAttribute('href')).toBe(
    '/infrastructure/runs/p1',
  );
});

test('no environment yet: the way to the first one', async () => {
  platform.answer('GET /api/v1/infra/environments', { items: [], next_cursor: null });
  openConsole('/infrastructure');
  expect(await screen.findByText('No infrastructure yet')).toBeTruthy();
  expect(screen.getByRole('link', { name: 'New environment' }).getAttribute('href')).toBe('/infrastructure/new');
});

test('a plan says what it does, hides what is sensitive, tells its cost, and is approved by its very hash', async () => {
  const router = openConsole('/infrastructure/runs/p1');
  await heading(/production.*plan/);
  const change = await screen.findByRole('region', { name: 'Change in place' });
  expect(change.textContent).toContain('"old team"→"new team"');
  expect(change.textContent).toContain('sensitive');
  expect(change.textContent).not.toContain('masked');
  expect(screen.getByRole('region', { name: 'Create' }).textContent).toContain('Known after the apply: public_ip');
  const cost = screen.getByRole('region', { name: 'Monthly cost' });
  for (const text of [
    '$100.00',
    '$103.65',
    '+$3.65',
    '1 of 2 prices checked on 2026-11-21',
    'price not checked',
    'aws_new.thing',
  ])
    expect(cost.textContent).toContain(text);
  await press('Approve and apply …');
  await press('Approve and apply');
  await waitFor(() => expect(router.state.location.pathname).toBe('/infrastructure/runs/a1'));
  expect(platform.calls('POST /api/v1/infra/plans/p1/apply')[0]?.body).toEqual({ plan_hash: PLAN_HASH });
});

test('a plan that destroys takes the environment’s name, typed', async () => {
  openConsole('/infrastructure/runs/p2');
  expect(await screen.findByText('Approving this destroys 1 resource')).toBeTruthy();
  await press('Approve and destroy …');
  const approve = await screen.findByRole('button', { name: 'Approve and destroy' });
  expect(approve).toHaveProperty('disabled', true);
  await type(/to go on/, 'production');
  fireEvent.click(approve);
  await waitFor(() => expect(platform.calls('POST /api/v1/infra/plans/p2/apply')).toHaveLength(1));
});

test('a plan that is stale says why and is planned again', async () => {
  platform.answer('GET /api/v1/infra/runs/p1', runSample({ applicable: false }));
  openConsole('/infrastructure/runs/p1');
  expect(await screen.findByText('This plan can no longer be approved')).toBeTruthy();
  expect(screen.queryByRole('button', { name: /^Approve/ })).toBeNull();
  await press('Plan again');
  await waitFor(() =>
    expect(platform.calls('POST /api/v1/infra/environments/production/runs')[0]?.body).toEqual({ kind: 'plan' }),
  );
});

test('an apply shows each resource with its time, what was not reached, and its log', async () => {
  platform.answer('GET /api/v1/infra/runs/a1', applySample({ status: 'cancelled', made_version: null }));
  openConsole('/infrastructure/runs/a1');
  const rows = within(await screen.findByRole('list', { name: 'Resources' })).getAllByRole('listitem');
  await waitFor(() =>
    expect(rows.map((row) => row.textContent)).toEqual([
      'module.network.aws_vpc.thischange in placenot reached',
      'aws_eip.natcreatedone12 s',
    ]),
  );
  expect(await screen.findByText('aws_eip.nat: Creation complete')).toBeTruthy();
  expect(screen.getByRole('group', { name: 'Outputs' }).textContent).toContain('10.20.0.9');
  expect(screen.getByRole('button', { name: 'Plan what is left' })).toBeTruthy();
});

test('a failed apply says first what failed, in Terraform’s words', async () => {
  platform.answer(
    'GET /api/v1/infra/runs/a1',
    applySample({
      status: 'failed',
      reason: 'InvalidSubnet',
      failure: {
        code: 'terraform_failed',
        message: 'InvalidSubnet',
        diagnostics: [{ summary: 'InvalidSubnet', detail: 'The subnet is full.', address: 'aws_eip.nat' }],
      },
    }),
  );
  openConsole('/infrastructure/runs/a1');
  const why = await screen.findByRole('region', { name: 'Why it failed' });
  for (const text of ['aws_eip.nat', 'InvalidSubnet', 'The subnet is full.']) expect(why.textContent).toContain(text);
});

test('a run that goes on is cancelled; its state comes by the stream', async () => {
  platform.answer('GET /api/v1/infra/runs/a1', applySample({ status: 'running', phase: 'applying', ended_at: null }));
  platform.answer('GET /api/v1/infra/runs/a1/events', refusal(404, 'none'));
  platform.answer('POST /api/v1/infra/runs/a1/cancel', applySample({ status: 'running' }));
  openConsole('/infrastructure/runs/a1');
  expect((await screen.findAllByText(/Changing resources/)).length).toBeGreaterThan(0);
  await press('Cancel this run');
  fireEvent.click(await screen.findByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(platform.calls('POST /api/v1/infra/runs/a1/cancel')).toHaveLength(1));
});

test('a foreign lock names its holder; breaking it takes an oath and the name', async () => {
  platform.answer('GET /api/v1/infra/environments/production/lock', { lock: lockSample });
  openConsole('/infrastructure/environments/production');
  expect(await screen.findByText('jonas@laptop')).toBeTruthy();
  await press('Break the lock …');
  const deed = await screen.findByRole('button', { name: 'Break the lock' });
  await type(/to go on/, 'production');
  expect(deed).toHaveProperty('disabled', true);
  fireEvent.click(screen.getByRole('checkbox', { name: /made sure/ }));
  platform.answer('POST /api/v1/infra/environments/production/unlock', new Response(null, { status: 204 }));
  fireEvent.click(deed);
  await waitFor(() =>
    expect(platform.calls('POST /api/v1/infra/environments/production/unlock')[0]?.body).toEqual({
      lock_id: 'lock-1',
      force: true,
    }),
  );
});

test('versions: what each set otherwise, and the way back', async () => {
  openConsole('/infrastructure/environments/production/versions');
  const rows = within(await screen.findByRole('group', { name: 'Versions' })).getAllByRole('row');
  expect(rows[1]?.textContent).toContain('vpc_cidr "10.10.0.0/16" → "10.20.0.0/16"');
  expect(screen.queryByRole('button', { name: 'Plan version 2 again' })).toBeNull();
  await press('Plan version 1 again');
  await waitFor(() =>
    expect(platform.calls('POST /api/v1/infra/environments/production/runs')[0]?.body).toEqual({
      kind: 'plan',
      version: 1,
    }),
  );
});

test('checks say what to mend', async () => {
  openConsole('/infrastructure/environments/production/checks');
  expect(await screen.findByText('1 to mend, 1 to look at, 1 not known')).toBeTruthy();
  expect(screen.getByText(/Give each environment a range/)).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: /Quotas/ }));
  expect((await screen.findByRole('group', { name: 'Quotas in detail' })).textContent).toContain('vCPUs30 of 32');
});

test('drift: what was found, and the schedule where it is seen', async () => {
  const drift = { status: 'drifted', checked_at: environmentSample().created_at, run_id: 'd1', changes: 2 } as const;
  platform.answer(
    'GET /api/v1/infra/environments/production',
    environmentSample({ drift: { ...environmentSample().drift, ...drift } }),
  );
  platform.answer('GET /api/v1/infra/runs/d1/events', END);
  openConsole('/infrastructure/environments/production/drift');
  expect(await screen.findByText('2 resources differ')).toBeTruthy();
  expect(await screen.findByRole('region', { name: 'What would bring it back' })).toBeTruthy();
});

test('a new environment: its variables by type; a refusal stands at the variable that it names', async () => {
  platform.answer(
    'POST /api/v1/infra/environments',
    Response.json(
      {
        type: '',
        title: 'refused',
        status: 400,
        detail: 'refused',
        code: 'invalid_field',
        request_id: 'r',
        errors: [{ field: 'variables.size', message: 'is too large', mend: 'take 3' }],
      },
      { status: 400 },
    ),
  );
  openConsole('/infrastructure/new');
  await heading('New environment');
  await press('Create environment');
  expect(await screen.findByText('Give the environment a name.')).toBeTruthy();
  await type(/^Name/, 'shop');
  fireEvent.click(await screen.findByRole('combobox', { name: /^Module/ }));
  fireEvent.click(await screen.findByRole('option', { name: 'local/shop', hidden: true }));
  fireEvent.click(await screen.findByRole('combobox', { name: /^Cloud account/ }));
  fireEvent.click(await screen.findByRole('option', { name: 'production', hidden: true }));
  await press('Create environment');
  expect(await screen.findByText('The module needs it.')).toBeTruthy();
  expect(platform.calls('POST /api/v1/infra/environments')).toEqual([]);
  const size = screen.getByRole('group', { name: 'Variable size' });
  for (const text of ['number', 'How many nodes', 'needed']) expect(size.textContent).toContain(text);
  expect(screen.queryByRole('group', { name: 'Variable zones' })).toBeNull();
  await press('Show 1 more, which has a value of its own');
  expect(screen.getByLabelText('Variable zones: value').getAttribute('placeholder')).toBe('["a", "b"]');
  const zones = (value: string) =>
    fireEvent.change(screen.getByLabelText('Variable zones: value'), { target: { value } });
  zones('no list');
  await type('Variable size: value', 'many');
  await press('Create environment');
  expect(await screen.findByText(/Give a number/)).toBeTruthy();
  expect(screen.getByText(/This is no JSON/)).toBeTruthy();
  zones('');
  await type('Variable size: value', '9');
  await press('Create environment');
  expect(await screen.findByText('Is too large.')).toBeTruthy();
  expect(platform.calls('POST /api/v1/infra/environments')[0]?.body).toMatchObject({
    name: 'shop',
    module: 'local/shop',
    account: 'production',
    variables: { size: { value: 9, sensitive: false } },
  });
});

test('a sensitive variable is kept unless something is typed', async () => {
  openConsole('/infrastructure/environments/production/edit');
  await heading('Change production');
  await press('Save environment');
  await waitFor(() =>
    expect(platform.calls('PATCH /api/v1/infra/environments/production')[0]?.body).toMatchObject({
      variables: { db_password: { sensitive: true }, vpc_cidr: { value: '10.20.0.0/16', sensitive: false } },
    }),
  );
});

test('settings: nothing is deleted while there is something; who may only read has no way to change', async () => {
  openConsole('/infrastructure/environments/production/settings');
  expect(await screen.findByRole('button', { name: 'Plan to destroy' })).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Delete environment production' })).toBeNull();
  expect(screen.getByText('kept, never shown')).toBeTruthy();
  cleanup();
  platform.answer('GET /api/v1/auth/me', { ...me, permissions: ['infra:read'] });
  openConsole('/infrastructure/environments/production/settings');
  await heading(/production/);
  await screen.findByText('kept, never shown');
  for (const name of ['Plan', 'Plan to destroy']) expect(screen.queryByRole('button', { name })).toBeNull();
});
