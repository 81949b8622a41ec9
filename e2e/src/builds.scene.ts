/** Build projects on a machine without AWS: the local runner really builds, and what it made is deployed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildView, isBuildEnd } from '@aws-deployer/platform/contracts/builds';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitHost, nodeApplication } from './git-host.js';
import type { PlatformApi } from './platform-api.js';
import { eventually, repositoryRoot, type StartedPlatform } from './started-platform.js';
import { variants } from './variants.js';

const SAMPLE = join(repositoryRoot, 'examples/hello-node');
const sampleFiles = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      ['Dockerfile', 'package.json', 'server.js'].map(async (name) => [
        name,
        await readFile(join(SAMPLE, name), 'utf8'),
      ]),
    ),
  ) as Record<string, string>;

const JUNIT = (failed: boolean) =>
  `<testsuite name="unit"><testcase classname="unit" name="adds"/><testcase classname="unit" name="subtracts">${failed ? '<failure message="3 is not 2"/>' : ''}</testcase></testsuite>`;
/** Tests with a report, then an image in the platform's own registry. */
const buildspec = (failed: boolean) => `version: 0.2
env:
  exported-variables: [IMAGE_URI, IMAGE_DIGEST]
phases:
  pre_build:
    commands:
      - mkdir -p reports && printf '%s' '${JUNIT(failed)}' > reports/junit.xml
  build:
    commands:
      - docker build -t "$IMAGE_URI" .
      - docker push "$IMAGE_URI"
      - export IMAGE_DIGEST="$(docker inspect --format '{{index .RepoDigests 0}}' "$IMAGE_URI" | sed 's/.*@//')"
reports:
  unit:
    files: [junit.xml]
    base-directory: reports
artifacts:
  files: [server.js, reports/*]
`;

