/** The local runner, really running buildspecs. In one file: every case is one build of the same small harness. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { makeRepository } from '@aws-deployer/platform/testing/git-http-server';
import { expect, test, vi } from 'vitest';
import type { BuildHandle } from '../../ports/build-engine.js';
import { buildEnvironment } from './open-place.js';
import { localBuild, localRunner } from '../../testing/local-builds.js';

const ARTIFACTS = { type: 's3', bucket: 'my-bucket' } as const;
const running = async (seen: () => Promise<readonly string[]>, line: string) =>
  vi.waitFor(async () => expect((await seen()).join('\n')).toContain(line), { timeout: 10_000 });

test('a build goes through the phases of CodeBuild, and tells what it exported', async () => {
  const { run } = await localRunner();
  const { seen, log } = await run({
    buildspec: `version: 0.2
env:
  shell: bash
  variables:
    COLOUR: red
    SIZE: small
  exported-variables: [VERSION, LINES]
phases:
  install:
    commands:
      - export VERSION=1.4
  pre_build:
    commands: [mkdir work, cd work]
  build:
    commands:
      - |
        for name in a b; do
          echo "made $name $COLOUR $SIZE"
        done
      - echo "in $(basename "$PWD") of $CODEBUILD_BUILD_NUMBER" >&2
  post_build:
    commands:
      - export LINES=$'one\\ntwo'
      - echo "succeeding $CODEBUILD_BUILD_SUCCEEDING $CODEBUILD_BUILD_IMAGE"
`,
    environment: { variables: [{ name: 'SIZE', value: 'large' }] },
    number: 7,
  });
  expect(seen).toMatchObject({
    status: 'succeeded',
    phase: 'COMPLETED',
    failure: null,
    runtime: 'host',
    imageSubstituted: null,
    resolvedCommit: null,
    exportedVariables: { VERSION: '1.4', LINES: 'one\ntwo' },
  });
  expect(seen.phases.map(({ name, status }) => `${name} ${status}`)).toEqual(
    [
      ...['SUBMITTED', 'QUEUED', 'PROVISIONING', 'DOWNLOAD_SOURCE', 'INSTALL', 'PRE_BUILD', 'BUILD', 'POST_BUILD'],
      ...['UPLOAD_ARTIFACTS', 'FINALIZING', 'COMPLETED'],
    ].map((name) => `${name} succeeded`),
  );
  expect(seen.phases.every(({ duration_seconds }) => typeof duration_seconds === 'number')).toBe(true);
  const words = log.join('\n');
  expect(words).toContain('stdout: made a red large\nstdout: made b red large');
  expect(words).toContain('stderr: in work of 7');
  expect(words).toContain('stdout: succeeding 1 aws/codebuild/standard:7.0');
  expect(words).toMatch(/system: \[Container\] \d{4}\/\d\d\/\d\d [\d:.]+ Running command export VERSION=1.4/);
  expect(words).toContain('Phase complete: BUILD State: SUCCEEDED');
  expect(words).toContain('there is no isolation');
});

test('a failing command names phase, command, exit code and last lines; POST_BUILD and finally run all the same', async () => {
  const { run } = await localRunner();
  const { seen, log } = await run({
    buildspec: `version: 0.2
phases:
  build:
    commands:
      - echo first
      - seq 1 30; exit 3
      - echo never
    finally:
      - echo tidied
  post_build:
    commands:
      - echo "succeeding $CODEBUILD_BUILD_SUCCEEDING"
`,
  });
  expect(seen).toMatchObject({
    status: 'failed',
    phase: 'BUILD',
    failure: {
      phase: 'BUILD',
      command: 'seq 1 30; exit 3',
      exit_code: 3,
      message: 'Phase BUILD failed with exit code 3 at: seq 1 30; exit 3',
    },
  });
  expect(seen.failure?.last_lines).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 11)));
  expect(seen.phases.find(({ name }) => name === 'BUILD')).toMatchObject({
    status: 'failed',
    message: 'COMMAND_EXECUTION_ERROR: Error while executing command: seq 1 30; exit 3. Reason: exit status 3',
  });
  expect(seen.phases.map(({ name }) => name)).toContain('UPLOAD_ARTIFACTS');
  const words = log.join('\n');
  expect(words).toContain('stdout: tidied');
  expect(words).toContain('stdout: succeeding 0');
  expect(words).toContain('Phase complete: BUILD State: FAILED');
  expect(words).not.toContain('stdout: never');
});

test.each([
  ['a failed pre_build ends the build', 'pre_build', '', 'failed', []],
  ['abort keeps post_build from running', 'build', 'on-failure: ABORT', 'failed', []],
  ['continue goes on', 'pre_build', 'on-failure: CONTINUE', 'failed', ['build', 'post']],
])('%s', async (_what, phase, onFailure, status, ran) => {
  const { run } = await localRunner();
  const { seen, log } = await run({
    buildspec: `version: 0.2
phases:
  ${phase}:
    ${onFailure}
    commands: ['false']
${phase === 'build' ? '' : '  build:\n    commands: [echo ran build]\n'}  post_build:
    commands: [echo ran post]
`,
  });
  expect(seen.status).toBe(status);
  expect(log.filter((line) => line.startsWith('stdout: ran')).map((line) => line.replace('stdout: ran ', ''))).toEqual(
    ran,
  );
});

test('a phase is retried as often as it says, and only for what it says', async () => {
  const { run } = await localRunner();
  const retried = (onFailure: string) => `version: 0.2
phases:
  build:
    on-failure: ${onFailure}
    commands:
      - echo x >> tries
      - echo "try $(wc -l < tries)"
      - "[ $(wc -l < tries) -eq 3 ] || { echo flaky network >&2; exit 1; }"
`;
  const good = await run({ buildspec: retried('RETRY-2') });
  expect(good.seen.status).toBe('succeeded');
  expect(good.log.filter((line) => line.startsWith('stdout: try'))).toEqual(
    [1, 2, 3].map((n) => `stdout: try ${String(n)}`),
  );
  expect((await run({ buildspec: retried('RETRY-1') })).seen.status).toBe('failed');
  expect((await run({ buildspec: retried('RETRY-3-fla.y') })).seen.status).toBe('succeeded');
  const other = await run({ buildspec: retried('RETRY-3-disk') });
  expect(other.log.filter((line) => line.startsWith('stdout: try'))).toHaveLength(1);
  const hostile = await run({
    buildspec: `version: 0.2
phases:
  build:
    on-failure: RETRY-3-^(a+)+$
    commands: ['echo ${'a'.repeat(40)}!; exit 1']
`,
  });
  expect(hostile.seen.status).toBe('failed');
  expect(hostile.log.filter((line) => line.includes('takes too long'))).toHaveLength(1);
});

test('the source comes from Git with its history, the buildspec from the source', async () => {
  const { run, dataDir, engine } = await localRunner();
  const repository = await makeRepository(join(dataDir, 'repository'));
  const buildspec = 'version: 0.2\nphases:\n  build:\n    commands:\n      - cat app.txt\n      - git rev-parse HEAD\n';
  const first = await repository.commit({ 'app.txt': 'one\n', 'ci/buildspec.yml': buildspec }, 'First');
  const second = await repository.commit({ 'app.txt': 'two\n' }, 'Second');
  const source = { type: 'git', location: `file://${repository.path}` } as const;
  const { seen, log, handle } = await run({
    source,
    buildspec: `${buildspec}artifacts:\n  files: ['**/*']\n`,
    artifacts: ARTIFACTS,
  });
  expect((await engine.artifacts(handle)).map(({ path }) => path)).toEqual(['app.txt', 'ci/buildspec.yml']);
  expect(seen).toMatchObject({ status: 'succeeded', resolvedCommit: second });
  expect(log).toEqual(expect.arrayContaining(['stdout: two', `stdout: ${second}`]));
  const older = await run({ source: { ...source, version: first }, buildspec: { path: 'ci/buildspec.yml' } });
  expect(older.seen.resolvedCommit).toBe(first);
  expect(older.log).toContain('stdout: one');
  const missing = await run({ source, buildspec: { path: 'buildspec.yml' } });
  expect(missing.seen).toMatchObject({
    status: 'failed',
    phase: 'DOWNLOAD_SOURCE',
    failure: {
      phase: 'DOWNLOAD_SOURCE',
      command: null,
      message: expect.stringMatching(/buildspec.yml is not in the source/),
    },
  });
  const branch = await run({ source: { ...source, version: 'nowhere' }, buildspec: { path: 'ci/buildspec.yml' } });
  expect(branch.seen).toMatchObject({ status: 'failed', phase: 'DOWNLOAD_SOURCE' });
});

