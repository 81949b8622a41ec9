import { CodeBuildClient, ListProjectsCommand } from '@aws-sdk/client-codebuild';
import { expect, test } from 'vitest';
import { findMotoPython, startMoto } from './moto.js';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;

test.skipIf(missing)('starts on a free port, answers the SDK, and is gone after stop', async () => {
  const moto = await startMoto();
  const client = new CodeBuildClient({
    endpoint: moto.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  try {
    expect((await client.send(new ListProjectsCommand({}))).projects).toEqual([]);
  } finally {
    await moto.stop();
  }
  await expect(client.send(new ListProjectsCommand({}))).rejects.toThrow('ECONNREFUSED');
  client.destroy();
});
