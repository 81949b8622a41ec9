/** Projects that others made: what fits is taken, what has no word here is named. */
import type { Project } from '@aws-sdk/client-codebuild';
import { expect, test } from 'vitest';
import { toSettings } from './project-reading.js';

const theirs: Project = {
  name: 'theirs',
  arn: 'arn:aws:codebuild:eu-central-1:123456789012:project/theirs',
  source: { type: 'GITLAB_SELF_MANAGED', location: 'https://gitlab.acme.io/a/b.git', buildspec: '', insecureSsl: true },
  artifacts: { type: 'S3', location: 'out', name: 'theirs', overrideArtifactName: true },
  environment: {
    type: 'LINUX_EC2',
    image: 'acme/ci:1',
    computeType: 'ATTRIBUTE_BASED_COMPUTE',
    environmentVariables: [
      { name: 'GOOD', value: '1' },
      { name: 'not.good', value: '2' },
    ],
    registryCredential: { credential: 'x', credentialProvider: 'SECRETS_MANAGER' },
  },
  secondarySources: [{ type: 'GITHUB', location: 'https://github.com/a/c' }],
  buildBatchConfig: {},
  encryptionKey: 'arn:aws:kms:eu-central-1:123456789012:key/own',
  autoRetryLimit: 2,
  webhook: {
    url: 'https://gitlab.acme.io/hook',
    filterGroups: [
      [
        { type: 'EVENT', pattern: 'PUSH' },
        { type: 'WORKFLOW_NAME', pattern: 'ci' },
      ],
    ],
  },
  vpcConfig: {},
};

test('what the platform has no word for is named, the rest is kept', () => {
  const { settings, lost } = toSettings(theirs);
  expect(settings).toMatchObject({
    source: { type: 'gitlab', location: 'https://gitlab.acme.io/a/b.git', clone_depth: 1 },
    buildspec: { type: 'file', path: 'buildspec.yml' },
    artifacts: { type: 's3', bucket: 'out', packaging: 'none', namespace: 'none' },
    environment: { type: 'LINUX_CONTAINER', image: 'acme/ci:1', variables: [{ name: 'GOOD', type: 'PLAINTEXT' }] },
    webhook: { filter_groups: [] },
    vpc: null,
  });
  expect(lost.toSorted()).toEqual([
    'artifacts.overrideArtifactName',
    'autoRetryLimit',
    'buildBatchConfig',
    'encryptionKey',
    'environment.computeType ATTRIBUTE_BASED_COMPUTE',
    'environment.environmentVariables not.good',
    'environment.registryCredential',
    'environment.type LINUX_EC2',
    'secondarySources',
    'source.insecureSsl',
    'webhook filter WORKFLOW_NAME ci',
  ]);
});

test.for<[string, Project]>([
  ['a pipeline’s source', { ...theirs, source: { type: 'CODEPIPELINE' } }],
  ['a name that is too long', { ...theirs, name: 'x'.repeat(200) }],
  ['a VPC without subnets', { ...theirs, vpcConfig: { vpcId: 'vpc-1' } }],
])('one that cannot stand here is refused with the reason: %s', ([, project]) => {
  expect(() => toSettings(project)).toThrowError(expect.objectContaining({ code: 'project_not_importable' }) as Error);
});