test('what can never start is refused with the field and the mend', async () => {
  const { start, run } = await localRunner();
  const buildspec = 'version: 0.2\nphases:\n  build:\n    commands: [env]\n';
  await expect(start({ buildspec, source: { type: 's3', location: 'bucket/app.zip' } })).rejects.toMatchObject({
    kind: 'invalid',
    fields: [{ field: 'source.type', mend: expect.stringMatching(/Git repository/) }],
  });
  await expect(start({ buildspec, source: { type: 'git', location: 'ext::sh -c true' } })).rejects.toMatchObject({
    fields: [{ field: 'source.location' }],
  });
  const windows = { type: 'WINDOWS_SERVER_2022_CONTAINER' } as const;
  await expect(start({ buildspec, environment: windows })).rejects.toMatchObject({
    fields: [{ field: 'environment.type' }],
  });
  const parameter = { name: 'KEY', value: '/shop/key', type: 'PARAMETER_STORE' as const };
  await expect(start({ buildspec, environment: { variables: [parameter] } })).rejects.toMatchObject({
    code: 'variable_unavailable',
    message: expect.stringMatching(/KEY comes from Parameter Store/),
  });
  const given = await run({
    buildspec:
      'version: 0.2\nenv:\n  secrets-manager:\n    KEY: shop/key\nphases:\n  build:\n    commands: [\'test "$KEY" = given\']\n',
    secretVariables: { KEY: 'given' },
  });
  expect(given.seen.status).toBe('succeeded');
  const wrong = await run({ buildspec: 'version: 0.2\nphases:\n  biuld:\n    commands: [env]\n' });
  expect(wrong.seen).toMatchObject({
    status: 'failed',
    failure: { message: expect.stringMatching(/YAML_FILE_ERROR/) },
  });
});

