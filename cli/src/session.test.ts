import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { commandWith, platformWith, problem, type Asked } from './testing/platform-double.js';

const user = {
  id: '0190a1b2-0000-7000-8000-000000000009',
  username: 'ann',
  display_name: null,
  roles: ['developer'],
  disabled: false,
  created_at: '2026-01-01T00:00:00.000Z',
  last_login_at: null,
};
const account = {
  'GET /api/v1/auth/me': ({ headers }: Asked) =>
    headers.authorization === 'Bearer good-token'
      ? { body: { user, permissions: [], csrf_token: null } }
      : problem(401, 'login_required', 'Sign in first'),
  'POST /api/v1/auth/login': ({ body }: Asked) =>
    (body as { password: string }).password === 'open sesame 1'
      ? { body: { access_token: 'good-token', expires_at: '2026-01-01T12:00:00.000Z', csrf_token: 'c', user } }
      : problem(401, 'bad_credentials', 'The user or the password is wrong'),
  'POST /api/v1/auth/logout': () => ({ body: {} }),
};

test('a password from standard input becomes a session that only its owner can read; logout ends it there and here', async () => {
  const platform = await platformWith(account);
  const deployer = commandWith({});
  const login = await deployer(['login', platform.url, '--username', 'ann', '--password-stdin'], {
    stdin: 'open sesame 1\n',
  });
  expect(login).toMatchObject({ code: 0, out: `Signed in to ${platform.url} as ann (developer)\n` });
  expect(await deployer(['whoami'])).toMatchObject({ code: 0, out: `ann (developer) at ${platform.url}\n` });
  expect(JSON.parse((await deployer(['whoami', '--json'])).out)).toMatchObject({ user: { username: 'ann' } });
  expect((await deployer(['logout'])).code).toBe(0);
  expect(platform.asked.at(-1)).toMatchObject({ path: '/api/v1/auth/logout', method: 'POST' });
  expect((await deployer(['whoami'], { env: { DEPLOYER_URL: platform.url } })).code).toBe(5);
});

test('what is kept is readable by its owner only and holds no password', async () => {
  const platform = await platformWith(account);
  const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-cli-home-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const deployer = commandWith({ XDG_CONFIG_HOME: folder });
  await deployer(['login', platform.url, '--username', 'ann', '--password-stdin'], { stdin: 'open sesame 1' });
  const file = join(folder, 'aws-deployer', 'credentials.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain('sesame');
  await deployer(['logout']);
  expect(readdirSync(join(folder, 'aws-deployer'))).toEqual([]);
});

test('a wrong password and a wrong token are exit code 5, and nothing is kept', async () => {
  const platform = await platformWith(account);
  const deployer = commandWith({ DEPLOYER_URL: platform.url });
  const wrong = await deployer(['login', '--username', 'ann', '--password-stdin'], { stdin: 'guess' });
  expect(wrong).toMatchObject({ code: 5, err: expect.stringContaining('The user or the password is wrong') as string });
  expect((await deployer(['login', '--token', 'bad'])).code).toBe(5);
  expect((await deployer(['whoami'])).code).toBe(5);
});

test('without a terminal there is nobody to ask: usage, with the way out', async () => {
  const deployer = commandWith({});
  expect(await deployer(['login', 'http://127.0.0.1:9'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--password-stdin') as string,
  });
  expect((await deployer(['login', 'ftp://x', '--token', 't'])).code).toBe(2);
});

test('a kept token goes to its own platform only; DEPLOYER_TOKEN goes before it', async () => {
  const [one, two] = [await platformWith(account), await platformWith(account)];
  const deployer = commandWith({});
  await deployer(['login', one.url, '--token', 'good-token']);
  expect((await deployer(['whoami'], { env: { DEPLOYER_URL: two.url } })).code).toBe(5);
  expect(two.asked[0]?.headers.authorization).toBeUndefined();
  expect((await deployer(['whoami'], { env: { DEPLOYER_URL: two.url, DEPLOYER_TOKEN: 'good-token' } })).code).toBe(0);
});
