/** What the shared role is allowed: no more than the account's own things, and what a project names. */
import { CreateBuildProjectBody, type CreateBuildProjectInput } from '@aws-deployer/platform/contracts/build-projects';
import { expect, test } from 'vitest';
import { basePolicy, projectPolicy, projectPolicyName, trustPolicy } from './role-policy.js';

const place = { partition: 'aws-cn', accountId: '123456789012' };
const policyOf = (input: Partial<CreateBuildProjectInput>) =>
  projectPolicy(
    CreateBuildProjectBody.parse({
      name: 'shop',
      source: { type: 'github', location: 'https://github.com/a/b' },
      ...input,
    }),
    place,
  );
const allowed = (input: Partial<CreateBuildProjectInput>): string[] =>
  (policyOf(input)?.Statement ?? []).flatMap(({ Action, Resource }) =>
    Action.map((action) => `${action} ${Resource.join(' ')}`),
  );

test('a project that names nothing needs no policy of its own', () => {
  expect(policyOf({})).toBeNull();
});

test('each partition and account has its own names, and only signing in to ECR is allowed on all', () => {
  const { Statement } = basePolicy(place, undefined);
  for (const { Action, Resource } of Statement)
    if (Resource.includes('*')) expect(Action).toEqual(['ecr:GetAuthorizationToken']);
    else
      for (const resource of Resource)
        expect(resource).toMatch(/^arn:aws-cn:([a-z]+:\*:123456789012:|s3:::aws-deployer-builds-123456789012-\*)/);
  expect(JSON.stringify(trustPolicy(place))).toContain('"aws:SourceAccount":"123456789012"');
});

test.for<[string, Partial<CreateBuildProjectInput>, string]>([
  [
    'a secret by name',
    { environment: { variables: [{ name: 'A', value: 'ci/token:key', type: 'SECRETS_MANAGER' }] } },
    'secretsmanager:GetSecretValue arn:aws-cn:secretsmanager:*:123456789012:secret:ci/token-??????',
  ],
  [
    'a secret by its whole ARN',
    {
      environment: {
        variables: [
          { name: 'A', value: 'arn:aws-cn:secretsmanager:cn-north-1:1:secret:t-AbCdEf:key', type: 'SECRETS_MANAGER' },
        ],
      },
    },
    'secretsmanager:GetSecretValue arn:aws-cn:secretsmanager:cn-north-1:1:secret:t-AbCdEf',
  ],
  [
    'a parameter of the buildspec',
    { buildspec: { type: 'inline', text: 'version: 0.2\nenv:\n  parameter-store:\n    A: /a/b\n' } },
    'ssm:GetParameters arn:aws-cn:ssm:*:123456789012:parameter/a/b',
  ],
  [
    'a repository of CodeCommit',
    { source: { type: 'codecommit', location: 'https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/shop' } },
    'codecommit:GitPull arn:aws-cn:codecommit:cn-north-1:123456789012:shop',
  ],
  [
    'a connection',
    {
      source: {
        type: 'github',
        location: 'https://github.com/a/b',
        credential: 'arn:aws-cn:codestar-connections:cn-north-1:1:connection/x',
      },
    },
    'codeconnections:UseConnection arn:aws-cn:codestar-connections:cn-north-1:1:connection/x',
  ],
  ['a cache', { cache: { type: 's3', location: 'cache/of/shop' } }, 's3:PutObject arn:aws-cn:s3:::cache/*'],
])('what a project names is allowed, and nothing beside it: %s', ([, input, statement]) => {
  expect(allowed(input)).toContain(statement);
  expect(allowed(input).join('\n')).not.toMatch(/ \*$|:\*\/\*/m);
});

test('long names of projects still make names of policies, one each', () => {
  const names = ['a', 'b'].map((end) => projectPolicyName(`${'x'.repeat(140)}${end}`));
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^[\w+=,.@-]{1,128}$/);
});
