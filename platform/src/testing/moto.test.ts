import { request } from 'undici';
import { expect, test } from 'vitest';
import { findMotoPython, startMoto } from './moto.js';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;

test.skipIf(missing)('starts on a free port, answers as AWS does, and is gone after stop', async () => {
  const moto = await startMoto();
  const ask = () =>
    request(moto.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization:
          'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=x',
      },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    });
  try {
    expect(await (await ask()).body.text()).toContain('<Account>123456789012</Account>');
  } finally {
    await moto.stop();
  }
  await expect(ask()).rejects.toThrow('ECONNREFUSED');
});
