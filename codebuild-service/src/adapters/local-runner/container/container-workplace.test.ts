/** Builds in containers of a real Docker Engine. Without one: skipped, and failed on machines that must have it. */
import { stat, mkdtemp, rm, cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createReadStream } from 'node:fs';
import { connectDocker, findDocker } from '@aws-deployer/image-builder/docker/docker-engine';
import { engineEvents } from '@aws-deployer/image-builder/docker/engine-events';
import { readImage } from '@aws-deployer/platform/oci/read-image';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import { makeRepository } from '@aws-deployer/platform/testing/git-http-server';
import { startMemoryRegistry } from '@aws-deployer/platform/testing/memory-registry';
import { pack } from 'tar-stream';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { templateText } from '../../../buildspec/buildspec-templates.js';
import { localBuild, localRunner } from '../../../testing/local-builds.js';
import { publicName } from './build-image.js';

const dockerHost = process.env['TEST_DOCKER_HOST'] ?? process.env['DOCKER_HOST'];
const env = { PATH: process.env['PATH'], DOCKER_HOST: dockerHost };
const engine = await findDocker(env);
const busybox = await stat('/bin/busybox').then(
  ({ size }) => size,
  () => undefined,
);
const ready = dockerHost !== undefined && 'version' in engine && busybox !== undefined;
const withDocker = (name: string, run: () => Promise<void>) =>
  test.skipIf(!ready && process.env['CI'] !== 'true')(name, { timeout: 120_000 }, run);
/** A shell with the usual commands, and nothing else. */
const IMAGE = 'aws-deployer-test/busybox:1';
const SAMPLE = join(import.meta.dirname, '../../../../../examples/hello-node');
const ARTIFACTS = { type: 's3', bucket: 'my-bucket' } as const;

