/** The operations over HTTP, against moto: by name, with keys of the request, and in words. */
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { startOperationsService, type OperationsService } from '../testing/operations-service.js';

vi.setConfig({ testTimeout: 90_000 }); // many calls each, on a machine that runs other tests beside
const python = await findMotoPython();
if (python === null && process.env['CI'] === 'true') throw new Error('moto is missing');
const run = (name: string): string => `/api/v1/aws/operations/${name}/run`;
const KEYS = {
  access_key: 'AKIACANARYCANARY1234',
  secret_key: 'canary-secret-key/with+signs=',
  session_token: 'canary-session-token',
};
const CANARIES = /AKIACANARYCANARY1234|canary-secret-key|canary-session-token/;

describe.skipIf(python === null).each(testDatabases())('AWS operations on $kind', (kind) => {
  let moto: Moto;
  let service: OperationsService;
  beforeAll(async () => {
    moto = await startMoto();
    process.env['AWS_ENDPOINT_URL'] = moto.url; // the clients read it by themselves
    service = await startOperationsService(kind, { AWS_ENDPOINT_URL: moto.url });
    const credential = { type: 'static_keys', access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: 'of-the-account' };
    await service.post('/api/v1/cloud-accounts', {
      name: 'main',
      credential,
      regions: ['eu-central-1', 'us-east-1'],
      is_default: true,
    });
  });
  afterAll(async () => {
    delete process.env['AWS_ENDPOINT_URL'];
    await service.stop();
    await moto.stop();
  });
  const actionsOf = async (type: string) =>
    (await service.actions()).filter((action) => action['action_type'] === type);

  test('the catalogue is listed, filtered, paged, and each operation shown with its schema', async () => {
    const { body } = await service.get('/api/v1/aws/operations');
    expect(body.items.length).toBeGreaterThanOrEqual(55);
    expect(body.next_cursor).toBeNull();
    const destroying = await service.get('/api/v1/aws/operations?service=s3&effect=destroy');
    expect(destroying.body.items.map(({ name }: { name: string }) => name)).toEqual([
      's3.delete_bucket',
      's3.delete_object',
    ]);
    const found = await service.get('/api/v1/aws/operations?q=firewall%20rules');
    expect(found.body.items.map(({ name }: { name: string }) => name)).toContain('ec2.describe_security_groups');
    const page = await service.get('/api/v1/aws/operations?limit=3');
    const next = await service.get(`/api/v1/aws/operations?limit=3&cursor=${page.body.next_cursor}`);
    expect([...page.body.items, ...next.body.items]).toEqual(body.items.slice(0, 6));
    expect((await service.get('/api/v1/aws/operations/s3.create_bucket')).body).toMatchObject({
      name: 's3.create_bucket',
      service: 's3',
      effect: 'change',
      permissions: ['s3:CreateBucket'],
      parameters: { type: 'object', required: ['bucket'], additionalProperties: false },
    });
    expect((await service.get('/api/v1/aws/operations/ec2.run_anything')).body).toMatchObject({
      status: 404,
      code: 'operation_unknown',
    });
    expect((await service.get('/api/v1/aws/operations', 'dev')).status).toBe(403);
  });

  test('what reads is answered at once as a table, page by page, and is not recorded', async () => {
    for (const name of ['page-a', 'page-b', 'page-c']) {
      const { body } = await service.post(run('logs.create_log_group'), { parameters: { log_group_name: name } });
      await service.post(run('logs.create_log_group'), { parameters: { log_group_name: name }, confirm: body.confirm });
    }
    const before = (await service.actions()).length;
    const first = await service.post(
      run('logs.describe_log_groups'),
      { parameters: { log_group_name_prefix: 'page-' }, limit: 2 },
      'reader',
    );
    expect(first).toMatchObject({
      status: 200,
      body: { operation: 'logs.describe_log_groups', region: 'eu-central-1', account: 'main' },
    });
    expect(first.body.columns).toEqual(['log_group_name', 'retention_days', 'stored_bytes', 'created_at']);
    expect(first.body.aws_console_url).toBe(
      'https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups',
    );
    const again = { parameters: { log_group_name_prefix: 'page-' }, limit: 2, cursor: first.body.next_cursor };
    const second = await service.post(run('logs.describe_log_groups'), again, 'reader');
    const names = [...first.body.rows, ...second.body.rows].map(
      (row: Record<string, unknown>) => row['log_group_name'],
    );
    expect(names).toEqual(['page-a', 'page-b', 'page-c']);
    expect(second.body.next_cursor).toBeNull();
    expect((await service.post(run('logs.describe_log_groups'), { ...again, parameters: {} })).body).toMatchObject({
      status: 400,
      code: 'bad_cursor',
    });
    expect(await service.actions()).toHaveLength(before);
    // What AWS gives whole is paged by us.
    const regions = await service.post(run('ec2.describe_regions'), { limit: 5 });
    const more = await service.post(run('ec2.describe_regions'), { limit: 500, cursor: regions.body.next_cursor });
    expect(
      new Set([...regions.body.rows, ...more.body.rows].map(({ region }: { region: string }) => region)).size,
    ).toBe(5 + more.body.rows.length);
  });

  test('what changes anything says what it would do, does it once with its token, and is recorded before and after', async () => {
    const body = { parameters: { bucket: `by-name-${kind.kind}` } };
    const asked = await service.post(run('s3.create_bucket'), body);
    expect(asked).toMatchObject({
      status: 202,
      body: {
        confirmation_needed: true,
        operation: 's3.create_bucket',
        effect: 'change',
        summary: `Create the bucket by-name-${kind.kind}, in eu-central-1 of the account main?`,
      },
    });
    const { confirm } = asked.body as { confirm: string };
    const other = { parameters: { bucket: 'something-else' }, confirm };
    expect((await service.post(run('s3.create_bucket'), other)).body).toMatchObject({
      status: 400,
      code: 'confirmation_invalid',
    });
    expect((await service.post(run('s3.create_bucket'), { ...body, region: 'us-east-1', confirm })).body.code).toBe(
      'confirmation_invalid',
    );
    expect((await service.post(run('s3.create_bucket'), { ...body, confirm }, 'bob')).body.code).toBe(
      'confirmation_invalid',
    );
    expect(await actionsOf('aws.s3.create_bucket')).toEqual([]);
    const done = await service.post(run('s3.create_bucket'), { ...body, confirm });
    expect(done).toMatchObject({ status: 200, body: { rows: [{ bucket: `by-name-${kind.kind}` }] } });
    expect((await service.post(run('s3.create_bucket'), { ...body, confirm })).body.code).toBe('confirmation_invalid');
    const target = `by-name-${kind.kind}`;
    expect((await actionsOf('aws.confirm')).at(-1)).toMatchObject({ target, user_id: 'ann', outcome: 'succeeded' });
    expect(await actionsOf('aws.s3.create_bucket')).toMatchObject([
      {
        target,
        outcome: 'succeeded',
        request_data: { account: 'main', region: 'eu-central-1', parameters: { bucket: target } },
      },
    ]);
    expect(await service.everythingKept()).not.toContain(confirm);
  });

  test('a change that AWS refuses is recorded as failed', async () => {
    const body = { parameters: { bucket: 'never-made' } };
    const { confirm } = (await service.post(run('s3.delete_bucket'), body)).body as { confirm: string };
    const refused = await service.post(run('s3.delete_bucket'), { ...body, confirm });
    expect(refused.status).toBe(404);
    expect(refused.body.detail).toMatch(/AWS/);
    expect(await actionsOf('aws.s3.delete_bucket')).toMatchObject([{ outcome: 'failed', target: 'never-made' }]);
  });

  test('contents are not recorded, nor is the value of a secret, which needs a yes as a change does', async () => {
    const put = { parameters: { bucket: `by-name-${kind.kind}`, key: 'a.txt', content: 'canary-content-of-object' } };
    const { confirm } = (await service.post(run('s3.put_object'), put)).body as { confirm: string };
    expect((await service.post(run('s3.put_object'), { ...put, confirm })).status).toBe(200);
    expect((await service.post(run('s3.put_object'), put, 'reader')).status).toBe(403);

    const { SecretsManagerClient, CreateSecretCommand } = await import('@aws-sdk/client-secrets-manager');
    const secrets = new SecretsManagerClient({
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    await secrets.send(new CreateSecretCommand({ Name: 'shop/db', SecretString: 'canary-value-of-secret' }));
    secrets.destroy();
    const secret = { parameters: { secret_id: 'shop/db' } };
    expect((await service.post(run('secretsmanager.get_secret_value'), secret, 'reader')).body).toMatchObject({
      status: 403,
      code: 'not_permitted',
    });
    const asked = await service.post(run('secretsmanager.get_secret_value'), secret);
    expect(asked).toMatchObject({
      status: 202,
      body: { effect: 'reveal', summary: expect.stringMatching(/^Reveal the value of the secret shop\/db/) },
    });
    const told = await service.post(run('secretsmanager.get_secret_value'), { ...secret, confirm: asked.body.confirm });
    expect(told.body.rows).toMatchObject([{ name: 'shop/db', value: 'canary-value-of-secret' }]);
    expect(await actionsOf('aws.secretsmanager.get_secret_value')).toMatchObject([
      { user_id: 'ann', target: 'shop/db', outcome: 'succeeded' },
    ]);
    expect(await service.everythingKept()).not.toMatch(/canary-content|canary-value/);
  });

  test('bad parameters are refused by name with the mend; the whole internet is let in to web ports only', async () => {
    const rule = { group_id: 'sg-0123456789abcdef0', from_port: 22, cidr: '0.0.0.0/0' };
    const refused = await service.post(run('ec2.authorize_security_group_ingress'), { parameters: rule });
    expect(refused.body).toMatchObject({
      status: 400,
      errors: [{ field: 'parameters.cidr', mend: expect.stringMatching(/name the addresses/) }],
    });
    const unknown = await service.post(run('s3.list_objects'), { parameters: { bucket: 'abc', command: 'rm' } });
    expect(unknown.body).toMatchObject({
      status: 400,
      errors: [{ field: 'parameters.command', mend: 'use one of bucket, prefix' }],
    });
    expect(
      (await service.post(run('s3.list_objects'), { account: 'local', parameters: { bucket: 'abc' } })).body,
    ).toMatchObject({ status: 409, code: 'account_is_local' });
  });

  test('the mission’s body: an operation by its usual name, its parameters beside it, with the keys of the request', async () => {
    const answer = await service.post('/aws-operation', { operation: 'list_buckets', region: 'us-east-1', ...KEYS });
    expect(answer).toMatchObject({ status: 200, body: { success: true, operation: 's3.list_buckets', account: null } });
    expect(answer.body.request_id).toEqual(expect.any(String));
    expect(
      (
        await service.post('/aws-operation', {
          operation: 'DescribeInstances',
          region: 'us-east-1',
          ...KEYS,
          InstanceState: 'x',
        })
      ).body,
    ).toMatchObject({
      status: 400,
      errors: [{ field: 'InstanceState' }],
    });
    expect(
      (await service.post('/aws-operation', { operation: 'ec2:DescribeVpcs', region: 'us-east-1', ...KEYS })).body
        .result.length,
    ).toBeGreaterThan(0);
    expect((await service.post('/aws-operation', { operation: 'GetCallerIdentity' })).body).toMatchObject({
      account: 'main',
      region: 'eu-central-1',
    });
    const create = { operation: 'CreateBucket', Bucket: `of-mission-${kind.kind}`, region: 'us-east-1', ...KEYS };
    const asked = await service.post('/aws-operation', create);
    expect(asked).toMatchObject({
      status: 202,
      body: { confirmation_needed: true, summary: expect.stringMatching(/with the keys of this request\?$/) },
    });
    const withOthers = { ...create, access_key: 'AKIAOTHEROTHEROTHER1', confirm: asked.body.confirm };
    expect((await service.post('/aws-operation', withOthers)).body.code).toBe('confirmation_invalid');
    expect(await service.post('/aws-operation', { ...create, confirm: asked.body.confirm })).toMatchObject({
      status: 200,
      body: { result: [{ bucket: `of-mission-${kind.kind}` }] },
    });
    expect(
      (await service.post('/aws-operation', { operation: 'describe_instanzes', region: 'us-east-1', ...KEYS })).body,
    ).toMatchObject({
      status: 400,
      code: 'operation_unknown',
      errors: [{ field: 'operation', mend: expect.stringContaining('ec2.describe_instances') }],
    });
    expect(
      (await service.post('/aws-operation', { operation: 'list_buckets', access_key: KEYS.access_key })).body.errors,
    ).toMatchObject([{ field: 'secret_key' }]);
  });

  test('keys of a request are nowhere afterwards: no table, no log, no answer, also when it was refused or failed', async () => {
    const answers = await Promise.all([
      service.post('/aws-operation', { operation: 'list_buckets', region: 'us-east-1', ...KEYS }),
      service.post('/aws-operation', {
        operation: 'list_objects',
        bucket: 'not-there-at-all',
        region: 'us-east-1',
        ...KEYS,
      }),
      service.post(
        '/aws-operation',
        { operation: 'delete_bucket', bucket: 'x-x-x', region: 'us-east-1', ...KEYS },
        'reader',
      ),
      service.post(
        '/aws-operation',
        { operation: 'delete_bucket', bucket: 'x-x-x', region: 'us-east-1', ...KEYS },
        'dev',
      ),
      service.post('/aws-operation', {
        operation: 'delete_bucket',
        bucket: 'x-x-x',
        region: 'us-east-1',
        ...KEYS,
        confirm: 'x',
      }),
      service.post('/aws-operation', { operation: 'delete_bucket', bucket: 'x-x-x', region: 'nowhere', ...KEYS }),
      service.post('/aws-operation', {
        operation: 'list_buckets',
        region: 'us-east-1',
        wrong_name_of_key: KEYS.secret_key,
      }),
      service.post('/aws-operation', {
        operation: 'list_buckets',
        region: 'us-east-1',
        access_key: KEYS.secret_key.repeat(9),
        secret_key: 7,
      }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 403, 403, 400, 400, 400, 400]);
    const { confirm } = (
      await service.post('/aws-operation', {
        operation: 'delete_bucket',
        bucket: 'x-x-x',
        region: 'us-east-1',
        ...KEYS,
      })
    ).body as { confirm: string };
    const failed = await service.post('/aws-operation', {
      operation: 'delete_bucket',
      bucket: 'x-x-x',
      region: 'us-east-1',
      ...KEYS,
      confirm,
    });
    expect(failed.status).toBe(404);
    expect(JSON.stringify([...answers, failed])).not.toMatch(CANARIES);
    expect(await service.everythingKept()).not.toMatch(CANARIES);
  });

  test('in words: what reads is answered at once, what is not clear runs nothing', async () => {
    const read = await service.post('/api/ask', { query: 'what buckets do we have?' }, 'reader');
    expect(read).toMatchObject({
      status: 200,
      body: { confirmation_needed: false, operation: 's3.list_buckets', understood_by: 'local' },
    });
    expect(read.body.output.rows.length).toBeGreaterThan(0);
    expect((await service.post('/api/ask', { query: 'list vpcs in us-east-1' })).body.output.region).toBe('us-east-1');
    expect((await service.post('/api/ask', { query: 'show snapshots' })).body).toMatchObject({
      operation: null,
      output: null,
      summary: expect.stringMatching(/not clear/),
    });
    expect((await service.post('/api/ask', { query: 'stop the server' })).body).toMatchObject({
      operation: 'ec2.stop_instances',
      confirmation_needed: false,
      output: null,
      summary: 'Stop EC2 instances: say also instance_ids',
    });
    expect(
      (await service.post('/api/ask', { query: 'open port 22 to anywhere in sg-0123456789abcdef0' })).body,
    ).toMatchObject({ status: 400, errors: [{ field: 'cidr' }] });
  });

  test('in words: a change waits for the yes of the same person to the same words, once; a no does nothing', async () => {
    const query = `create a bucket called in-words-${kind.kind}`;
    expect((await service.post('/api/ask', { query }, 'reader')).status).toBe(403);
    const asked = await service.post('/api/ask', { query });
    expect(asked).toMatchObject({
      status: 200,
      body: {
        confirmation_needed: true,
        operation: 's3.create_bucket',
        output: null,
        parameters: { bucket: `in-words-${kind.kind}` },
      },
    });
    expect((await service.post('/api/confirm', { query, decision: 'yes' }, 'bob')).body).toMatchObject({
      status: 404,
      code: 'nothing_to_confirm',
    });
    expect((await service.post('/api/confirm', { query: 'create a bucket', decision: 'yes' })).status).toBe(404);
    expect((await service.post('/api/confirm', { query, decision: 'no' })).body).toMatchObject({
      success: true,
      decision: 'cancelled',
      output: null,
    });
    expect((await service.post('/api/confirm', { query, decision: 'yes' })).status).toBe(404);
    expect((await service.post('/api/ask', { query })).body.confirmation_needed).toBe(true);
    expect((await service.post('/api/confirm', { query, decision: 'yes' })).body).toMatchObject({
      decision: 'confirmed',
      output: { rows: [{ bucket: `in-words-${kind.kind}` }] },
    });
    expect((await service.post('/api/confirm', { query, decision: true })).status).toBe(404);
    const target = `in-words-${kind.kind}`;
    const about = (await service.actions()).filter((action) => action['target'] === target);
    expect(about.map((action) => action['action_type'])).toEqual(['aws.cancel', 'aws.confirm', 'aws.s3.create_bucket']);
  });
});
