/** Image builds with the `docker` of machines without a Docker Engine, from the buildspec to the registry. */
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { readImage } from '@aws-deployer/platform/oci/read-image';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import { makeRepository } from '@aws-deployer/platform/testing/git-http-server';
import { startMemoryRegistry, type MemoryRegistryOptions } from '@aws-deployer/platform/testing/memory-registry';
import { expect, onTestFinished, test, vi } from 'vitest';
import { templateText } from '../../../buildspec/buildspec-templates.js';
import { IMAGE_BUILDSPEC, imageBuildVariables } from '../../../image-builds/image-buildspec.js';
import { localRunner } from '../../../testing/local-builds.js';
import { packFolder } from '../tar-archive.js';

const SAMPLE = join(import.meta.dirname, '../../../../../examples/hello-node');
async function registryOf(options: MemoryRegistryOptions = {}) {
  const registry = await startMemoryRegistry(options);
  onTestFinished(() => registry.stop());
  return registry;
}
async function sampleRepository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'local-runner-sample-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await cp(SAMPLE, folder, { recursive: true });
  await (await makeRepository(folder)).commit({}, 'The sample');
  return `file://${folder}`;
}
const plain = (entries: Readonly<Record<string, string>>) => ({
  variables: Object.entries(entries).map(([name, value]) => ({ name, value })),
});

test('the docker template builds the sample from Git and pushes it; the image is known by its digest', async () => {
  const registry = await registryOf({ username: 'pusher', password: 'canary-4711' });
  const { run } = await localRunner();
  const { seen, log } = await run({
    project: 'hello',
    source: { type: 'git', location: await sampleRepository() },
    buildspec: templateText('docker'),
    environment: {
      privileged: true,
      ...plain({ IMAGE_URI: `${registry.host}/team/hello:v1`, REGISTRY_USERNAME: 'pusher' }),
    },
    secretVariables: { REGISTRY_PASSWORD: 'canary-4711' },
  });
  expect(seen.failure).toBeNull();
  expect(seen).toMatchObject({
    status: 'succeeded',
    runtime: 'host',
    exportedVariables: {
      IMAGE_URI: `${registry.host}/team/hello:v1`,
      IMAGE_DIGEST: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      IMAGE_RUNTIME: 'host',
      EXPOSED_PORT: '8080',
    },
  });
  const words = log.join('\n');
  expect(words).toContain('there is no Docker Engine, so the host builder carries it out');
  expect(words).toMatch(/Step 1\/7 : FROM node:24-slim/);
  expect(words).not.toContain('canary');
  const client = new RegistryClient({
    host: registry.host,
    insecure: true,
    username: 'pusher',
    password: 'canary-4711',
  });
  const image = await readImage(client, 'team/hello', 'v1', AbortSignal.timeout(5_000));
  expect(image).toMatchObject({ digest: seen.exportedVariables['IMAGE_DIGEST'], runtime: 'host' });
});

test('an uploaded source is built for the deployer, with its build arguments', async () => {
  const registry = await registryOf();
  const { run, dataDir } = await localRunner();
  const folder = join(dataDir, 'context');
  await mkdir(folder);
  await cp(SAMPLE, folder, { recursive: true });
  await writeFile(
    join(folder, 'Other.Dockerfile'),
    'FROM node:24-slim\nARG VERSION\nENV SHOWN=$VERSION\nCOPY server.js ./\nRUN echo "run $VERSION"\nCMD ["node", "server.js"]\n',
  );
  const tar = await buffer(await packFolder(folder, ''));
  const uploadSha256 = createHash('sha256').update(tar).digest('hex');
  await mkdir(join(dataDir, 'uploads'));
  await writeFile(join(dataDir, 'uploads', `${uploadSha256}.tar`), tar);
  const variables = imageBuildVariables({
    image: `${registry.host}/shop:v2`,
    dockerfile: 'Other.Dockerfile',
    registryHost: registry.host,
    buildArgs: { VERSION: '1 "two"' },
  });
  const { seen, log } = await run({ buildspec: IMAGE_BUILDSPEC, environment: { variables }, uploadSha256 });
  expect(seen.failure).toBeNull();
  expect(log).toContain('stdout: run 1 "two"');
  const client = new RegistryClient({ host: registry.host, insecure: true });
  const image = await readImage(client, 'shop', 'v2', AbortSignal.timeout(5_000));
  expect(image.digest).toBe(seen.exportedVariables['IMAGE_DIGEST']);
  expect(image.config.config?.Env).toContain('SHOWN=1 "two"');
  const gone = await run({ buildspec: IMAGE_BUILDSPEC, environment: { variables }, uploadSha256: 'f'.repeat(64) });
  expect(gone.seen).toMatchObject({ status: 'failed', failure: { message: expect.stringMatching(/upload it again/) } });
}, 60_000);

test('a Dockerfile that fails ends the command with the line; what needs an engine is refused in words', async () => {
  const { run } = await localRunner();
  const { seen, log } = await run({
    buildspec: `version: 0.2
phases:
  install:
    commands:
      - docker --version
      - docker run alpine || echo "code $?"
      - docker push nowhere.example/app:1 || echo "code $?"
      - docker images
  build:
    commands:
      - printf 'FROM node:24\\nRUN echo shown && exit 9\\n' > Dockerfile && docker build -t app:1 .
`,
  });
  expect(seen).toMatchObject({ status: 'failed', failure: { phase: 'BUILD', exit_code: 1 } });
  const words = log.join('\n');
  expect(words).toContain('docker run is not carried out: there is no Docker Engine on this machine');
  expect(words).toContain('stdout: code 125');
  expect(words).toContain('No such image: nowhere.example/app:1');
  expect(words).toContain('stdout: shown');
  expect(seen.failure?.last_lines.join('\n')).toMatch(/RUN echo shown && exit 9[\s\S]*exit code 9/);
});

test('a tag is the same image; a stop ends the build of an image', async () => {
  const registry = await registryOf();
  const { run, start, log, engine, ended } = await localRunner();
  const tagged = await run({
    buildspec: `version: 0.2
phases:
  build:
    commands:
      - printf 'FROM node:24 AS one\\nCMD ["node"]\\nFROM one\\nRUN exit 1\\n' > Dockerfile
      - docker build -q --target one . > id && docker tag $(cat id) ${registry.host}/a:1 && docker tag ${registry.host}/a:1 ${registry.host}/b:2
      - docker push ${registry.host}/a:1 && docker push ${registry.host}/b:2
      - docker inspect -f '{{index .RepoDigests 0}} {{.Id}}' ${registry.host}/b:2; cat id; docker images -q
`,
  });
  expect(tagged.seen.failure).toBeNull();
  expect(tagged.log.join('\n')).toContain(`stdout: ${registry.host}/b@sha256:`);
  const handle = await start({
    buildspec:
      'version: 0.2\nphases:\n  build:\n    commands: ["printf \'FROM node:24\\\\nRUN echo begun && sleep 301\\\\n\' > Dockerfile; docker build ."]\n',
  });
  await vi.waitFor(async () => expect((await log(handle)).join('\n')).toContain('stdout: begun'), { timeout: 15_000 });
  const begun = Date.now();
  await engine.stop(handle);
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect((await ended(handle)).status).toBe('stopped');
});
