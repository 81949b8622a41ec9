/** Canned cloud accounts; a check of the one with keys finds permissions missing. */
import { randomUUID } from 'node:crypto';
import { json, list } from './fixture-http.mjs';

const before = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const account = (name, kind, change = {}) => ({
  id: randomUUID(),
  name,
  description: '',
  kind,
  access_key: null,
  role_arn: null,
  external_id: null,
  via: null,
  regions: ['eu-central-1'],
  is_default: false,
  builtin: false,
  concurrent_builds: null,
  account_id: null,
  checked_at: null,
  created_at: before(86_400 * 9),
  ...change,
});

export const cloudAccounts = [
  account('local', 'local', { builtin: true, is_default: true, description: 'Builds run on this machine' }),
  account('production', 'assume_role', {
    role_arn: 'arn:aws:iam::123456789012:role/aws-deployer',
    external_id: 'acme-7731',
    via: 'environment',
    regions: ['eu-central-1', 'us-east-1'],
    account_id: '123456789012',
    checked_at: before(5400),
    concurrent_builds: 10,
  }),
  account('sandbox', 'static_keys', { access_key: '…7QXA', account_id: '210987654321', checked_at: before(86_400) }),
];

const CHECK = {
  ok: false,
  account_id: '210987654321',
  arn: 'arn:aws:iam::210987654321:user/deployer',
  message: 'The account answers, but 2 of 6 permissions are missing.',
  permissions: [
    ['codebuild:StartBuild', 'start builds', true, null],
    ['codebuild:CreateProject', 'keep build projects', false, 'an explicit deny of the organisation'],
    ['logs:GetLogEvents', 'read the log of builds', true, null],
    ['ecr:DescribeImages', 'list images', true, null],
    ['iam:PassRole', 'hand builds their role', false, 'no policy allows it'],
    ['servicequotas:GetServiceQuota', 'know how many builds may run at once', null, 'could not be simulated'],
  ].map(([action, purpose, allowed, detail]) => ({ action, purpose, allowed, detail })),
  missing: ['codebuild:CreateProject', 'iam:PassRole'],
  least_policy: {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'Builds', Effect: 'Allow', Action: ['codebuild:StartBuild', 'codebuild:CreateProject'], Resource: '*' },
      {
        Sid: 'Logs',
        Effect: 'Allow',
        Action: ['logs:GetLogEvents'],
        Resource: 'arn:aws:logs:*:*:log-group:/aws/codebuild/*',
      },
    ],
  },
};

export const cloudRoutes = [
  ['GET', /^\/cloud-accounts$/, list(() => cloudAccounts)],
  [
    'POST',
    /^\/cloud-accounts$/,
    ({ response, body }) => {
      const { credential, ...rest } = body;
      const made = account(body.name, credential.type, { ...rest, role_arn: credential.role_arn ?? null });
      cloudAccounts.push(made);
      json(response, 201, made);
    },
  ],
  ['POST', /^\/cloud-accounts\/([^/]+)\/check$/, ({ response }) => json(response, 200, CHECK)],
  [
    'PATCH',
    /^\/cloud-accounts\/([^/]+)$/,
    ({ response, body, id }) => {
      const found = cloudAccounts.find((each) => each.id === id || each.name === id);
      if (body.is_default) for (const each of cloudAccounts) each.is_default = each === found;
      json(response, 200, found);
    },
  ],
  [
    'DELETE',
    /^\/cloud-accounts\/([^/]+)$/,
    ({ response, id }) => {
      cloudAccounts.splice(
        cloudAccounts.findIndex((each) => each.id === id || each.name === id),
        1,
      );
      json(response, 204);
    },
  ],
];
