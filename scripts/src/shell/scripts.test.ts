/** What holds for every shell script: shellcheck has nothing to say, --help explains it, a dry run changes nothing. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lacks, repositoryRoot, runProgram, runScript } from './run-script.js';
import { copyRepository } from './testing/repository-copy.js';

const folder = join(repositoryRoot, 'scripts');
const scripts = (await readdir(folder)).filter((name) => name.endsWith('.sh')).sort();
const libraries = (await readdir(join(folder, 'lib'))).map((name) => join('lib', name));

/** The fewest arguments that each takes. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'backup.sh': ['/nowhere/backups'],
  'deploy-all.sh': ['staging', '--registry', 'registry.example/platform', '--tag', '1'],
  'health-check.sh': ['https://deployer.example', '--namespace', 'aws-deployer-dev'],
  'integration-tests.sh': ['https://deployer.example'],
  'one-click-down.sh': ['development'],
  'one-click-up.sh': ['development'],
  'restore.sh': [],
  'view-logs.sh': ['deployer'],
};

test('each script is known here, and is started by its name', async () => {
  expect(scripts).toEqual(Object.keys(ARGUMENTS));
  for (const name of scripts) {
    expect((await stat(join(folder, name))).mode & 0o111, name).toBe(0o111);
    const text = await readFile(join(folder, name), 'utf8');
    expect(text.startsWith('#!/usr/bin/env bash\n# '), name).toBe(true);
    expect(text, name).toContain('\nset -euo pipefail\n');
  }
});

test.skipIf(lacks('shellcheck'))('shellcheck has no finding', { timeout: 120_000 }, async () => {
  const folders = ['k8s', 'examples/jenkins'];
  const others = (
    await Promise.all(
      folders.map(async (path) =>
        (await readdir(join(repositoryRoot, path), { recursive: true })).map((name) =>
          join(repositoryRoot, path, name),
        ),
      ),
    )
  )
    .flat()
    .filter((path) => path.endsWith('.sh'));
  expect(others.length).toBeGreaterThan(7);
  const all = [...[...scripts, ...libraries].map((name) => join(folder, name)), ...others];
  expect(await runProgram('shellcheck', ['-x', ...all])).toEqual({ code: 0, out: '', err: '' });
});

describe.each(scripts)('%s', (name) => {
  test('explains itself, with each of its options', async () => {
    const { code, out, err } = await runScript(name, ['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^Usage: ${name} `));
    const text = await readFile(join(folder, name), 'utf8');
    const options = [...text.matchAll(/^ {4}(--[a-z-]+)(?: \| -\w)?\)/gm)].map((match) => match[1] ?? '');
    expect(options).toContain('--dry-run');
    for (const option of options) expect(out, option).toContain(option);
  });

  test('refuses what it does not know, and does nothing then', async () => {
    expect(await runScript(name, ['--no-such-option'])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('--no-such-option') as string,
    });
  });

  // The dry run of a restore reads its backup: it is with the test of backups.
  if (name !== 'restore.sh')
    test('says in a dry run what it would do, and needs nothing for it', async () => {
      const data = await mkdtemp(join(tmpdir(), 'aws-deployer-dry-'));
      onTestFinished(() => rm(data, { recursive: true, force: true }));
      const env = { ONE_CLICK_FOLDER: data, HOME: data, TMPDIR: data };
      const { code, out } = await runScript(name, ['--dry-run', ...(ARGUMENTS[name] ?? [])], env);
      expect(code).toBe(0);
      expect(out).toMatch(/^would /m);
      expect(await readdir(data)).toEqual([]);
    });
});

test('an environment has two names for Terraform and Kubernetes, and one for people', async () => {
  for (const name of ['dev', 'development'])
    expect((await runScript('one-click-up.sh', [name, '--dry-run'])).out).toContain('environments/development');
  expect(await runScript('one-click-up.sh', ['qa', '--dry-run'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('development, staging or production') as string,
  });
});

test('nothing is destroyed where nobody can be asked', async () => {
  const programs = await mkdtemp(join(tmpdir(), 'aws-deployer-programs-'));
  onTestFinished(() => rm(programs, { recursive: true, force: true }));
  for (const name of ['terraform', 'aws', 'jq'])
    await writeFile(join(programs, name), `#!/bin/sh\necho "${name} $*" >>${programs}/called\n`, { mode: 0o755 });
  const { code, err } = await runScript('one-click-down.sh', ['development', '--backend-config', 'bucket=b'], {
    AWS_REGION: 'eu-central-1',
    ONE_CLICK_FOLDER: programs,
    PATH: [programs, process.env['PATH']].join(delimiter),
  });
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('give --yes') as string });
  expect(await readdir(programs)).not.toContain('called');
});

test('what the last step lacks is told before anything is made', async () => {
  const repository = await copyRepository(); // no Git checkout
  onTestFinished(repository.remove);
  const programs = await mkdtemp(join(tmpdir(), 'aws-deployer-programs-'));
  onTestFinished(() => rm(programs, { recursive: true, force: true }));
  for (const name of ['terraform', 'aws', 'jq', 'kubectl', 'docker', 'curl', 'openssl'])
    await writeFile(join(programs, name), `#!/bin/sh\necho "${name} $*" >>${programs}/called\n`, { mode: 0o755 });
  const env = { AWS_REGION: 'eu-central-1', PATH: [programs, process.env['PATH']].join(delimiter) };
  expect(await repository.run('one-click-up.sh', ['development', '--yes'], env)).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/is no Git checkout.*give --tag/) as string,
  });
  expect(await readdir(programs)).not.toContain('called');
});

test('what Terraform writes in a checkout is in no commit, no image and no build', async () => {
  const written = [
    'bootstrap/.terraform.lock.hcl',
    'environments/development/.terraform/x',
    'bootstrap/terraform.tfstate',
  ];
  for (const path of written.map((name) => join('infra-oneclick/terraform', name)))
    expect(await runProgram('git', ['check-ignore', '--no-index', path]), path).toMatchObject({ code: 0 });
  const ignored = (await readFile(join(repositoryRoot, '.dockerignore'), 'utf8')).split('\n');
  expect(ignored).toEqual(expect.arrayContaining(['**/.terraform', '**/.terraform.lock.hcl', '**/*.tfstate*']));
});

test('a cluster is never met by accident', async () => {
  const { code, err } = await runScript('deploy-all.sh', ['staging', '--registry', 'r.example/p', '--no-build']);
  expect(code).not.toBe(0);
  expect(err).toMatch(/KUBECONFIG|not on the PATH/);
});
