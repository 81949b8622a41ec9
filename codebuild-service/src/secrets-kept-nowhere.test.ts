/**
 * Every kind of secret that the service is handed, taken through its whole life: afterwards it stands in no table (but sealed),
 * no line that was logged, no event, no record for the books and no answer, in none of the forms in which it travels.
 *
 * Plain variables are no secrets to the table of their project and the plan of its builds: whoever writes one so is told to name
 * a secret of AWS instead. Everywhere else their value is hidden where the name says what it is.
 */
import { createHash, createHmac } from 'node:crypto';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from './testing/builds-harness.js';
import { startCodeBuildDouble, type CodeBuildDouble } from './testing/codebuild-double.js';
import { startOperationsService, type OperationsService } from './testing/operations-service.js';

const PROJECTS = '/api/v1/build-projects';
const PLAIN = 'canary-plain/4711+x';
const OVERRIDE = 'canary-override/4712+x';
const REGISTRY = 'canary-registry/4713+x';
const ACCOUNT = {
  access_key: 'AKIACANARYACCOUNT001',
  secret_key: 'canary-account/4714+x',
  session_token: 'canary-as/4715+',
};
const KEYS = {
  access_key: 'AKIACANARYREQUEST001',
  secret_key: 'canary-request/4716+x',
  session_token: 'canary-rs/4717+',
};
/** Where a plain variable of a project stands as it was written. */
const PLAIN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  build_projects: ['settings'],
  builds: ['plan', 'overrides'],
};

const formsOf = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  encodeURIComponent(secret),
];
function expectNone(text: string, secrets: readonly string[], where: string): void {
  for (const secret of secrets)
    for (const form of formsOf(secret)) if (text.includes(form)) expect.fail(`${form} stands in ${where}`);
}