test('nobody builds on a machine that is not his own', async () => {
  const { run } = await localRunner({ localMode: false });
  const { seen } = await run({ buildspec: 'version: 0.2\nphases:\n  build:\n    commands: [env]\n' });
  expect(seen).toMatchObject({
    status: 'failed',
    phase: 'PROVISIONING',
    failure: { message: expect.stringMatching(/no Docker Engine.*Set DOCKER_HOST/) },
  });
});

test('the programs that npm puts in front of PATH are not in front of that of builds', () => {
  const { PATH } = buildEnvironment({ PATH: '/app/node_modules/.bin:/usr/bin:/bin', DOCKER_HOST: 'x', HOME: '/root' });
  expect(PATH).toBe(`/usr/bin:/bin:${dirname(process.execPath)}`);
});

test('a build sees nothing of the platform, and its secrets are in no log', async () => {
  process.env['PLATFORM_SECRET'] = 'platform-canary';
  const { run, dataDir } = await localRunner();
  const { seen, log } = await run({
    buildspec: `version: 0.2
env:
  exported-variables: [TOKEN]
phases:
  build:
    commands:
      - env
      - echo "token $TOKEN"; echo "home $HOME"
      - 'ls "no-$TOKEN"'
`,
    secretVariables: { TOKEN: 'canary-4711' },
  });
  const words = log.join('\n');
  expect(words).not.toContain('platform-canary');
  expect(words).toContain('token [masked]');
  expect(words).toContain(`home ${dataDir}`);
  expect(words).toContain('AWS_REGION=local');
  const everything = [words, JSON.stringify(seen)];
  for (const name of await readdir(join(dataDir, 'builds'), { recursive: true, withFileTypes: true }))
    if (name.isFile()) everything.push(await readFile(join(name.parentPath, name.name), 'utf8'));
  expect(everything.join('\n')).not.toContain('canary-4711');
  delete process.env['PLATFORM_SECRET'];
});

test('the time limit and a stop end the whole tree at once', async () => {
  const { start, ended, engine, log } = await localRunner();
  const buildspec = `version: 0.2
phases:
  build:
    commands:
      - setsid sh -c 'echo pid $$; exec sleep 300' & sleep 300 & echo pid $!; trap "" TERM; sleep 300
  post_build:
    commands: [echo never]
`;
  const late = await start({ buildspec, timeoutMinutes: 1 / 60 });
  expect(await ended(late)).toMatchObject({
    status: 'timed_out',
    phase: 'BUILD',
    failure: { phase: 'BUILD', exit_code: null, message: expect.stringMatching(/took longer than its/) },
  });
  const stopped = await start({ buildspec });
  await running(() => log(stopped), 'stdout: pid');
  const begun = Date.now();
  await engine.stop(stopped);
  expect(Date.now() - begun).toBeLessThan(5_000);
  const seen = await ended(stopped);
  expect(seen).toMatchObject({
    status: 'stopped',
    failure: { message: expect.stringMatching(/^The build was stopped in phase BUILD while setsid/) },
  });
  expect(seen.phases.find(({ name }) => name === 'BUILD')?.status).toBe('stopped');
  const lines = [...(await log(late)), ...(await log(stopped))];
  expect(lines).not.toContain('stdout: never');
  const pids = lines.flatMap((line) => /pid (\d+)$/.exec(line)?.[1] ?? []);
  expect(pids.length).toBeGreaterThanOrEqual(3);
  for (const pid of pids) expect(await alive(pid)).toBe(false);
  await engine.stop(stopped);
});

