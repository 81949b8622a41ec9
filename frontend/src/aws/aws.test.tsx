// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { awsResult } from '../testing/build-answers.js';
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
const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole('button', { name }));
const STOP = 'POST /api/v1/aws/operations/ec2.stop_instances/run';
const needed = {
  confirmation_needed: true,
  operation: 'ec2.stop_instances',
  effect: 'change',
  region: 'eu-central-1',
  account: 'production',
  summary: 'Would stop i-1.',
  confirm: 'token-1',
  expires_at: '2099-01-01T00:00:00.000Z',
};
const asked = (change: object) => ({
  confirmation_needed: false,
  query: 'words',
  operation: null,
  parameters: {},
  candidates: [
    {
      operation: 'ec2.stop_instances',
      title: 'Stop instances',
      effect: 'change',
      score: 0.5,
      parameters: { instance_ids: ['i-7'] },
      missing: [],
    },
  ],
  understood_by: 'local',
  summary: 'No operation fits these words.',
  expires_at: null,
  output: null,
  ...change,
});

test('an operation that reads runs at once; the next page is added to the table', async () => {
  platform.answer('POST /api/v1/aws/operations/ec2.describe_instances/run', awsResult({ next_cursor: 'p2' }));
  openConsole('/aws');
  fireEvent.click(await screen.findByRole('link', { name: 'List instances' }));
  await press('Run');
  const table = await screen.findByRole('group', { name: 'Result' });
  expect(within(table).getAllByRole('row')).toHaveLength(2);
  platform.answer(
    'POST /api/v1/aws/operations/ec2.describe_instances/run',
    awsResult({ rows: [{ id: 'i-2', state: 'stopped' }] }),
  );
  await press('Load more');
  await waitFor(() => expect(within(table).getAllByRole('row')).toHaveLength(3));
  const bodies = platform.calls('POST /api/v1/aws/operations/ec2.describe_instances/run').map(({ body }) => body);
  expect(bodies).toEqual([
    { parameters: {}, account: 'production' },
    { parameters: {}, account: 'production', cursor: 'p2' },
  ]);
});

test('what changes anything is done only with the token of its confirmation', async () => {
  platform.answer('POST /api/ask', asked({}));
  platform.answer(STOP, Response.json(needed, { status: 202 }));
  openConsole('/aws');
  fireEvent.change(await screen.findByLabelText('What do you want to know or do?'), { target: { value: 'halt i-7' } });
  await press('Ask');
  await press('Stop instances');
  await press('Run …');
  expect(await screen.findByText('Would stop i-1.')).toBeTruthy();
  platform.answer(STOP, awsResult({ operation: 'ec2.stop_instances' }));
  await press('Do it');
  await screen.findByRole('group', { name: 'Result' });
  expect(platform.calls(STOP).map(({ body }) => body)).toEqual([
    { parameters: { instance_ids: ['i-7'] }, account: 'production' },
    { parameters: { instance_ids: ['i-7'] }, account: 'production', confirm: 'token-1' },
  ]);
});

test('who may only read AWS is told so beside an operation that changes it', async () => {
  platform.answer('GET /api/v1/auth/me', { ...me, permissions: ['aws:read'] });
  openConsole('/aws?operation=ec2.stop_instances');
  expect(await screen.findByText(/needs aws:write/)).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Run …' })).toBeNull();
});

test('words that fit none show what comes nearest, which opens with what the words gave', async () => {
  platform.answer('POST /api/ask', asked({}));
  openConsole('/aws');
  fireEvent.change(await screen.findByLabelText('What do you want to know or do?'), { target: { value: 'halt i-7' } });
  await press('Ask');
  expect(await screen.findByText('No operation fits these words.')).toBeTruthy();
  await press('Stop instances');
  expect(await screen.findByText('i-7')).toBeTruthy();
});

test('words that change something ask first; a no does nothing', async () => {
  platform.answer(
    'POST /api/ask',
    asked({ confirmation_needed: true, operation: 'ec2.stop_instances', summary: 'Would stop i-7.' }),
  );
  platform.answer('POST /api/confirm', {
    success: true,
    query: 'words',
    operation: 'ec2.stop_instances',
    decision: 'cancelled',
    summary: 'Nothing was done.',
    output: null,
  });
  openConsole('/aws');
  fireEvent.change(await screen.findByLabelText('What do you want to know or do?'), { target: { value: 'stop i-7' } });
  await press('Ask');
  await press('Do nothing');
  expect(await screen.findByText('Nothing was done.')).toBeTruthy();
  expect(platform.calls('POST /api/confirm')[0]?.body).toEqual({ query: 'words', decision: false });
});

test('without an account of AWS the pages say where to add one', async () => {
  platform.answer('GET /api/v1/cloud-accounts', { items: [], next_cursor: null });
  openConsole('/images');
  expect(await screen.findByText('There is no AWS account yet')).toBeTruthy();
  expect(platform.calls('GET /api/v1/images/repositories')).toHaveLength(0);
});
