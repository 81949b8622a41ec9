import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { Readable } from 'node:stream';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import { startMemoryRegistry, type MemoryRegistry } from '@aws-deployer/platform/testing/memory-registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GateKeeper } from '../../quality-gates/gate-keeper.js';
import { CosignSignatures } from './cosign-signatures.js';

const signal = new AbortController().signal;
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = ({ publicKey }: ReturnType<typeof pair>): string =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString();

let registry: MemoryRegistry;
const ours = pair();
beforeAll(async () => {
  registry = await startMemoryRegistry();
});
afterAll(() => registry.stop());

/** What `cosign sign --key` pushes. */
async function signImage(repository: string, digest: string, vouchedFor = digest): Promise<void> {
  const client = new RegistryClient({ host: registry.host, insecure: true });
  const text = Buffer.from(
    JSON.stringify({
      critical: {
        identity: {},
        image: { 'docker-manifest-digest': vouchedFor },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
  await client.putBlob(
    repository,
    { digest: sha256(text), size: text.length, open: () => Readable.from([text]) },
    signal,
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      layers: [
        {
          mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
          digest: sha256(text),
          size: text.length,
          annotations: {
            'dev.cosignproject.cosign/signature': sign('sha256', text, ours.privateKey).toString('base64'),
          },
        },
      ],
    }),
  );
  const tag = `${digest.replace(':', '-')}.sig`;
  await client.putManifest(repository, tag, manifest, 'application/vnd.oci.image.manifest.v1+json', signal);
}
const find = (repository: string, key?: string) =>
  new CosignSignatures().find({ repository: `${registry.host}/${repository}`, digest: DIGEST }, key, undefined, signal);

test('no signature, one by the key, one by another, one for another image', async () => {
  expect(await find('bare')).toMatchObject({ found: false });
  await signImage('signed', DIGEST);
  expect(await find('signed')).toMatchObject({ found: true, verified: null });
  expect(await find('signed', pem(ours))).toMatchObject({ found: true, verified: true });
  expect(await find('signed', pem(pair()))).toMatchObject({ found: true, verified: false });
  await signImage('moved', DIGEST, `sha256:${'b'.repeat(64)}`);
  expect(await find('moved', pem(ours))).toMatchObject({ found: true, verified: false });
});

test('a key that is none is named with the mend', async () => {
  await signImage('signed', DIGEST);
  await expect(find('signed', 'hello')).rejects.toMatchObject({
    code: 'signing_key_invalid',
    fields: [{ field: 'quality_gates.signing_key' }],
  });
});

test('the keeper asks for what a gate needs and says what it could not find out', async () => {
  await signImage('signed', DIGEST);
  const keeper = new GateKeeper(
    { findings: () => Promise.reject(new Error('the scanner is away')) },
    new CosignSignatures(),
  );
  const build = (repository: string) => ({
    gates: { tests_passed: false, image_signed: true, signing_key: pem(ours), findings_max: { critical: 0 } },
    reports: [],
    exportedVariables: { IMAGE_URI: `${registry.host}/${repository}:v1`, IMAGE_DIGEST: DIGEST },
    session: null,
    login: undefined,
  });
  expect(await keeper.judge(build('signed'), signal)).toEqual([
    {
      gate: 'findings_max',
      passed: false,
      detail: 'The findings of the image scan are not known: the scanner is away.',
    },
    { gate: 'image_signed', passed: true, detail: `${DIGEST} is signed with the project's key.` },
  ]);
  expect((await keeper.judge(build('bare'), signal))[1]).toMatchObject({ gate: 'image_signed', passed: false });
});
