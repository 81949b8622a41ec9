/** The templates as they run: on this machine by the local runner, and the Docker one with stand-ins for docker and aws. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeRepository } from '@aws-deployer/platform/testing/git-http-server';
import { expect, onTestFinished, test } from 'vitest';
import { localRunner } from '../testing/local-builds.js';
import { BUILDSPEC_PHASES } from './buildspec.js';
import { templateText } from './buildspec-templates.js';
import { parseBuildspec } from './parse-buildspec.js';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'buildspec-template-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}
async function repository(files: Readonly<Record<string, string>>): Promise<string> {
  const path = await folder();
  await (await makeRepository(path)).commit(files, 'A sample');
  return `file://${path}`;
}

test('node: builds and tests if package.json says how', { timeout: 60_000 }, async () => {
  const { run } = await localRunner();
  const scripts = { build: 'echo built > out.txt', test: 'node --test' };
  const { seen, log } = await run({
    source: {
      type: 'git',
      location: await repository({
        'package.json': JSON.stringify({ name: 'sample', version: '1.0.0', scripts }),
        'sample.test.js': "require('node:test')('adds', () => {});\n",
      }),
    },
    buildspec: templateText('node'),
    artifacts: { type: 's3', bucket: 'artifacts' },
  });
  expect({ failure: seen.failure, status: seen.status }).toEqual({ failure: null, status: 'succeeded' });
  expect(log.join('\n')).toMatch(/# pass 1|pass 1/);
});

test('python: compiles every file, and stops at one that is none', { timeout: 60_000 }, async () => {
  const { run } = await localRunner();
  const build = async (text: string) =>
    run({
      source: { type: 'git', location: await repository({ 'app.py': text }) },
      buildspec: templateText('python'),
    });
  expect((await build('print("hello")\n')).seen).toMatchObject({ failure: null, status: 'succeeded' });
  expect((await build('print("hello"\n')).seen).toMatchObject({ status: 'failed', failure: { phase: 'BUILD' } });
});

/** Runs all phases in one shell with a `docker` and an `aws` that only write down how they were called. */
async function dockerTemplate(variables: Readonly<Record<string, string>>) {
  const path = await folder();
  const calls = join(path, 'calls');
  const digest = `sha256:${'a'.repeat(64)}`;
  const stub = async (name: string, answers: string): Promise<void> =>
    writeFile(join(path, name), `#!/bin/sh\necho "${name} $*" >> ${calls}\n${answers}\n`, { mode: 0o755 });
  await stub(
    'docker',
    `case "$1" in inspect) echo "registry.example/shop@${digest}";; login) cat >> ${calls}; echo >> ${calls};; esac`,
  );
  await stub('aws', 'case "$2" in describe-repositories) exit 254;; get-login-password) echo ecr-token;; esac');
  const { buildspec } = parseBuildspec(templateText('docker'));
  if (buildspec === null) throw new Error('the template is no buildspec');
  const commands = BUILDSPEC_PHASES.flatMap((phase) => buildspec.phases[phase]?.commands ?? []);
  const script = [...commands, 'echo "exported $IMAGE_URI $IMAGE_DIGEST"'].join('\n');
  const { stdout } = await promisify(execFile)('bash', ['-e', '-c', script], {
    env: { PATH: `${path}:${process.env['PATH'] ?? ''}`, ...buildspec.env.variables, ...variables },
  });
  return { calls: (await readFile(calls, 'utf8')).split('\n').filter((line) => line !== ''), stdout, digest };
}

test('docker: an image goes to ECR, in its region, with its repository made at the first push', async () => {
  const image = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/shop:1.4';
  const { calls, stdout, digest } = await dockerTemplate({ IMAGE_URI: image });
  const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
  // the two ends of the pipe begin at once
  expect([...calls.slice(0, 2), ...calls.slice(2, 4).sort(), ...calls.slice(4)]).toEqual([
    'aws ecr describe-repositories --region eu-central-1 --repository-names team/shop',
    'aws ecr create-repository --region eu-central-1 --repository-name team/shop',
    'aws ecr get-login-password --region eu-central-1',
    `docker login --username AWS --password-stdin ${host}`,
    'ecr-token',
    `docker build --file ./Dockerfile --tag ${image} .`,
    `docker push ${image}`,
    `docker inspect --format {{index .RepoDigests 0}} ${image}`,
  ]);
  expect(stdout).toContain(`exported ${image} ${digest}`);
});

test('docker: with a registry alone the image has the name of the project and the number of the build', async () => {
  const { calls, stdout } = await dockerTemplate({
    REGISTRY: 'registry.example:5000',
    REGISTRY_USERNAME: 'pusher',
    REGISTRY_PASSWORD: 'secret-of-registry',
    CODEBUILD_BUILD_ID: 'Shop_Web:0b8f4a52-7a3c',
    CODEBUILD_BUILD_NUMBER: '12',
  });
  expect(calls.slice(0, 2)).toEqual([
    'docker login --username pusher --password-stdin registry.example:5000',
    'secret-of-registry',
  ]);
  expect(stdout).toContain('exported registry.example:5000/shop_web:12 ');
  expect(stdout).not.toContain('secret-of-registry');
});

test('docker: without a name it says what to set', async () => {
  await expect(dockerTemplate({})).rejects.toMatchObject({
    stderr: expect.stringContaining('Set IMAGE_URI, or REGISTRY'),
  });
});
