// @vitest-environment jsdom
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renderConsole } from '../testing/render.js';
import { DeployForm } from './deploy-form.js';
import { BLANK } from './form-values.js';

interface Sent {
  readonly key: string | null;
  readonly body: unknown;
}
const realFetch = globalThis.fetch;
let sent: Sent[] = [];
let answers: Response[] = [];

beforeEach(() => {
  sent = [];
  answers = [];
  // The console's one door to the network: what leaves it is what is tested here.
  globalThis.fetch = (_path, init) => {
    if (init?.method !== 'POST') return Promise.resolve(Response.json({ items: [], next_cursor: null }));
    const headers = new Headers(init.headers);
    sent.push({ key: headers.get('idempotency-key'), body: JSON.parse(init.body as string) as unknown });
    return Promise.resolve(answers.shift() ?? Response.json({}, { status: 500 }));
  };
});
afterEach(() => {
  cleanup();
  globalThis.fetch = realFetch;
});

const refusal = (...errors: { field: string; message: string; mend: string }[]) =>
  Response.json(
    { type: '', title: 'Invalid', status: 400, detail: 'not valid', code: 'invalid', request_id: 'r', errors },
    { status: 400 },
  );
const input = (name: string | RegExp) => screen.getByRole<HTMLInputElement>('textbox', { name });
const pressDeploy = () => fireEvent.click(screen.getByRole('button', { name: 'Deploy' }));

test('what is missing is told without asking the server', async () => {
  await renderConsole(<DeployForm initial={BLANK} />);
  pressDeploy();
  expect(await screen.findByText('Give the application a name.')).toBeTruthy();
  expect(screen.getByText('Give the address of the repository.')).toBeTruthy();
  expect(sent).toEqual([]);
});

test('the name follows the repository until one is typed', async () => {
  await renderConsole(<DeployForm initial={BLANK} />);
  fireEvent.change(input(/^Repository/), { target: { value: 'https://github.com/acme/Web_Shop.git' } });
  expect(input(/^Application/).value).toBe('web-shop');
  fireEvent.change(input(/^Application/), { target: { value: 'mine' } });
  fireEvent.change(input(/^Repository/), { target: { value: 'https://github.com/acme/other.git' } });
  expect(input(/^Application/).value).toBe('mine');
});

test('a refusal marks its inputs with the mend and opens the folded part; a retry keeps its key', async () => {
  answers = [
    refusal(
      { field: 'source.repo_url', message: 'is not reachable', mend: 'check the address' },
      { field: 'workload.route.host', message: 'is taken by billing', mend: 'choose another host' },
      { field: 'strategy.type', message: 'is not known', mend: 'leave it out' },
    ),
  ];
  await renderConsole(
    <DeployForm initial={{ ...BLANK, application: 'shop', repoUrl: 'https://x.example/shop.git' }} />,
  );
  expect(screen.getByRole('button', { name: /Advanced/ }).getAttribute('aria-expanded')).toBe('false');
  pressDeploy();
  expect(await screen.findByText(/Is not reachable/)).toBeTruthy();
  expect(screen.getByText('Check the address.')).toBeTruthy();
  expect(screen.getByText('Choose another host.')).toBeTruthy();
  expect(screen.getByRole('alert').textContent).toContain('strategy.type: Is not known. Leave it out.');
  expect(screen.getByRole('button', { name: /Advanced/ }).getAttribute('aria-expanded')).toBe('true');
  expect(input(/^Repository/).getAttribute('aria-invalid')).toBe('true');
  pressDeploy();
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[0]?.key).toBe(sent[1]?.key);
  expect(sent[0]?.body).toMatchObject({ application: 'shop', source: { type: 'git' } });
});

test('checking asks and deploys nothing; the answer says what would fail, and that it is old once the form changes', async () => {
  const failing = {
    state: 'fail',
    code: 'quota_exceeded',
    fault: 'release',
    object: 'ResourceQuota team',
    evidence: [],
  };
  const checks = [{ ...failing, name: 'quota', message: 'The quota has no room.', mend: 'Ask for less.' }];
  answers = [Response.json({ ok: false, checks, diff: null, duration_ms: 90 })];
  await renderConsole(
    <DeployForm initial={{ ...BLANK, application: 'shop', repoUrl: 'https://x.example/shop.git' }} />,
  );
  fireEvent.click(screen.getByRole('button', { name: 'Check before deploying' }));
  expect(await screen.findByText('It would fail: one check would stop it')).toBeTruthy();
  expect(screen.getByText('Ask for less.')).toBeTruthy();
  expect(sent).toMatchObject([{ key: null, body: { application: 'shop' } }]);
  expect(screen.queryByText(/The form was changed since/)).toBeNull();
  fireEvent.change(input(/^Application/), { target: { value: 'store' } });
  expect(screen.getByText(/The form was changed since/)).toBeTruthy();
});

test('a refused time limit marks the field of its stage alone, and is forgotten when a limit is changed', async () => {
  answers = [refusal({ field: 'timeouts.monitoring', message: 'must be 65 s or more', mend: 'raise it' })];
  await renderConsole(
    <DeployForm
      initial={{ ...BLANK, application: 'shop', repoUrl: 'https://x.example/shop.git', timeouts: { monitoring: 6 } }}
    />,
  );
  pressDeploy();
  expect(await screen.findByText(/Must be 65 s or more/)).toBeTruthy();
  const monitoring = input('Monitor: most seconds');
  expect(monitoring.getAttribute('aria-invalid')).toBe('true');
  expect(input('Validate: most seconds').getAttribute('aria-invalid')).not.toBe('true');
  await waitFor(() => expect(document.activeElement).toBe(monitoring));
  fireEvent.change(monitoring, { target: { value: '70' } });
  await waitFor(() => expect(screen.queryByText(/Must be 65 s or more/)).toBeNull());
});

test('a command of before is told, sent again, and left out with a press', async () => {
  await renderConsole(
    <DeployForm
      initial={{
        ...BLANK,
        application: 'shop',
        repoUrl: 'https://x.example/shop.git',
        command: ['sh', '-c', 'exec serve'],
        args: ['--port'],
      }}
    />,
  );
  fireEvent.click(screen.getByRole('button', { name: /Advanced/ }));
  expect(await screen.findByText('sh -c "exec serve"')).toBeTruthy();
  pressDeploy();
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]?.body).toMatchObject({ workload: { command: ['sh', '-c', 'exec serve'], args: ['--port'] } });
  fireEvent.click(screen.getByRole('button', { name: 'Run the image’s own command' }));
  pressDeploy();
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(JSON.stringify(sent[1]?.body)).not.toContain('exec serve');
});

test('mending one refused field leaves the cursor in it, though another one is still refused', async () => {
  await renderConsole(<DeployForm initial={{ ...BLANK, environment: '' }} />);
  pressDeploy();
  const repository = input(/^Repository/);
  await waitFor(() => expect(document.activeElement).toBe(repository));
  fireEvent.change(repository, { target: { value: 'h' } });
  expect(screen.queryByText('Give the application a name.')).toBeNull(); // it is named after the repository
  expect(screen.getByText('Name the environment.')).toBeTruthy();
  expect(document.activeElement).toBe(repository);
});