test('a build whose process died is unknown, its strays are ended, and it can be begun again', async () => {
  const { start, engine, again, log } = await localRunner();
  const build = localBuild({
    buildspec: 'version: 0.2\nphases:\n  build:\n    commands: ["echo mark $AWS_DEPLOYER_BUILD; sleep 300"]\n',
  });
  const handle = await start(build);
  expect((await start(build)).ref).toBe(handle.ref);
  await running(() => log(handle), 'stdout: mark');
  const mark = (await log(handle)).flatMap((line) => /mark (\S+)$/.exec(line)?.[1] ?? [])[0] ?? '';
  await engine.close();
  const stray = spawn('sleep', ['300'], { env: { PATH: process.env['PATH'], AWS_DEPLOYER_BUILD: mark } });
  const gone = once(stray, 'exit');
  const next = again();
  await next.recover();
  expect(await gone).toEqual([null, 'SIGKILL']);
  expect(await next.observe([handle])).toEqual(new Map());
  const second = localBuild({
    id: build.id,
    attempt: 2,
    buildspec: 'version: 0.2\nphases:\n  build:\n    commands: [echo again]\n',
  });
  const ref = await next.start(second, AbortSignal.timeout(5_000));
  expect(ref).not.toBe(handle.ref);
  await vi.waitFor(
    async () => expect((await next.observe([{ ref, session: null }])).get(ref)?.status).toBe('succeeded'),
    10_000,
  );
  // What has ended is told after a restart as well, and not begun again.
  const third = again();
  expect((await third.observe([{ ref, session: null }])).get(ref)?.status).toBe('succeeded');
  expect(await third.start(second, AbortSignal.timeout(5_000))).toBe(ref);
  expect((await third.readLog({ ref, session: null }, null)).lines.map(({ text }) => text)).toContain('again');
});

test('artifacts are the files that the patterns name, and nothing from outside', async () => {
  const { run, engine } = await localRunner();
  const { seen, handle, log } = await run({
    buildspec: `version: 0.2
phases:
  build:
    commands:
      - mkdir -p dist/deep dist/skip docs && echo one > dist/a.txt && echo two > dist/deep/b.txt && echo x > dist/skip/c.txt
      - echo doc > docs/index.md; ln -s a.txt dist/link.txt; ln -s /etc/passwd dist/passwd
artifacts:
  base-directory: dist
  files: ['**/*']
  exclude-paths: ['skip/**/*']
  secondary-artifacts:
    flat:
      files: ['**/b.txt', 'docs/*']
      discard-paths: yes
`,
    artifacts: ARTIFACTS,
  });
  expect(seen.status).toBe('succeeded');
  const found = await engine.artifacts(handle);
  expect(found.map(({ artifact, path }) => `${artifact}:${path}`)).toEqual([
    'flat:b.txt',
    'flat:index.md',
    'primary:a.txt',
    'primary:deep/b.txt',
    'primary:link.txt',
  ]);
  expect(log.join('\n')).toContain('dist/passwd is a link that leads out of the source');
  const opened = await engine.openArtifact(handle, 'primary', 'link.txt');
  expect([await text(opened.body), opened.sizeBytes]).toEqual(['one\n', 4]);
  for (const [artifact, path] of [
    ['primary', '../flat/b.txt'],
    ['..', 'state.json'],
    ['primary', '../../log'],
    ['primary', 'deep'],
  ] as const)
    await expect(engine.openArtifact(handle, artifact, path)).rejects.toMatchObject({ code: 'artifact_not_found' });
});

