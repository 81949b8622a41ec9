import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { migrationsOf, runServices } from '@aws-deployer/platform/runtime/run-services';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestAnswer, type TestService } from '@aws-deployer/platform/testing/test-service';
import type { AuthSchema } from './schema.js';
import { authModule } from './service.js';
import { hashPassword } from './users/password.js';

const ADMIN_PASSWORD = 'canary-admin-password';
const printed: string[] = [];
const module = authModule((line) => printed.push(line));

describe.each(testDatabases())('auth-service on $kind', (kind) => {
  let service: TestService<AuthSchema>;
  let admin = '';
  const secrets = [ADMIN_PASSWORD];

  const login = (username: string, password: string, headers: Record<string, string> = {}): Promise<TestAnswer> =>
    service.send('POST', '/api/v1/auth/login', { username, password }, { as: null, headers });
  const bearer = (token: string) => ({ as: null, headers: { authorization: `Bearer ${token}` } }) as const;
  const asAdmin = () => bearer(admin);
  const tokenOf = async (username: string, password: string): Promise<string> => {
    const { access_token: token } = (await login(username, password)).body as { access_token: string };
    secrets.push(token);
    return token;
  };
  /** A user of one role with a name nobody else has; its password. */
  const addUser = async (username: string, ...roles: string[]): Promise<{ id: string; password: string }> => {
    const password = `canary-${username}-password`;
    secrets.push(password);
    const answer = await service.send('POST', '/api/v1/users', { username, password, roles }, asAdmin());
    expect(answer.status).toBe(201);
    return { id: (answer.body as { id: string }).id, password };
  };
  const actions = async (): Promise<Record<string, unknown>[]> =>
    (await service.test.database.db.selectFrom('outbox').select('record').orderBy('seq').execute()).map(
      ({ record }) => JSON.parse(record) as Record<string, unknown>,
    );

  beforeAll(async () => {
    service = await startTestService<AuthSchema>(module, kind, {
      env: { ADMIN_PASSWORD, TRUSTED_PROXIES: '1' },
      remotePrincipals: true,
    });
    admin = await tokenOf('admin', ADMIN_PASSWORD);
  });
  afterAll(() => service.stop());

  test('the first admin signs in; the cookie is bound to this site; the action is on the log', async () => {
    const answer = await login('Admin', ADMIN_PASSWORD);
    expect(answer).toMatchObject({ status: 200, body: { user: { username: 'admin', roles: ['admin'] } } });
    const hours = (Date.parse(String(answer.body.expires_at)) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(11.9);
    expect(hours).toBeLessThanOrEqual(12);
    const cookie = String(answer.headers['set-cookie']);
    expect(cookie).toMatch(/^aws_deployer_session=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/);
    const proxied = await login('admin', ADMIN_PASSWORD, { 'x-forwarded-proto': 'https' });
    expect(String(proxied.headers['set-cookie'])).toMatch(/; Secure$/);
    expect((await actions()).filter(({ action_type: type }) => type === 'auth.login').at(-1)).toMatchObject({
      user_id: 'admin',
      outcome: 'succeeded',
      endpoint: 'POST /api/v1/auth/login',
    });
    expect(printed).toEqual([]);
  });

  test('a cookie reads; it writes only with its CSRF token; a Bearer token needs none', async () => {
    const answer = await login('admin', ADMIN_PASSWORD);
    const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? '';
    const me = await service.send('GET', '/api/v1/auth/me', undefined, { as: null, headers: { cookie } });
    expect(me).toMatchObject({ status: 200, body: { permissions: ['*'], csrf_token: answer.body.csrf_token } });
    const logout = (headers: Record<string, string>) =>
      service.send('POST', '/api/v1/auth/logout', undefined, { as: null, headers });
    expect(await logout({ cookie })).toMatchObject({ status: 403, body: { code: 'csrf_missing' } });
    expect(await logout({ cookie, 'x-csrf-token': 'wrong' })).toMatchObject({ status: 403 });
    expect(await logout({ cookie, 'x-csrf-token': String(me.body.csrf_token) })).toMatchObject({ status: 204 });
    expect(await service.send('GET', '/api/v1/auth/me', undefined, { as: null, headers: { cookie } })).toMatchObject({
      status: 401,
      body: { code: 'bad_credentials' },
    });
    const other = await tokenOf('admin', ADMIN_PASSWORD);
    expect(await service.send('GET', '/api/v1/auth/me', undefined, bearer(other))).toMatchObject({
      status: 200,
      body: { csrf_token: null },
    });
    expect((await service.send('POST', '/api/v1/auth/logout', undefined, bearer(other))).status).toBe(204);
    expect((await service.send('GET', '/api/v1/auth/me', undefined, bearer(other))).status).toBe(401);
  });

  test('a wrong password and an unknown name get the same words and are on the log by the name tried', async () => {
    await addUser('wendy', 'viewer');
    const [wrong, unknown] = [await login('wendy', 'not her password'), await login('nobody-here', 'x')];
    expect(wrong).toMatchObject({ status: 401, body: { code: 'bad_login' } });
    expect(unknown.body.detail).toBe(wrong.body.detail);
    const denied = (await actions()).filter(({ outcome }) => outcome === 'denied');
    for (const name of ['wendy', 'nobody-here'])
      expect(denied.filter(({ user_id: user }) => user === name)).toMatchObject([
        { action_type: 'auth.login', target: name, request_data: { username: name, password: '[masked]' } },
      ]);
  });

  test('five failures lock this account for this address only, also for the right password; a success clears them', async () => {
    const { password } = await addUser('lara', 'viewer');
    for (let i = 0; i < 4; i += 1) expect((await login('lara', 'wrong')).status).toBe(401);
    expect((await login('lara', password)).status).toBe(200);
    const burst = await Promise.all(Array.from({ length: 8 }, () => login('LARA', 'wrong')));
    expect(burst.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const locked = await login('lara', password);
    expect(locked).toMatchObject({ status: 429, body: { code: 'locked_out' } });
    expect(locked.body.detail).toMatch(/^Too many failed tries for lara from this address: wait \d+ s/);
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(20);
    expect((await login('lara', password, { 'x-forwarded-for': '203.0.113.9' })).status).toBe(200);
  });

  test('a one-time code is refused clearly where none is set up', async () => {
    const answer = await service.send(
      'POST',
      '/api/v1/auth/login',
      { username: 'admin', password: ADMIN_PASSWORD, totp: '123456' },
      { as: null },
    );
    expect(answer).toMatchObject({ status: 400, body: { code: 'totp_not_configured', errors: [{ field: 'totp' }] } });
  });

  test('an API token is shown once, carries its scopes only, is listed, used and revoked', async () => {
    const { password } = await addUser('tom', 'developer');
    const tom = bearer(await tokenOf('tom', password));
    const made = await service.send(
      'POST',
      '/api/v1/tokens',
      { name: 'ci', scopes: ['deployment:create', 'token:own'] },
      { ...tom, headers: { ...tom.headers, 'idempotency-key': 'token-key-1' } },
    );
    expect(made.status).toBe(201);
    const { token, id } = made.body as { token: string; id: string };
    secrets.push(token);
    expect(token).toMatch(/^adp_/);
    const script = bearer(token);
    expect(await service.send('GET', '/api/v1/auth/me', undefined, script)).toMatchObject({
      body: { permissions: ['deployment:create', 'token:own'], csrf_token: null },
    });
    expect(await service.send('GET', '/api/v1/auth/can-i?action=secret:write', undefined, script)).toMatchObject({
      body: { allowed: false, reason: expect.stringContaining('lacks secret:write') as string },
    });
    const child = await service.send('POST', '/api/v1/tokens', { name: 'child' }, script);
    secrets.push(String(child.body.token));
    expect(child.body.scopes).toEqual(['deployment:create', 'token:own']); // not all of tom's
    expect(
      await service.send('POST', '/api/v1/tokens', { name: 'x', scopes: ['secret:write', 'flying'] }, script),
    ).toMatchObject({ status: 400, body: { errors: [{ field: 'scopes.0' }, { field: 'scopes.1' }] } });
    const listed = await service.send('GET', '/api/v1/tokens', undefined, tom);
    expect(JSON.stringify(listed.body)).not.toContain(token);
    expect(listed.body.items).toMatchObject([{ name: 'child' }, { name: 'ci', username: 'tom' }]);
    expect(listed.body.items[1].last_used_at).not.toBeNull();
    expect((await service.send('GET', '/api/v1/tokens?all=true', undefined, tom)).status).toBe(403);
    const stranger = bearer(await tokenOf('admin', ADMIN_PASSWORD));
    expect(
      (await service.send('GET', '/api/v1/tokens?all=true&limit=1', undefined, stranger)).body.next_cursor,
    ).toEqual(expect.any(String));
    expect((await service.send('DELETE', `/api/v1/tokens/${id}`, undefined, stranger)).status).toBe(204);
    expect((await service.send('GET', '/api/v1/auth/me', undefined, script)).status).toBe(401);
    expect(await service.send('DELETE', `/api/v1/tokens/${id}`, undefined, tom)).toMatchObject({ status: 404 });
    expect((await actions()).filter(({ target }) => target === id)).toMatchObject([
      { action_type: 'token.create', after: { name: 'ci' }, user_id: 'tom' },
      { action_type: 'token.revoke', before: { name: 'ci' }, user_id: 'admin' },
      { action_type: 'token.revoke', outcome: 'failed' },
    ]);
  });

  test('an expired token and an expired session are nobody', async () => {
    const { password, id } = await addUser('erin', 'viewer');
    const session = await tokenOf('erin', password);
    const made = await service.send('POST', '/api/v1/tokens', { name: 'short' }, bearer(session));
    secrets.push(String(made.body.token));
    const { db } = service.test.database;
    const past = { expires_at: new Date(Date.now() - 1).toISOString() };
    await db.updateTable('tokens').set(past).where('user_id', '=', id).execute();
    await db.updateTable('sessions').set(past).where('user_id', '=', id).execute();
    for (const token of [session, String(made.body.token)])
      expect((await service.send('GET', '/api/v1/auth/me', undefined, bearer(token))).status).toBe(401);
  });

  test('users: made, read by name or id, changed with before and after, disabled, removed', async () => {
    const { id, password } = await addUser('uma', 'viewer');
    expect(
      await service.send('POST', '/api/v1/users', { username: 'UMA', password, roles: ['viewer'] }, asAdmin()),
    ).toMatchObject({ status: 409, body: { code: 'username_taken', errors: [{ field: 'username' }] } });
    const uma = bearer(await tokenOf('uma', password));
    expect(await service.send('GET', '/api/v1/users', undefined, uma)).toMatchObject({ status: 403 });
    expect((await service.send('GET', '/api/v1/users/uma', undefined, asAdmin())).body.id).toBe(id);
    await service.send('PATCH', `/api/v1/users/${id}`, { roles: ['developer'], display_name: 'Uma' }, asAdmin());
    expect((await actions()).filter(({ target }) => target === id).at(-1)).toMatchObject({
      action_type: 'user.update',
      before: { roles: ['viewer'], display_name: null },
      after: { roles: ['developer'], display_name: 'Uma' },
    });
    await service.send('PATCH', '/api/v1/users/uma', { disabled: true }, asAdmin());
    expect((await service.send('GET', '/api/v1/auth/me', undefined, uma)).status).toBe(401);
    expect(await login('uma', password)).toMatchObject({ status: 401, body: { code: 'account_disabled' } });
    await service.send('PATCH', '/api/v1/users/uma', { disabled: false }, asAdmin());
    expect((await service.send('GET', '/api/v1/auth/me', undefined, uma)).status).toBe(401); // the session had ended
    expect((await service.send('DELETE', '/api/v1/users/uma', undefined, asAdmin())).status).toBe(204);
    expect((await service.send('GET', '/api/v1/users/uma', undefined, asAdmin())).status).toBe(404);
  });

  test('the last admin stays, also when two try to remove each other at once', async () => {
    const last = { status: 409, body: { code: 'last_admin' } };
    expect(await service.send('DELETE', '/api/v1/users/admin', undefined, asAdmin())).toMatchObject(last);
    expect(await service.send('PATCH', '/api/v1/users/admin', { disabled: true }, asAdmin())).toMatchObject(last);
    expect(await service.send('PATCH', '/api/v1/users/admin', { roles: ['devops'] }, asAdmin())).toMatchObject(last);
    const { password } = await addUser('second', 'admin');
    const second = bearer(await tokenOf('second', password));
    const both = await Promise.all([
      service.send('PATCH', '/api/v1/users/admin', { roles: ['viewer'] }, second),
      service.send('PATCH', '/api/v1/users/second', { roles: ['viewer'] }, asAdmin()),
    ]);
    expect(both.map(({ status }) => status)).toContain(200);
    const { items } = (
      await service.send('GET', '/api/v1/users', undefined, both[0]?.status === 200 ? second : asAdmin())
    ).body as { items: { roles: string[]; username: string }[] };
    expect(items.filter(({ roles }) => roles.includes('admin'))).toHaveLength(1);
    if (both[0]?.status === 200) await service.send('PATCH', '/api/v1/users/admin', { roles: ['admin'] }, second);
    await service.send('DELETE', '/api/v1/users/second', undefined, asAdmin());
  });

  test('one changes one’s own password with the old one; other sessions end', async () => {
    const { password } = await addUser('paul', 'viewer');
    const [mine, other] = [bearer(await tokenOf('paul', password)), bearer(await tokenOf('paul', password))];
    const change = (current: string, next: string) =>
      service.send('POST', '/api/v1/auth/password', { current_password: current, new_password: next }, mine);
    expect(await change('wrong', 'canary-new-password-1')).toMatchObject({
      status: 403,
      body: { code: 'wrong_password', errors: [{ field: 'current_password' }] },
    });
    expect(await change(password, 'short')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'new_password' }] },
    });
    secrets.push('canary-new-password-1');
    expect((await change(password, 'canary-new-password-1')).status).toBe(204);
    expect((await service.send('GET', '/api/v1/auth/me', undefined, mine)).status).toBe(200);
    expect((await service.send('GET', '/api/v1/auth/me', undefined, other)).status).toBe(401);
    expect((await login('paul', password)).status).toBe(401);
    expect((await login('paul', 'canary-new-password-1')).status).toBe(200);
  });

  test('the ingress gets a yes with names, or a no', async () => {
    const yes = await service.send('GET', '/api/v1/auth/check', undefined, asAdmin());
    expect([yes.status, yes.headers['x-user'], yes.headers['x-user-roles']]).toEqual([200, 'admin', 'admin']);
    expect((await service.send('GET', '/api/v1/auth/check', undefined, { as: null })).status).toBe(401);
  });

  test('other services learn who a credential is, with a service token only', async () => {
    const ask = (credential: string) =>
      service.sendInternal('POST', '/internal/v1/principals', { credential, kind: 'bearer' });
    expect(await ask(admin)).toMatchObject({ status: 200, body: { username: 'admin', permissions: ['*'] } });
    expect(await ask('adp_nothing')).toMatchObject({ status: 401, body: { code: 'bad_credentials' } });
    expect(
      await service.send('POST', '/internal/v1/principals', { credential: admin, kind: 'bearer' }, asAdmin()),
    ).toMatchObject({ status: 401, body: { code: 'bad_service_token' } });
  });

  test('nothing but login answers without a principal', async () => {
    const { paths } = (await service.send('GET', '/api/v1/auth/openapi.json')).body as {
      paths: Record<string, Record<string, unknown>>;
    };
    for (const [path, methods] of Object.entries(paths))
      for (const method of Object.keys(methods)) {
        if (path === '/api/v1/auth/login') continue;
        const answer = await service.send(method.toUpperCase(), path.replace(/\{\w+\}/g, 'x'), undefined, { as: null });
        expect([method, path, answer.status]).toEqual([method, path, 401]);
      }
  });

  test('hashing a password leaves the event loop free', async () => {
    await hashPassword('loads the library');
    const order: string[] = [];
    const hashed = hashPassword('x').then(() => order.push('hashed'));
    setImmediate(() => order.push('another turn of the loop'));
    await hashed;
    expect(order).toEqual(['another turn of the loop', 'hashed']);
  });

  test('no secret is in any table', async () => {
    const { db } = service.test.database;
    const rows = await Promise.all(
      (['users', 'sessions', 'tokens', 'login_failures', 'outbox', 'idempotency_keys'] as const).map((table) =>
        db.selectFrom(table).selectAll().execute(),
      ),
    );
    const text = JSON.stringify(rows);
    expect(text).toContain('user.create');
    for (const secret of secrets)
      for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)])
        expect(text).not.toContain(form);
  });

  test('metrics are there from the start', async () => {
    const { body } = await service.send('GET', '/metrics', undefined, { as: null });
    expect(body).toMatch(/auth_logins_total\{outcome="locked_out"\} \d+/);
  });
});

