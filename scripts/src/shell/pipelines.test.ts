/** The pipelines of this repository and those for applications: readable by whom they are for, and naming only what exists. */
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBuildspec } from '@aws-deployer/codebuild-service/buildspec/parse-buildspec';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { lacks, repositoryRoot, runProgram } from './run-script.js';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, { readonly inputs?: object; readonly secrets?: object } | null>>;
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, { readonly needs?: readonly string[]; readonly steps: readonly Step[] }>>;
}
const read = (path: string): Promise<string> => readFile(join(repositoryRoot, path), 'utf8');
const folder = '.github/workflows';
const workflows = await Promise.all(
  (await readdir(join(repositoryRoot, folder))).map(async (name) => {
    const text = await read(join(folder, name));
    return { name, text, workflow: parse(text, { strict: true, uniqueKeys: true }) as Workflow };
  }),
);

/** Files of this repository that a text calls. */
async function missingFiles(text: string): Promise<string[]> {
  const named = [
    ...text.matchAll(/(?<![\w./-])((?:scripts|examples|k8s|infra-oneclick|\.ci)\/[\w./-]*\w)(?![\w/*$-])/g),
  ];
  const files = [...new Set(named.map((match) => match[1] ?? ''))];
  const checked = await Promise.all(
    files.map((file) =>
      access(join(repositoryRoot, file)).then(
        () => '',
        () => file,
      ),
    ),
  );
  return checked.filter((file) => file !== '');
}

describe.each(workflows)('$name', ({ text, workflow }) => {
  test('has a name, the least rights, and jobs with steps that do one thing each', () => {
    expect(workflow.name).not.toBe('');
    expect(workflow.permissions).toBeTypeOf('object');
    const jobs = Object.values(workflow.jobs);
    expect(jobs.length).toBeGreaterThan(0);
    for (const { steps } of jobs)
      for (const { run, uses } of steps) expect([run, uses].filter((one) => one !== undefined)).toHaveLength(1);
  });

  test('takes its inputs, secrets and jobs as they are declared', () => {
    const called = workflow.on['workflow_call'];
    const used = (kind: string): string[] =>
      [...text.matchAll(new RegExp(`\\$\\{\\{[^}]*\\b${kind}\\.(\\w+)`, 'g'))].map((match) => match[1] ?? '');
    expect(Object.keys(called?.inputs ?? {})).toEqual(expect.arrayContaining(used('inputs')));
    expect(Object.keys(called?.secrets ?? {})).toEqual(expect.arrayContaining(used('secrets')));
    for (const { needs = [] } of Object.values(workflow.jobs))
      expect(Object.keys(workflow.jobs)).toEqual(expect.arrayContaining([...needs]));
  });

  test('puts nothing that others write into a command: it comes by the environment', () => {
    for (const { steps } of Object.values(workflow.jobs))
      for (const { run = '' } of steps) expect(run).not.toContain('${{');
  });

  test('calls only what is there', async () => {
    expect(await missingFiles(text)).toEqual([]);
  });

  test.skipIf(lacks('shellcheck'))('has commands without a finding of shellcheck', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'aws-deployer-steps-'));
    onTestFinished(() => rm(temporary, { recursive: true, force: true }));
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps.flatMap(({ run }) => run ?? []));
    const files = steps.map((_step, index) => join(temporary, `${index}.sh`));
    for (const [index, step] of steps.entries()) await writeFile(files[index] ?? '', step);
    expect(await runProgram('shellcheck', ['--shell=bash', ...files])).toEqual({ code: 0, out: '', err: '' });
  });
});

test('applications can be built and deployed by workflows to call', () => {
  const callable = workflows.filter(({ workflow }) => workflow.on['workflow_call'] !== undefined);
  expect(callable.map(({ name }) => name).sort()).toEqual(['application-build.yml', 'application-deploy.yml']);
});

test('a workflow deploys in the same way as Jenkins does', async () => {
  const deploy = workflows.find(({ name }) => name === 'application-deploy.yml')?.workflow.jobs['deploy']?.steps[0];
  const script = await read('examples/jenkins/deploy.sh');
  expect(deploy?.run).toBe(script);
  const header = script.slice(0, script.indexOf('set -euo'));
  for (const variable of Object.keys(deploy?.env ?? {})) expect(header).toContain(variable);
});

test('the buildspec of this repository is one, without a warning, and calls only what is there', async () => {
  const text = await read('buildspec.yml');
  const { problems, warnings, buildspec } = parseBuildspec(text);
  expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
  expect(buildspec).not.toBeNull();
  expect(await missingFiles(text)).toEqual([]);
});

test.each(['Jenkinsfile.application', 'Jenkinsfile.infrastructure'])(
  '%s is whole, and calls what is there',
  async (name) => {
    const text = await read(join('examples/jenkins', name));
    const code = text
      .replace(/^\s*\/\/.*$/gm, '')
      .replace(/'''[\s\S]*?'''/g, '')
      .replace(/'[^'\n]*'|"[^"\n]*"/g, '');
    for (const [open, close] of ['{}', '()', '[]'].map((pair) => [...pair]))
      expect(code.split(open ?? '').length, `${open} and ${close}`).toBe(code.split(close ?? '').length);
    expect(code).not.toMatch(/['"]/);
    expect(code.trim()).toMatch(/^pipeline \{[\s\S]*\}$/);
    expect(text).toMatch(/stage\('\w+/);
    expect(await missingFiles(text)).toEqual([]);
    for (const [, option] of text.matchAll(/one-click-\w+\.sh "\$ENVIRONMENT"((?: --[\w-]+)+)/g))
      for (const word of (option ?? '').trim().split(' '))
        expect(await read(`scripts/${text.includes('one-click-up') ? 'one-click-up' : 'one-click-down'}.sh`)).toContain(
          word,
        );
  },
);