describe.each(testDatabases())('secrets on $kind', (kind) => {
  let double: CodeBuildDouble;
  let service: OperationsService;
  beforeAll(async () => {
    double = await startCodeBuildDouble();
    process.env['AWS_ENDPOINT_URL'] = double.url; // the clients read it by themselves
    service = await startOperationsService(kind, { AWS_ENDPOINT_URL: double.url, LOCAL_REGISTRY_HOST: '127.0.0.1:1' });
  });
  afterAll(async () => {
    await service.stop();
    await double.stop();
  });
  const ann = { authorization: 'Bearer ann' };

  test('none of them is left anywhere', async () => {
    const answers: string[] = [];
    const say = async (...asked: Parameters<OperationsService['raw']>) => {
      const answer = await service.raw(...asked);
      answers.push(answer.text);
      return answer;
    };

    const made = await say(
      'POST',
      PROJECTS,
      {
        name: 'shop',
        source: { type: 'none' },
        buildspec: {
          type: 'inline',
          text: 'version: 0.2\nenv:\n  exported-variables: [SHOWN]\nphases:\n  build:\n    commands:\n      - export SHOWN=$DB_PASSWORD\n      - echo "$DB_PASSWORD and $API_TOKEN"\n      - printf %s "$API_TOKEN" | base64\n      - cat "/$DB_PASSWORD"\n',
        },
        environment: { variables: [{ name: 'DB_PASSWORD', value: PLAIN, type: 'PLAINTEXT' }] },
      },
      ann,
    );
    expect(made.status).toBe(201);
    const override = { variables: [{ name: 'API_TOKEN', value: OVERRIDE, type: 'PLAINTEXT' }] };
    const started = await say('POST', `${PROJECTS}/shop/builds`, override, ann);
    expect(started.status).toBe(202);
    const { id } = JSON.parse(started.text) as { id: string };
    const follows = [
      say('GET', `/api/v1/builds/${id}/events`, undefined, ann),
      say('GET', `/api/v1/builds/${id}/logs`, undefined, ann),
    ];

    const hooked = await service.raw(
      'POST',
      PROJECTS,
      { name: 'hooked', source: { type: 'github', location: 'https://github.com/acme/shop.git' }, webhook: {} },
      ann,
    );
    const { webhook_secret: webhook } = JSON.parse(hooked.text) as { webhook_secret: string };
    const delivery = JSON.stringify({ ref: 'refs/tags/v1', after: 'c'.repeat(40), deleted: true });
    const signed = (secret: string) => ({
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': 'd-1',
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(delivery).digest('hex')}`,
    });
    await say('POST', `${PROJECTS}/hooked/webhook`, delivery, signed(webhook));
    await say('POST', `${PROJECTS}/hooked/webhook`, delivery, signed('another'));
    await say('GET', `${PROJECTS}/hooked`, undefined, ann);

    const account = { name: 'main', credential: { type: 'static_keys', ...ACCOUNT }, regions: ['eu-central-1'] };
    expect((await say('POST', '/api/v1/cloud-accounts', account, ann)).status).toBe(201);
    await say('POST', '/api/v1/cloud-accounts', account, ann); // there is one of that name
    await say('POST', '/api/v1/cloud-accounts', { ...account, name: 'Not a name' }, ann);
    await say('POST', '/api/v1/cloud-accounts/main/check', {}, ann);
    await say('GET', '/api/v1/cloud-accounts', undefined, ann);

    for (const operation of ['list_buckets', 'no_such_operation', 'ec2.stop_instances'])
      await say(
        'POST',
        '/aws-operation',
        { operation, region: 'eu-central-1', InstanceIds: ['i-0123456789abcdef0'], ...KEYS },
        ann,
      );
    await say('POST', '/aws-operation', { operation: 'list_buckets', region: 'nowhere', ...KEYS }, ann);

    const tar = Buffer.from('no tar at all');
    const sha256 = createHash('sha256').update(tar).digest('hex');
    const deployer = await service.serviceToken('deployer');
    await say('PUT', `/internal/v1/uploads/${sha256}`, tar, {
      ...deployer,
      'content-type': 'application/octet-stream',
    });
    const image = {
      key: 'one',
      application: 'cart',
      context: { sha256 },
      dockerfile: 'Dockerfile',
      image: { repository: '127.0.0.1:1/cart', tag: 'v1', username: 'pusher', password: REGISTRY },
    };
    expect((await say('POST', '/internal/v1/image-builds', image, deployer)).status).toBe(202);
    expect(
      (
        await say(
          'POST',
          '/internal/v1/image-builds',
          { ...image, image: { ...image.image, tag: 'not a tag' } },
          deployer,
        )
      ).status,
    ).toBe(400);
    await until(
      'the image build has ended',
      async () =>
        /"status":"(failed|fault)"/.test((await say('GET', '/internal/v1/image-builds/one', undefined, deployer)).text),
      60_000,
    );
    await say('GET', '/internal/v1/image-builds/one/log', undefined, deployer);

    await Promise.all(follows);
    for (const path of ['', '/log']) await say('GET', `/api/v1/builds/${id}${path}`, undefined, ann);
    await say('POST', `/api/v1/builds/${id}/retry`, {}, ann);
    const shown = answers.join('\n');
    expect(shown).toContain('[masked] and [masked]'); // the build ran, and its log was read

    const handed = [webhook, REGISTRY, ACCOUNT.secret_key, ACCOUNT.session_token, KEYS.secret_key, KEYS.session_token];
    const secrets = [...handed, KEYS.access_key];
    expectNone(shown, [...secrets, OVERRIDE], 'an answer');
    expectNone(answers.slice(1).join('\n'), [PLAIN], 'an answer that is not of its project');
    expectNone(service.logged(), [...secrets, PLAIN, OVERRIDE], 'the log of the service');
    for (const [table, rows] of await service.tables()) {
      expectNone(JSON.stringify(rows), secrets, table);
      const rest = rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([column]) => !PLAIN_COLUMNS[table]?.includes(column))),
      );
      expectNone(JSON.stringify(rest), [PLAIN, OVERRIDE], table);
    }
  }, 120_000);
});
