import { CreateBuildProjectBody } from '@aws-deployer/platform/contracts/build-projects';
import { StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import { expect, test } from 'vitest';
import { settingsOf, type BuildProject } from '../build-projects/build-project.js';
import { buildPlan } from './build-plan.js';

const project = (more: object = {}): BuildProject => {
  const body = CreateBuildProjectBody.parse({
    name: 'shop',
    source: { type: 'github', location: 'https://github.com/acme/shop', version: 'main' },
    environment: {
      variables: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    },
    ...more,
  });
  return { id: 'p', name: 'shop', settings: settingsOf(body) } as BuildProject;
};
const body = (input: object = {}) => StartBuildBody.parse(input);

test('a build without settings of its own is the project, and overrides nothing', () => {
  const plan = buildPlan(project(), body());
  expect(plan).toMatchObject({
    project: 'shop',
    sourceVersion: 'main',
    buildspec: { path: 'buildspec.yml' },
    timeoutMinutes: 60,
    environment: { compute: 'BUILD_GENERAL1_SMALL', privileged: false },
  });
  expect(Object.values(plan.overridden)).not.toContain(true);
});

test('its own settings take the place of those of the project; variables by name', () => {
  const plan = buildPlan(
    project(),
    body({
      source_version: 'v2',
      buildspec: 'ci/other.yml',
      image: 'node:24',
      compute: 'BUILD_GENERAL1_LARGE',
      privileged: true,
      timeout_minutes: 5,
      no_artifacts: true,
      variables: [{ name: 'B', value: '3' }],
    }),
  );
  expect(plan).toMatchObject({ sourceVersion: 'v2', buildspec: { path: 'ci/other.yml' }, timeoutMinutes: 5 });
  expect(plan.environment).toMatchObject({ image: 'node:24', compute: 'BUILD_GENERAL1_LARGE', privileged: true });
  expect(plan.environment.variables.map(({ name, value }) => `${name}=${value}`)).toEqual(['A=1', 'B=3']);
  expect(plan.artifacts).toEqual({ type: 'none' });
  expect(plan.overridden).toEqual({
    buildspec: true,
    image: true,
    compute: true,
    privileged: true,
    timeout: true,
    artifacts: true,
    source: false,
  });
});

test('a text with a newline or that begins version: is the buildspec itself', () => {
  expect(buildPlan(project(), body({ buildspec: 'version: 0.2' })).buildspec).toEqual({ text: 'version: 0.2' });
  expect(buildPlan(project(), body({ buildspec: '# ours\nversion: 0.2' })).buildspec).toHaveProperty('text');
});

test('another source takes the place of the project’s, with its own version', () => {
  const plan = buildPlan(project(), body(), {
    type: 's3',
    location: 'bucket/a.zip',
    clone_depth: 1,
    submodules: false,
  });
  expect(plan).toMatchObject({ source: { type: 's3' }, overridden: { source: true } });
  expect(plan.sourceVersion).toBeUndefined();
});

test('a path or a version where there is no source is refused on its field', () => {
  const none = project({ source: { type: 'none' }, buildspec: { type: 'inline', text: 'version: 0.2\n' } });
  expect(() => buildPlan(none, body({ buildspec: 'a.yml' }))).toThrow(/^buildspec: /);
  expect(() => buildPlan(none, body({ source_version: 'main' }))).toThrow(/^source_version: /);
});