test('artifacts can be one archive; none at all fail the build, as does a path that leads out', async () => {
  const { run, engine } = await localRunner();
  const spec = (artifacts: string) =>
    `version: 0.2\nphases:\n  build:\n    commands: [export TAG=7, mkdir out, echo hi > out/a]\nartifacts:\n${artifacts}`;
  const zip = await run({
    buildspec: spec("  files: ['out/**/*']\n  name: app-$TAG\n"),
    artifacts: { ...ARTIFACTS, packaging: 'zip' },
  });
  expect((await engine.artifacts(zip.handle)).map(({ path }) => path)).toEqual(['app-7.zip']);
  const none = await run({ buildspec: spec("  files: ['dist/**/*']\n"), artifacts: ARTIFACTS });
  expect(none.seen).toMatchObject({
    status: 'failed',
    phase: 'UPLOAD_ARTIFACTS',
    failure: { message: expect.stringMatching(/^No matching artifact paths found: dist/) },
  });
  expect(none.seen.phases.find(({ name }) => name === 'UPLOAD_ARTIFACTS')?.status).toBe('client_error');
  const out = await run({ buildspec: spec("  files: ['../../*']\n"), artifacts: ARTIFACTS });
  expect(out.seen).toMatchObject({ status: 'failed' });
  expect(await engine.artifacts(out.handle)).toEqual([]);
});

test('reports are read from the files that the buildspec names, also of a failed build', async () => {
  const { run, engine } = await localRunner();
  const { handle, seen } = await run({
    buildspec: `version: 0.2
phases:
  build:
    commands:
      - mkdir -p out && printf '<testsuite name="s" tests="2"><testcase classname="s" name="a" time="1"/><testcase classname="s" name="b"><failure message="no"/></testcase></testsuite>' > out/junit.xml
      - 'false'
reports:
  unit:
    files: ['*.xml']
    base-directory: out
    file-format: JUNITXML
  nothing:
    files: ['*.json']
    file-format: CUCUMBERJSON
`,
  });
  expect(seen.status).toBe('failed');
  const reports = await engine.reports(handle);
  expect(reports).toMatchObject([
    { name: 'unit', type: 'test', tests: { total: 2, passed: 1, failed: 1 } },
    { name: 'nothing', problems: [expect.any(String)] },
  ]);
});

test('what is cached is there at the next build of the project, not at another one', async () => {
  const { run } = await localRunner();
  const buildspec = `version: 0.2
phases:
  build:
    commands:
      - cat lib/deep/made ~/.tool/made || echo cold
      - mkdir -p lib/deep ~/.tool && echo "by $CODEBUILD_BUILD_NUMBER" > lib/deep/made && echo "home" > ~/.tool/made && ln -sf made lib/deep/link
      - test "$CODEBUILD_BUILD_NUMBER" != 2
cache:
  paths: ['lib/**/*', '/root/.tool/**/*', /var/elsewhere]
`;
  const cache = { type: 'local' } as const;
  const first = await run({ buildspec, cache, number: 1 });
  expect(first.log).toContain('stdout: cold');
  expect(first.log.join('\n')).toMatch(/Cache saved/);
  const second = await run({ buildspec, cache, number: 2 });
  expect(second.seen.status).toBe('failed');
  expect(second.log).toEqual(expect.arrayContaining(['stdout: by 1', 'stdout: home']));
  const third = await run({ buildspec, cache, number: 3 });
  expect(third.log).toContain('stdout: by 1');
  expect(third.log.join('\n')).toContain('/var/elsewhere is not cached');
  const other = await run({ buildspec, cache, project: 'other' });
  expect(other.log).toContain('stdout: cold');
  const off = await run({ buildspec, number: 4 });
  expect(off.log).toContain('stdout: cold');
});

test('old builds keep their artifacts, and lose what is past the limits', async () => {
  const { run, engine, dataDir } = await localRunner({ kept: { buildsPerProject: 1, artifactBytes: 3_000 } });
  const spec = (artifacts: boolean) =>
    `version: 0.2\nphases:\n  build:\n    commands: [head -c 1000 /dev/zero > a]\n${artifacts ? 'artifacts:\n  files: [a]\n' : ''}`;
  const handles: BuildHandle[] = [];
  for (const artifacts of [true, true, false, true, true])
    handles.push((await run({ buildspec: spec(artifacts), artifacts: ARTIFACTS })).handle);
  const kept = () =>
    Promise.all(
      handles.map(async ({ ref }) => {
        const has = (name: string) =>
          stat(join(dataDir, 'builds', ref, name)).then(
            () => true,
            () => false,
          );
        return [await has('state.json'), await has('log'), await has('artifacts')];
      }),
    );
  await vi.waitFor(
    async () =>
      expect(await kept()).toEqual([
        [false, false, false],
        [true, false, true],
        [false, false, false],
        [true, false, true],
        [true, true, true],
      ]),
    10_000,
  );
  expect(await engine.artifacts(handles[1] ?? { ref: '', session: null })).toHaveLength(1);
});

/** False also for one that is only still in the table of processes. */
const alive = async (pid: string): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (state) => !/\) Z /.test(state),
    () => false,
  );
