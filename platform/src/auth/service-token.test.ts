import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keysIn, ServiceTokens } from './service-token.js';

const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a token names its sender and the acting user, for one audience', async () => {
  const deployer = new ServiceTokens('deployer', keysIn(folder));
  const token = await deployer.issue('history', 'ann');
  expect(await new ServiceTokens('history', keysIn(folder)).verify(token)).toEqual({
    service: 'deployer',
    actingUser: 'ann',
  });
  await expect(new ServiceTokens('monitor', keysIn(folder)).verify(token)).rejects.toMatchObject({
    code: 'bad_service_token',
  });
});

test('a token of other keys, or garbage, is refused', async () => {
  const other = mkdtempSync(join(tmpdir(), 'aws-deployer-keys-'));
  const forged = await new ServiceTokens('deployer', keysIn(other)).issue('history');
  rmSync(other, { recursive: true });
  const history = new ServiceTokens('history', keysIn(folder));
  await expect(history.verify(forged)).rejects.toMatchObject({ kind: 'unauthenticated' });
  await expect(history.verify('eyJhbGciOiJub25lIn0.e30.')).rejects.toMatchObject({ kind: 'unauthenticated' });
});

test('the private key is readable by its owner only', () => {
  keysIn(folder);
  expect(statSync(join(folder, 'keys', 'service-token.pem')).mode & 0o777).toBe(0o600);
});