describe.each(testDatabases())('the first start on $kind', (kind) => {
  const start = async (env: Record<string, string>, lines: string[]) => {
    const running = await runServices({
      port: 0,
      host: '127.0.0.1',
      allInOne: true,
      log: silentLogger,
      services: [{ module: authModule((line) => lines.push(line)), env }],
    });
    return running;
  };
  const signIn = async (url: string, password: string) =>
    (
      await fetch(`${url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'admin', password }),
      })
    ).status;

  test('generates a password once, prints it once, and ignores ADMIN_PASSWORD later', async () => {
    const database = await kind.open(migrationsOf(module), 'auth');
    onTestFinished(() => database.drop());
    const lines: string[] = [];
    const first = await start({ MODE: 'local', ...database.env }, lines);
    expect(lines).toHaveLength(1);
    const password = /^admin password: (\S{12,})\n$/.exec(lines[0] ?? '')?.[1] ?? '';
    expect(await signIn(first.url, password)).toBe(200);
    await first.stop();
    const second = await start({ MODE: 'local', ...database.env, ADMIN_PASSWORD: 'short' }, lines);
    expect(lines).toHaveLength(1);
    expect(await signIn(second.url, password)).toBe(200);
    await second.stop();
  });

  test.each([
    [{ MODE: 'production' }, 'admin_password_missing'],
    [{ MODE: 'local', ADMIN_PASSWORD: 'too short' }, 'admin_password_short'],
  ])('is refused with %o', async (env, code) => {
    const database = await kind.open(migrationsOf(module), 'auth');
    onTestFinished(() => database.drop());
    await expect(start({ ...env, ...database.env }, [])).rejects.toMatchObject({ code });
  });
});
