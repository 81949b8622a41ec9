/** The check of an account: against moto (which cannot simulate, so it is tried), and against a double of STS and IAM. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService } from '@aws-deployer/platform/testing/test-service';
import { expect, onTestFinished, test } from 'vitest';
import { codebuild } from '../service.js';
import { findMotoPython, startMoto } from '@aws-deployer/platform/testing/moto';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;
/** A Python process that imports all of AWS comes first: seconds of pure work, many of them on a machine that has much to do. */
const MOTO = { timeout: 60_000 };
const [kind] = testDatabases();
if (kind === undefined) throw new Error('no database');
const KEYS = { type: 'static_keys', access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: 'very-secret-key-of-test' };

async function serviceAt(endpoint: string, env: Record<string, string> = {}) {
  process.env['AWS_ENDPOINT_URL'] = endpoint; // the clients read it by themselves
  const service = await startTestService(codebuild, kind as NonNullable<typeof kind>, {
    env: { AWS_ENDPOINT_URL: endpoint, ...env },
  });
  onTestFinished(async () => {
    delete process.env['AWS_ENDPOINT_URL'];
    await service.stop();
  });
  const made = await service.send('POST', '/api/v1/cloud-accounts', {
    name: 'main',
    credential: KEYS,
    regions: ['eu-central-1'],
  });
  expect(made.status).toBe(201);
  return { service, check: (name = 'main') => service.send('POST', `/api/v1/cloud-accounts/${name}/check`) };
}

test.skipIf(missing)('moto: who it is, and what trying tells; nothing is left behind', MOTO, async () => {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  const { service, check } = await serviceAt(moto.url);
  const { status, body } = await check();
  expect(status).toBe(200);
  expect(body).toMatchObject({ ok: true, account_id: '123456789012', missing: [] });
  const allowed = (action: string) =>
    body.permissions.find((permission: { action: string }) => permission.action === action)?.allowed;
  for (const action of [
    'codebuild:ListProjects',
    'ecr:DescribeImages',
    'ecr:GetAuthorizationToken',
    'logs:GetLogEvents',
  ])
    expect([action, allowed(action)]).toEqual([action, true]);
  for (const action of ['codebuild:CreateProject', 'iam:PassRole', 'ecr:CreateRepository'])
    expect([action, allowed(action)]).toEqual([action, null]);
  expect(body.message).toContain('could not be found out');
  expect(JSON.stringify(body.least_policy)).toContain('arn:aws:ecr:eu-central-1:123456789012:repository/*');
  const shown = (await service.send('GET', '/api/v1/cloud-accounts/main')).body;
  expect(shown).toMatchObject({ account_id: '123456789012', checked_at: expect.any(String) as unknown });
  const role = {
    name: 'through-role',
    credential: { type: 'assume_role', role_arn: 'arn:aws:iam::123456789012:role/b', via: 'main' },
    regions: ['eu-central-1'],
  };
  await service.send('POST', '/api/v1/cloud-accounts', role);
  expect((await check('through-role')).body.arn).toMatch(/assumed-role\/b\/aws-deployer-through-role/);
});

test.skipIf(missing)('moto: the account of the environment signs in with what the process finds', MOTO, async () => {
  const moto = await startMoto();
  onTestFinished(() => moto.stop());
  const found = { AWS_ACCESS_KEY_ID: KEYS.access_key, AWS_SECRET_ACCESS_KEY: KEYS.secret_key };
  Object.assign(process.env, found);
  onTestFinished(() => {
    for (const name of Object.keys(found)) delete process.env[name];
  });
  const { service, check } = await serviceAt(moto.url, { ...found, AWS_REGION: 'eu-west-1' });
  const { items } = (await service.send('GET', '/api/v1/cloud-accounts')).body;
  expect(items).toMatchObject([
    { name: 'environment', is_default: true, builtin: true, regions: ['eu-west-1'] },
    { name: 'local', is_default: false },
    { name: 'main' },
  ]);
  expect((await check('environment')).body).toMatchObject({ ok: true, account_id: '123456789012' });
});

test('the simulation of IAM says what is missing, through the role behind a session', async () => {
  const asked: URLSearchParams[] = [];
  const answers: Record<string, (form: URLSearchParams) => string> = {
    GetCallerIdentity: () =>
      '<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/ci/x</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
    GetRole: () =>
      '<GetRoleResponse><GetRoleResult><Role><Arn>arn:aws:iam::123456789012:role/teams/ci</Arn></Role></GetRoleResult></GetRoleResponse>',
    SimulatePrincipalPolicy: (form) => {
      const actions = [...form.entries()].filter(([key]) => key.startsWith('ActionNames')).map(([, action]) => action);
      const decision = (action: string) =>
        action === 'codebuild:StopBuild' ? 'implicitDeny' : action === 'iam:PassRole' ? 'explicitDeny' : 'allowed';
      return `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>${actions
        .map(
          (action) =>
            `<member><EvalActionName>${action}</EvalActionName><EvalResourceName>arn:x</EvalResourceName><EvalDecision>${decision(action)}</EvalDecision></member>`,
        )
        .join('')}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`;
    },
  };
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      const form = new URLSearchParams(bytes.toString());
      asked.push(form);
      response.writeHead(200, { 'content-type': 'text/xml' }).end(answers[form.get('Action') ?? '']?.(form) ?? '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { check } = await serviceAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const { body } = await check();
  expect(body).toMatchObject({ ok: false, missing: ['codebuild:StopBuild', 'iam:PassRole'] });
  expect(body.permissions).toContainEqual({
    action: 'iam:PassRole',
    purpose: 'hand that role to CodeBuild',
    allowed: false,
    detail: 'a policy denies it by name on arn:x',
  });
  const simulated = asked.filter((form) => form.get('Action') === 'SimulatePrincipalPolicy');
  expect(new Set(simulated.map((form) => form.get('PolicySourceArn')))).toEqual(
    new Set(['arn:aws:iam::123456789012:role/teams/ci']),
  );
  expect(simulated.some((form) => form.get('ContextEntries.member.1.ContextKeyName') === 'iam:PassedToService')).toBe(
    true,
  );
});

test('an account that AWS does not take, or that nobody reaches, is the answer of the check; the local one says what runs', async () => {
  const server = createServer((_request, response) =>
    response
      .writeHead(403, { 'content-type': 'text/xml', 'x-amzn-requestid': 'req-3' })
      .end('<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { check } = await serviceAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const refused = await check();
  expect(refused).toMatchObject({ status: 200, body: { ok: false, account_id: null, missing: [] } });
  expect(refused.body.message).toMatch(/credential of the cloud account main.*req-3/);
  expect(JSON.stringify(refused.body.least_policy)).toContain('arn:aws:codebuild:eu-central-1:*:project/*');
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  expect((await check()).body.message).toContain('cannot be reached');
  const local = (await check('local')).body;
  expect(local).toMatchObject({
    ok: true,
    least_policy: null,
    message: expect.stringContaining('on this machine') as unknown,
  });
  expect((await check('nobody')).status).toBe(404);
});
