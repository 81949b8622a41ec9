/** Calls against a small double of AWS that throttles, fails, hangs up and keeps silent; the real SDK clients in between. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ListProjectsCommand } from '@aws-sdk/client-codebuild';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import type { AwsSession } from '../../ports/aws-session.js';
import { AwsCaller, type AwsCallerSettings } from './aws-caller.js';

type Say = (response: ServerResponse, body: string) => void;
const json =
  (status: number, body: object): Say =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'req-7' })
      .end(JSON.stringify(body));
const OK = json(200, { projects: ['shop'] });
const THROTTLE = json(400, { __type: 'ThrottlingException', message: 'Rate exceeded' });
const BROKEN = json(500, { __type: 'InternalFailure', message: 'sorry' });
const EXPIRED = json(400, { __type: 'ExpiredTokenException', message: 'The security token is expired' });
const RESET: Say = (response) => void response.socket?.destroy();
const PAGE: Say = (response) => void response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>moto</h1>');
const SILENCE: Say = () => undefined;
const roleKeys =
  (name: string, seconds: number): Say =>
  (response) =>
    void response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(
        `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>${name}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${new Date(Date.now() + seconds * 1000).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      );

const KEYS: AwsSession = {
  account: 'prod',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'AKIDPROD', secretAccessKey: 'secret-of-prod' },
};
const ROLE: AwsSession = {
  ...KEYS,
  account: 'builder',
  credential: { type: 'role', roleArn: 'arn:aws:iam::123456789012:role/b', externalId: 'team-7', via: KEYS.credential },
};

/** Answers in the order of `script`, its last for ever. Role requests have their own script. */
async function awsSaying(script: Say[], settings: AwsCallerSettings = {}, roles: Say[] = []) {
  const signedBy: string[] = [];
  const signedAt: string[] = [];
  const assumed: string[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      const body = bytes.toString();
      const forRole = body.includes('Action=AssumeRole');
      if (forRole) assumed.push(body);
      else signedBy.push(/Credential=(\w+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '');
      if (!forRole) signedAt.push(String(request.headers['x-amz-date']));
      const lines = forRole ? roles : script;
      const say = lines.length > 1 ? lines.shift() : lines[0];
      say?.(response, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const register = new Registry();
  const caller = new AwsCaller({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    register,
    ...settings,
    guard: { firstPauseMs: 2, longestPauseMs: 10, ...settings.guard },
  });
  onTestFinished(async () => {
    await caller.close();
    server.closeAllConnections();
    server.close();
  });
  const list = (session = KEYS, more: { signal?: AbortSignal; attemptMs?: number } = {}) =>
    caller.call(
      session,
      'codebuild',
      async (codebuild, abortSignal) => (await codebuild.send(new ListProjectsCommand({}), { abortSignal })).projects,
      { signal: AbortSignal.timeout(15_000), ...more },
    );
  const metric = async (name: string) => {
    const { values } = (await register.getMetricsAsJSON()).find((one) => one.name === name) ?? { values: [] };
    return values
      .filter(({ value }) => value !== 0)
      .map(({ labels, value }) => ({ ...(labels as Record<string, string>), value }))
      .filter((sample) => 'service' in sample && sample['service'] === 'codebuild');
  };
  return { caller, list, signedBy, signedAt, assumed, metric };
}

test('throttles, 5xx and broken connections are tried again; the caller sees one answer', async () => {
  const { list, signedBy, metric } = await awsSaying([THROTTLE, BROKEN, RESET, OK]);
  expect(await list()).toEqual(['shop']);
  expect(signedBy).toHaveLength(4);
  expect(await metric('aws_calls_total')).toMatchObject([{ outcome: 'ok', value: 1 }]);
  expect(await metric('aws_retries_total')).toMatchObject([{ value: 3 }]);
  expect(await metric('aws_throttles_total')).toMatchObject([{ value: 1 }]);
});

test('after the last attempt the failure is told with the request id; a refusal is told at once', async () => {
  const busy = await awsSaying([THROTTLE]);
  await expect(busy.list()).rejects.toMatchObject({
    kind: 'rate_limited',
    code: 'aws_throttled',
    retryAfterSeconds: 5,
    message: expect.stringContaining('req-7') as unknown,
  });
  expect(busy.signedBy).toHaveLength(4);
  const refusing = await awsSaying([json(400, { __type: 'InvalidInputException', message: 'no' })]);
  await expect(refusing.list()).rejects.toMatchObject({ kind: 'invalid', code: 'aws_invalid' });
  expect(refusing.signedBy).toHaveLength(1);
  const lacking = await awsSaying([PAGE]);
  await expect(lacking.list()).rejects.toMatchObject({ code: 'aws_failed' });
  expect(lacking.signedBy).toHaveLength(1);
});

test('the budget of retries is shared: when it is empty, failures are told at once', async () => {
  const { list, signedBy } = await awsSaying([THROTTLE], { guard: { budget: 4, budgetPerSecond: 0 } });
  const calls = await Promise.allSettled(Array.from({ length: 10 }, () => list()));
  expect(calls.every(({ status }) => status === 'rejected')).toBe(true);
  expect(signedBy).toHaveLength(10 + 4);
});

test('a service that fails again and again is left alone, tried once after a while, and used again', async () => {
  const script = [BROKEN];
  const { list, signedBy, metric } = await awsSaying(script, {
    guard: { retries: 0, failuresToOpen: 3, openMs: 100 },
  });
  for (let i = 0; i < 3; i += 1) await expect(list()).rejects.toMatchObject({ code: 'aws_failed' });
  await expect(list()).rejects.toMatchObject({ kind: 'unavailable', code: 'aws_circuit_open' });
  expect(signedBy).toHaveLength(3);
  expect(await metric('aws_circuit_open')).toMatchObject([{ account: 'prod', region: 'eu-central-1', value: 1 }]);
  await expect(list({ ...KEYS, region: 'us-east-1' })).rejects.toMatchObject({ code: 'aws_failed' });
  script[0] = OK;
  await expect.poll(() => list().catch((error: { code: string }) => error.code)).toEqual(['shop']);
  expect(await metric('aws_circuit_open')).toEqual([]);
});

test('refusals and throttles never open the circuit', async () => {
  const { list, signedBy } = await awsSaying([THROTTLE], { guard: { retries: 0, failuresToOpen: 2 } });
  for (let i = 0; i < 6; i += 1) await expect(list()).rejects.toMatchObject({ code: 'aws_throttled' });
  expect(signedBy).toHaveLength(6);
});

test('an attempt has its own time; a caller who leaves is let go at once', async () => {
  const slow = await awsSaying([SILENCE, OK]);
  expect(await slow.list(KEYS, { attemptMs: 300 })).toEqual(['shop']);
  const silent = await awsSaying([SILENCE]);
  const leaving = new AbortController();
  const call = silent.list(KEYS, { signal: leaving.signal });
  await expect.poll(() => silent.signedBy.length).toBe(1);
  leaving.abort(new Error('left'));
  await expect(call).rejects.toThrow('left');
  const paused = await awsSaying([THROTTLE], { guard: { firstPauseMs: 60_000, longestPauseMs: 60_000 } });
  const during = paused.list(KEYS, { signal: AbortSignal.timeout(200) });
  await expect(during).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('closing ends running calls', async () => {
  const { caller, list, signedBy } = await awsSaying([SILENCE]);
  const call = list();
  await expect.poll(() => signedBy.length).toBe(1);
  const ended = expect(call).rejects.toMatchObject({ name: 'AbortError' });
  await caller.close();
  await ended;
});

test('a role is assumed once for all who wait, with its external id, and its keys sign', async () => {
  const { list, signedBy, assumed } = await awsSaying([OK], {}, [roleKeys('ROLEKEYS1', 3600)]);
  await Promise.all(Array.from({ length: 5 }, () => list(ROLE)));
  await list(ROLE);
  expect(assumed).toHaveLength(1);
  expect(assumed[0]).toContain('ExternalId=team-7');
  expect(assumed[0]).toContain('RoleSessionName=aws-deployer-builder');
  expect(new Set(signedBy)).toEqual(new Set(['ROLEKEYS1']));
});

test('keys of a role are renewed before they expire; when AWS takes them for expired, once more', async () => {
  const soon = await awsSaying([OK], {}, [roleKeys('FIRST', 200), roleKeys('SECOND', 3600)]);
  await soon.list(ROLE);
  await soon.list(ROLE);
  expect(soon.signedBy.at(-1)).toBe('SECOND');
  const revoked = await awsSaying([EXPIRED, OK], {}, [roleKeys('FIRST', 3600), roleKeys('SECOND', 3600)]);
  expect(await revoked.list(ROLE)).toEqual(['shop']);
  expect(revoked.signedBy).toEqual(['FIRST', 'SECOND']);
  const failing = await awsSaying([OK], { guard: { retries: 0 } }, [roleKeys('FIRST', 200), BROKEN]);
  await failing.list(ROLE);
  await failing.list(ROLE);
  expect(failing.signedBy).toEqual(['FIRST', 'FIRST']);
});

test('a role that may not be assumed says what must hold', async () => {
  const denied: Say = (response) =>
    void response
      .writeHead(403, { 'content-type': 'text/xml', 'x-amzn-requestid': 'req-9' })
      .end(
        '<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/ci is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/b</Message></Error><RequestId>req-9</RequestId></ErrorResponse>',
      );
  const { list } = await awsSaying([OK], {}, [denied]);
  await expect(list(ROLE)).rejects.toMatchObject({
    kind: 'forbidden',
    code: 'aws_role_refused',
    message: expect.stringMatching(/external id.*req-9/) as unknown,
  });
});

test('a clock that is wrong is set by the answer, and the call made again', async () => {
  const ahead = new Date(Date.now() + 3 * 3_600_000);
  const skewed: Say = (response) =>
    void response
      .writeHead(400, { 'content-type': 'application/x-amz-json-1.1', date: ahead.toUTCString() })
      .end(
        JSON.stringify({ __type: 'InvalidSignatureException', message: 'Signature expired: a is now earlier than b' }),
      );
  const { list, signedAt } = await awsSaying([skewed, OK]);
  expect(await list()).toEqual(['shop']);
  const hour = ahead.toISOString().slice(0, 13).replaceAll('-', '');
  expect(signedAt[0]?.startsWith(hour)).toBe(false);
  expect(signedAt[1]?.startsWith(hour)).toBe(true);
});

test('keys of an account that was changed are let go', async () => {
  const { caller, list, assumed } = await awsSaying([OK], {}, [roleKeys('FIRST', 3600), roleKeys('SECOND', 3600)]);
  await list(ROLE);
  caller.forget('another');
  await list(ROLE);
  expect(assumed).toHaveLength(1);
  caller.forget('builder');
  await list(ROLE);
  expect(assumed).toHaveLength(2);
});

test('keys of one request are not kept', async () => {
  const { list, signedBy } = await awsSaying([OK], { keptClients: 1 });
  const withKeys = (id: string): AwsSession => ({
    ...KEYS,
    account: null,
    credential: { type: 'keys', accessKeyId: id, secretAccessKey: 's' },
  });
  await Promise.all(['ONE', 'TWO', 'THREE'].map((id) => list(withKeys(id))));
  expect([...signedBy].sort()).toEqual(['ONE', 'THREE', 'TWO']);
});