describe.each(variants)('on a machine with $name', ({ start, possible, docker }) => {
  let platform: StartedPlatform;
  let git: GitHost;
  let api: PlatformApi;
  let registry: string;
  beforeAll(async () => {
    if (!possible) return;
    [platform, git] = await Promise.all([start(), GitHost.start()]);
    api = await platform.signIn();
    const { body } = await api.get('/api/v1/registries');
    registry = new URL(
      (body as { items: { embedded: boolean; url: string }[] }).items.find((one) => one.embedded)?.url ?? '',
    ).host;
  });
  afterAll(async () => {
    await platform?.remove();
    await git?.stop();
  });
  const built = async (id: string): Promise<BuildView> =>
    eventually(
      `the end of build ${id}`,
      async () => {
        const build = BuildView.parse((await api.get(`/api/v1/builds/${id}`)).body);
        return isBuildEnd(build.status) && build;
      },
      150_000,
    );
  const createProject = async (body: object): Promise<void> => {
    const answer = await api.send('POST', '/api/v1/build-projects', body);
    expect([answer.status, answer.body]).toMatchObject([201, {}]);
  };
  const build = async (project: string, body: object = {}): Promise<string> => {
    const answer = await api.send('POST', `/api/v1/build-projects/${project}/builds`, body);
    expect([answer.status, answer.body]).toMatchObject([202, { project }]);
    return (answer.body as { id: string }).id;
  };
  /** A project of the sample's repository that builds an image. */
  const imageProject = async (name: string, failing = false): Promise<string> => {
    await git.commit(name, await sampleFiles());
    await createProject({
      name,
      source: { type: 'git', location: git.urlOf(name) },
      buildspec: { type: 'inline', text: buildspec(failing) },
      environment: { privileged: true, variables: [{ name: 'IMAGE_URI', value: `${registry}/${name}:v1` }] },
      artifacts: { type: 's3', bucket: 'any-name' },
      quality_gates: { tests_passed: true },
    });
    return name;
  };

  test.skipIf(!possible)('a build of the sample makes an image that a deployment then uses', async () => {
    const ended = await built(await build(await imageProject('hello')));
    expect(ended).toMatchObject({
      status: 'succeeded',
      engine: 'local',
      runtime: docker ? 'container' : 'host',
      exported_variables: { IMAGE_URI: `${registry}/hello:v1` },
      reports: { tests: 2, failed: 0 },
      gates: [{ gate: 'tests_passed', passed: true, detail: '2 tests, none failed.' }],
      artifacts: 2,
    });
    const digest = ended.exported_variables['IMAGE_DIGEST'];
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const artifacts = (await api.get(`/api/v1/builds/${ended.id}/artifacts`)).body as {
      items: { path: string; url: string }[];
    };
    const file = artifacts.items.find(({ path }) => path.endsWith('server.js'));
    expect((await api.get(file?.url ?? '')).body).toBe((await sampleFiles())['server.js']);

    const deployment = await api.ended(
      (
        await api.deploy({
          application: 'hello',
          source: { type: 'image', image: `${registry}/hello@${digest ?? ''}`, build_id: ended.id },
          monitor_seconds: 1,
        })
      ).id,
    );
    expect(deployment).toMatchObject({ state: 'stable', image_digest: digest, build_id: ended.id, gates: ended.gates });
    expect(await (await fetch(deployment.url ?? '')).text()).toContain('Hello from AWS Deployer');
  });

  test.skipIf(!possible)('a gate that is not passed keeps what was built from being deployed', async () => {
    const ended = await built(await build(await imageProject('untested', true)));
    expect(ended).toMatchObject({ status: 'succeeded', gates: [{ passed: false, detail: '1 of 2 tests failed.' }] });
    const image = `${registry}/untested@${ended.exported_variables['IMAGE_DIGEST'] ?? ''}`;
    const { id } = await api.deploy({ application: 'untested', source: { type: 'image', image, build_id: ended.id } });
    expect(await api.ended(id)).toMatchObject({
      state: 'rolled_back',
      failed_state: 'build_failed',
      gates: [{ gate: 'tests_passed', passed: false }],
      verdict: { code: 'quality_gate_failed', fault: 'release' },
    });
  });

  test.skipIf(!possible)('a deployment may be built by the build service', async () => {
    await git.commit('by-codebuild', nodeApplication('built elsewhere'));
    const source = { type: 'git' as const, repo_url: git.urlOf('by-codebuild') };
    const { id } = await api.deploy({ application: 'by-codebuild', source, builder: 'codebuild', monitor_seconds: 1 });
    const ended = await api.ended(id);
    expect(ended).toMatchObject({ state: 'stable', builder: 'codebuild' });
    expect(await (await fetch(ended.url ?? '')).text()).toBe('built elsewhere\n');
    const view = (await api.get(`/api/v1/builds/${ended.build_id ?? ''}`)).body as BuildView;
    expect(view).toMatchObject({ project: 'image-by-codebuild', trigger: 'deployment', status: 'succeeded' });
  });

  test.skipIf(!possible)('a buildspec that fails shows phase, command, exit code and the last lines', async () => {
    await createProject({
      name: 'failing',
      source: { type: 'none' },
      buildspec: {
        type: 'inline',
        text: 'version: 0.2\nphases:\n  build:\n    commands:\n      - echo step one\n      - echo the database is missing >&2; exit 7\n',
      },
    });
    const ended = await built(await build('failing'));
    expect(ended).toMatchObject({
      status: 'failed',
      phase: 'BUILD',
      failure: { phase: 'BUILD', command: 'echo the database is missing >&2; exit 7', exit_code: 7 },
    });
    expect(ended.failure?.last_lines.join('\n')).toContain('the database is missing');
    expect(ended.status_reason).toContain('7');
    expect((await api.get(`/api/v1/builds/${ended.id}/log`)).body).toContain('step one');
  });

  test.skipIf(!possible)('a build that runs is stopped; one whose process is killed is begun again', async () => {
    await createProject({
      name: 'slow',
      source: { type: 'none' },
      buildspec: {
        type: 'inline',
        text: 'version: 0.2\nphases:\n  build:\n    commands:\n      - echo it runs\n      - if [ ! -e "$MARK" ]; then touch "$MARK" || true; sleep 600; fi\n',
      },
      environment: { variables: [{ name: 'MARK', value: '/nowhere/at-all' }] },
    });
    const running = async (id: string): Promise<unknown> =>
      eventually(`build ${id} says that it runs`, async () =>
        String((await api.get(`/api/v1/builds/${id}/log`)).body).includes('it runs'),
      );
    const stopped = await build('slow');
    await running(stopped);
    await api.send('POST', `/api/v1/builds/${stopped}/stop`, {});
    expect(await built(stopped)).toMatchObject({ status: 'stopped' });

    const killed = await build('slow');
    await running(killed);
    await platform.kill();
    await platform.startAgain();
    api = await platform.signIn();
    await eventually(
      'the second attempt',
      async () => {
        const { attempt, status } = (await api.get(`/api/v1/builds/${killed}`)).body as BuildView;
        return attempt === 2 && status === 'in_progress';
      },
      60_000,
    );
    await api.send('POST', `/api/v1/builds/${killed}/stop`, {});
    expect(await built(killed)).toMatchObject({ status: 'stopped', attempt: 2 });
  });
});