beforeAll(async () => {
  if (!ready) return;
  const docker = await connectDocker(env);
  const tar = pack();
  tar.entry({ name: 'tmp/', type: 'directory', mode: 0o1777 });
  tar.entry({ name: 'root/', type: 'directory' });
  tar.entry({ name: 'etc/passwd' }, 'root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/:/bin/sh\n');
  for (const name of [
    'sh',
    'sleep',
    'seq',
    'mkdir',
    'ln',
    'cat',
    'id',
    'env',
    'head',
    'wc',
    'ls',
    'setsid',
    'test',
    'date',
  ])
    tar.entry({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' });
  const entry = tar.entry({ name: 'bin/busybox', mode: 0o755, size: busybox ?? 0 });
  createReadStream('/bin/busybox').pipe(entry);
  entry.on('finish', () => tar.finalize());
  const stream = await docker.importImage(Readable.from(tar), {
    repo: IMAGE.split(':')[0],
    tag: '1',
    changes: ['ENV PATH=/bin', 'ENV FROM_IMAGE=yes'],
  });
  for await (const event of engineEvents(stream)) expect(event.error).toBeUndefined();
});
const runner = () => localRunner({ env });
const containers = async (ref: string) =>
  (await connectDocker(env)).listContainers({ all: true, filters: { label: [`aws-deployer.build=${ref}`] } });

withDocker('a build runs in a container of its image, and what it makes comes out', async () => {
  const { run, engine: local } = await runner();
  const { seen, handle, log } = await run({
    buildspec: `version: 0.2
env:
  exported-variables: [VERSION]
phases:
  install:
    commands:
      - export VERSION=$FROM_IMAGE-1
      - echo "home $HOME in $PWD as $(id -u)"
  build:
    run-as: bob
    commands:
      - echo "bob $(id -u) has $VERSION"; exit 0
  post_build:
    run-as: root
    commands:
      - mkdir -p dist/deep out && echo one > dist/deep/a.txt && ln dist/deep/a.txt dist/hard && ln -s /etc/passwd dist/passwd
      - echo '<testsuite name="s"><testcase classname="s" name="a"/></testsuite>' > out/junit.xml
reports:
  unit:
    files: ['out/*.xml']
    file-format: JUNITXML
artifacts:
  base-directory: dist
  files: ['**/*']
`,
    environment: { image: IMAGE },
    artifacts: ARTIFACTS,
  });
  expect(seen.failure).toBeNull();
  expect(seen).toMatchObject({
    status: 'succeeded',
    runtime: 'container',
    imageSubstituted: null,
    exportedVariables: { VERSION: 'yes-1' },
  });
  const words = log.join('\n');
  expect(words).toContain('stdout: home /root in /codebuild/output/src as 0');
  expect(words).toContain('stdout: bob 1000 has yes-1');
  expect(words).not.toContain('no isolation');
  expect((await local.artifacts(handle)).map(({ path }) => path)).toEqual(['deep/a.txt', 'hard']);
  expect(await text((await local.openArtifact(handle, 'primary', 'hard')).body)).toBe('one\n');
  expect(words).toContain('dist/passwd is a link that leads out of the source');
  expect(await local.reports(handle)).toMatchObject([{ name: 'unit', tests: { total: 1, passed: 1 } }]);
  expect(await containers(handle.ref)).toEqual([]);
});

withDocker('a failing command in a container names phase, command and exit code', async () => {
  const { run } = await runner();
  const { seen, log } = await run({
    buildspec: `version: 0.2
phases:
  build:
    commands:
      - sleep 60 & echo begun
      - seq 1 3 >&2; exit 4
    finally:
      - echo tidied
  post_build:
    commands: [echo "succeeding $CODEBUILD_BUILD_SUCCEEDING"]
`,
    environment: { image: IMAGE },
  });
  expect(seen).toMatchObject({
    status: 'failed',
    failure: { phase: 'BUILD', exit_code: 4, last_lines: ['1', '2', '3'] },
  });
  expect(log).toEqual(expect.arrayContaining(['stdout: tidied', 'stdout: succeeding 0']));
});

withDocker('source, cache and secrets are as on this machine', async () => {
  const { run, dataDir } = await runner();
  const repository = await makeRepository(join(dataDir, 'repository'));
  const commit = await repository.commit({ 'app.txt': 'from git\n' }, 'First');
  const build = (number: number) => ({
    number,
    source: { type: 'git' as const, location: `file://${repository.path}` },
    buildspec: `version: 0.2
phases:
  build:
    commands:
      - cat app.txt; cat lib/made /root/.tool/made /var/tool/made || echo cold
      - mkdir -p lib /root/.tool /var/tool && echo "lib $CODEBUILD_BUILD_NUMBER" > lib/made && echo home > /root/.tool/made && echo var > /var/tool/made
      - echo "secret $TOKEN"; env
cache:
  paths: ['lib/**/*', '/root/.tool/**/*', '/var/tool/**/*']
`,
    environment: { image: IMAGE },
    cache: { type: 'local' as const },
    secretVariables: { TOKEN: 'canary-4711' },
  });
  const first = await run(build(1));
  expect(first.seen).toMatchObject({ status: 'succeeded', resolvedCommit: commit });
  expect(first.log).toEqual(expect.arrayContaining(['stdout: from git', 'stdout: cold', 'stdout: secret [masked]']));
  expect(first.log.join('\n')).not.toContain('canary');
  const second = await run(build(2));
  expect(second.log).toEqual(expect.arrayContaining(['stdout: lib 1', 'stdout: home', 'stdout: var']));
});

withDocker('a stop, the time limit and a dead process leave no container', async () => {
  const { start, ended, engine: local, log, again } = await runner();
  const buildspec = 'version: 0.2\nphases:\n  build:\n    commands: ["setsid sleep 300 & echo begun; sleep 300"]\n';
  const environment = { image: IMAGE };
  const handle = await start({ buildspec, environment });
  await vi.waitFor(async () => expect(await log(handle)).toContain('stdout: begun'), { timeout: 60_000 });
  expect(await containers(handle.ref)).toHaveLength(1);
  const begun = Date.now();
  await local.stop(handle);
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect((await ended(handle)).status).toBe('stopped');
  expect(await containers(handle.ref)).toEqual([]);
  const late = await start({ buildspec, environment, timeoutMinutes: 3 / 60 });
  expect((await ended(late)).status).toBe('timed_out');
  expect(await containers(late.ref)).toEqual([]);

  const died = await start(localBuild({ buildspec, environment }));
  await vi.waitFor(async () => expect(await log(died)).toContain('stdout: begun'), { timeout: 60_000 });
  const stray = await containers(died.ref);
  const labels = stray[0]?.Labels ?? {};
  await local.close();
  // What a killed process would have left: a container with the marks of the build.
  const docker = await connectDocker(env);
  const left = await docker.createContainer({ Image: IMAGE, Cmd: ['sleep', '300'], Labels: labels });
  await left.start();
  const next = again();
  await next.recover();
  expect(await containers(died.ref)).toEqual([]);
  expect(await next.observe([died])).toEqual(new Map());
});

withDocker(
  'without the image of AWS the programs of this machine take its place, and docker build pushes',
  async () => {
    const registry = await startMemoryRegistry();
    onTestFinished(() => registry.stop());
    const folder = await mkdtemp(join(tmpdir(), 'local-runner-sample-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await cp(SAMPLE, folder, { recursive: true });
    await (await makeRepository(folder)).commit({}, 'The sample');
    const { run } = await runner();
    const { seen, log } = await run({
      project: 'hello',
      source: { type: 'git', location: `file://${folder}` },
      buildspec: templateText('docker'),
      environment: { privileged: true, variables: [{ name: 'IMAGE_URI', value: `${registry.host}/hello:v1` }] },
    });
    expect(seen.failure).toBeNull();
    expect(seen).toMatchObject({
      runtime: 'container',
      imageSubstituted: 'aws/codebuild/standard:7.0',
      exportedVariables: { IMAGE_RUNTIME: 'container', EXPOSED_PORT: '8080' },
    });
    expect(log.join('\n')).toContain('The programs of this machine take the place of aws/codebuild/standard:7.0');
    const client = new RegistryClient({ host: registry.host, insecure: true });
    const image = await readImage(client, 'hello', 'v1', AbortSignal.timeout(5_000));
    expect(image).toMatchObject({ digest: seen.exportedVariables['IMAGE_DIGEST'], runtime: 'container' });
  },
);

withDocker('an image that cannot be had, and an engine that does not answer, are said', async () => {
  const { run } = await localRunner({ env, localMode: false });
  const { seen } = await run({
    buildspec: 'version: 0.2\nphases:\n  build:\n    commands: [env]\n',
    environment: { image: 'registry.invalid/no-such:1' },
  });
  expect(seen).toMatchObject({
    status: 'failed',
    phase: 'PROVISIONING',
    failure: { message: expect.stringMatching(/registry.invalid\/no-such:1 cannot be had/) },
  });
  const silent = await localRunner({ env: { ...env, DOCKER_HOST: 'unix:///nowhere/docker.sock' } });
  const other = await silent.run({ buildspec: 'version: 0.2\nphases:\n  build:\n    commands: [env]\n' });
  expect(other.seen).toMatchObject({
    status: 'failed',
    failure: { message: expect.stringMatching(/no Docker Engine answers at unix:\/\/\/nowhere/) },
  });
});

test('images of CodeBuild itself are never asked of a public registry under their own name', () => {
  expect(publicName('aws/codebuild/standard:7.0')).toBeUndefined();
  expect(publicName('aws/codebuild/amazonlinux-x86_64-standard:5.0')).toBe(
    'public.ecr.aws/codebuild/amazonlinux-x86_64-standard:5.0',
  );
  expect(publicName('node:24')).toBe('node:24');
});
