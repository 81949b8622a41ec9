/** The reader over HTTP against a stand-in for Bedrock's Converse, whose answers are those of AWS's API reference. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { Understanding } from '../../aws-operations/understanding.js';
import type { AwsSession } from '../../ports/aws-session.js';
import { AwsCaller } from '../aws/aws-caller.js';
import { BedrockQueryReader } from './bedrock-query-reader.js';

const session: AwsSession = {
  account: 'main',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
};
interface Asked {
  readonly path: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the body of Converse
  readonly body: any;
}
/** A model that uses its tool with `input`, or answers something else. */
async function modelSaying(answer: { status?: number; content: unknown[] } | 'nothing') {
  const asked: Asked[] = [];
  const warned: unknown[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      asked.push({ path: decodeURIComponent(request.url ?? ''), body });
      if (answer === 'nothing') return; // never answers
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' });
      const { content } = answer;
      response.end(
        JSON.stringify({
          output: { message: { role: 'assistant', content } },
          stopReason: 'tool_use',
          usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
          metrics: { latencyMs: 1 },
        }),
      );
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const aws = new AwsCaller({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    guard: { retries: 0 },
  });
  onTestFinished(async () => {
    await aws.close();
    server.closeAllConnections();
    server.close();
  });
  const reader = new BedrockQueryReader(
    aws,
    'anthropic.claude-test',
    async () => session,
    answer === 'nothing' ? 300 : 8_000,
  );
  const log = {
    debug: () => undefined,
    info: () => undefined,
    error: () => undefined,
    warn: (...said: unknown[]) => void warned.push(said),
  };
  return { asked, warned, reader, understanding: new Understanding(reader, log) };
}
const using = (input: unknown) => [{ toolUse: { toolUseId: 't1', name: 'choose_operation', input } }];
const signal = () => AbortSignal.timeout(15_000);

test('the model is told the catalogue and the words, must use the tool, and its choice is taken', async () => {
  const { asked, understanding } = await modelSaying({
    content: using({ operation: 'ec2.stop_instances', parameters: { instance_ids: ['i-0123456789abcdef0'] } }),
  });
  const understood = await understanding.of('halt that box i-0123456789abcdef0', signal());
  expect(understood).toMatchObject({
    by: 'bedrock',
    chosen: {
      operation: { name: 'ec2.stop_instances' },
      parameters: { instance_ids: ['i-0123456789abcdef0'] },
      missing: [],
    },
  });
  expect(asked[0]?.path).toBe('/model/anthropic.claude-test/converse');
  const { body } = asked[0] as Asked;
  expect(body.toolConfig.toolChoice).toEqual({ tool: { name: 'choose_operation' } });
  expect(body.toolConfig.tools[0].toolSpec.inputSchema.json.properties.operation.enum).toEqual(
    expect.arrayContaining(['ec2.stop_instances', 'none']),
  );
  expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'halt that box i-0123456789abcdef0' }] }]);
  expect(body.system[0].text).toContain('s3.list_buckets: ');
});

test('what is none of the catalogue, or none of its schema, is not taken from it', async () => {
  const invented = await modelSaying({
    content: using({ operation: 'ec2.run_shell', parameters: { command: 'rm -rf /' } }),
  });
  expect(await invented.understanding.of('list buckets', signal())).toMatchObject({
    by: 'local',
    chosen: { operation: { name: 's3.list_buckets' } },
  });
  const odd = await modelSaying({
    content: using({ operation: 's3.list_objects', parameters: { bucket: '../../etc', command: 'x' } }),
  });
  expect((await odd.understanding.of('what is in it', signal())).chosen).toMatchObject({
    parameters: {},
    missing: ['bucket'],
  });
  const none = await modelSaying({ content: using({ operation: 'none', parameters: {} }) });
  expect(await none.understanding.of('list buckets', signal())).toMatchObject({ by: 'bedrock', chosen: null });
});

test('a model that only talks, refuses or is not to be reached leaves the words to be matched', async () => {
  for (const answer of [{ content: [{ text: 'I would rather chat' }] }, { status: 403, content: [] }]) {
    const { understanding, warned } = await modelSaying(answer);
    expect(await understanding.of('list buckets', signal())).toMatchObject({
      by: 'local',
      chosen: { operation: { name: 's3.list_buckets' } },
    });
    expect(warned).toHaveLength(1);
  }
  const noAccount = new BedrockQueryReader(new AwsCaller(), 'm', async () => null);
  await expect(noAccount.read('x', [], signal())).rejects.toMatchObject({ code: 'bedrock_no_account' });
});

test('a model that does not answer in time leaves the words to be matched; a person who leaves ends it', async () => {
  const { understanding } = await modelSaying('nothing');
  const leaving = new AbortController();
  const given = understanding.of('list buckets', leaving.signal);
  leaving.abort();
  await expect(given).rejects.toMatchObject({ name: 'AbortError' });
  expect(await understanding.of('list buckets', signal())).toMatchObject({
    by: 'local',
    chosen: { operation: { name: 's3.list_buckets' } },
  });
});
