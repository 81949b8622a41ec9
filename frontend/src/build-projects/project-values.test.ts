import { CreateBuildProjectBody } from '@aws-deployer/platform/contracts/build-projects';
import { expect, test } from 'vitest';
import { projectSample } from '../testing/build-answers.js';
import { missingInProject, projectInputOf, sectionOf } from './project-errors.js';
import { BLANK_PROJECT, bodyOfProject, settingsOf, valuesOfProject, type ProjectValues } from './project-values.js';
import { planOfProject, sectionNote } from './project-words.js';

const full: ProjectValues = {
  ...BLANK_PROJECT,
  name: 'shop',
  account: 'production',
  region: 'eu-central-1',
  location: 'https://github.com/acme/shop.git',
  version: 'main',
  buildspecKind: 'inline',
  buildspecText: 'version: 0.2\n',
  variables: [
    { name: 'TOKEN', value: 'npm:token', type: 'SECRETS_MANAGER' },
    { name: ' ', value: '', type: 'PLAINTEXT' },
  ],
  artifactsOn: true,
  artifactBucket: 'acme-builds',
  artifactZip: true,
  cacheType: 's3',
  cacheLocation: 'cache/shop',
  vpcId: 'vpc-0a1b',
  subnets: ['subnet-1'],
  securityGroups: ['sg-1'],
  s3Logs: true,
  s3LogLocation: 'logs/shop',
  serviceRole: 'arn:aws:iam::123456789012:role/build',
  concurrency: 3,
  badge: true,
  webhookOn: true,
  filterGroups: [[{ type: 'EVENT', pattern: 'PUSH', exclude: false }], []],
  tags: [{ key: 'cost', value: '7' }],
  testsPassed: true,
  coverageMin: 80,
  criticalMax: 0,
  imageSigned: true,
  signingKey: 'PEM',
};

test('what the form sends is what the server takes, whole and blank', () => {
  const body = CreateBuildProjectBody.parse(bodyOfProject(full));
  expect(body).toMatchObject({
    account: 'production',
    source: { type: 'github', version: 'main' },
    environment: { variables: [{ name: 'TOKEN' }] },
    artifacts: { type: 's3', packaging: 'zip', namespace: 'build_id' },
    cache: { type: 's3', location: 'cache/shop' },
    webhook: { filter_groups: [[{ type: 'EVENT' }]] },
    quality_gates: { line_coverage_min: 80, findings_max: { critical: 0 }, signing_key: 'PEM' },
  });
  const least = { ...BLANK_PROJECT, name: 'shop', sourceType: 'none' as const };
  expect(CreateBuildProjectBody.parse(bodyOfProject(least))).toMatchObject({ source: { type: 'none' }, webhook: null });
});

test('a project that is opened and saved stays as it was', () => {
  const { environment, source, quality_gates: gates, tags, logs, team } = projectSample();
  const settings = settingsOf(valuesOfProject(projectSample()));
  expect(settings).toMatchObject({ environment, source, quality_gates: gates, tags, logs, team, vpc: null });
  const again = projectSample(CreateBuildProjectBody.required().parse(bodyOfProject(full)));
  expect(settingsOf(valuesOfProject(again))).toEqual(
    settingsOf({ ...full, variables: full.variables.slice(0, 1), filterGroups: full.filterGroups.slice(0, 1) }),
  );
});

test('fields of the wire find their inputs, and folded ones their section', () => {
  const inputs = [
    'name',
    'source.location',
    'environment.variables[2].name',
    'vpc.subnets[0]',
    'webhook.filter_groups[0][1].pattern',
    'nothing',
  ];
  expect(inputs.map(projectInputOf)).toEqual(['name', 'location', 'variables', 'subnets', 'filterGroups', null]);
  expect([sectionOf('subnets'), sectionOf('location')]).toEqual(['network', null]);
});

test('what is missing is told without the server, and what a build will do in sentences', () => {
  expect(Object.keys(missingInProject(BLANK_PROJECT))).toEqual(['name', 'location']);
  expect(missingInProject({ ...BLANK_PROJECT, name: 'x', sourceType: 'none' })).toHaveProperty('buildspecPath');
  expect(planOfProject(full).map(({ stage }) => stage)).toEqual(['Queue', 'Fetch', 'Build', 'Keep', 'Judge']);
  expect(sectionNote('webhook', full)).toBe('Pushes through 2 filter groups, a badge');
  expect(sectionNote('gates', BLANK_PROJECT)).toBe('None: every good build may be deployed');
});
