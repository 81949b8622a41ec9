/** IAM: who there is, what they may do, and switching access keys off. Rights are granted by infrastructure code, not here. */
import { z } from 'zod';
import { globalPage } from '../console-link.js';
import { operation } from '../operation.js';
import { AccessKeyId, RoleName, UserName } from '../parameters.js';

const userPage = ({ parameters: { user_name } }: { parameters: { user_name?: string | undefined } }) =>
  globalPage(`iam/home#/users${user_name === undefined ? '' : `/details/${user_name}`}`);
const ofUser = z.strictObject({ user_name: UserName });

export const listUsers = operation({
  name: 'iam.list_users',
  title: 'List IAM users',
  description: 'Users of the account and when each last signed in with a password.',
  effect: 'read',
  parameters: z.strictObject({}),
  permissions: ['iam:ListUsers'],
  columns: ['user_name', 'arn', 'created_at', 'password_last_used_at'],
  paged: true,
  console: () => globalPage('iam/home#/users'),
  phrases: ['list iam users', 'show users of the account', 'who has an aws user', 'all users'],
});
export const listRoles = operation({
  name: 'iam.list_roles',
  title: 'List IAM roles',
  description: 'Roles of the account.',
  effect: 'read',
  parameters: z.strictObject({}),
  permissions: ['iam:ListRoles'],
  columns: ['role_name', 'arn', 'path', 'max_session_seconds', 'created_at', 'description'],
  paged: true,
  console: () => globalPage('iam/home#/roles'),
  phrases: ['list iam roles', 'show roles', 'which roles exist', 'all roles'],
});
export const getRole = operation({
  name: 'iam.get_role',
  title: 'Describe an IAM role',
  description: 'Who may assume a role, and when it was last used.',
  effect: 'read',
  parameters: z.strictObject({ role_name: RoleName }),
  permissions: ['iam:GetRole'],
  columns: ['role_name', 'arn', 'trust_policy', 'last_used_at', 'last_used_region', 'created_at'],
  paged: false,
  console: ({ parameters: { role_name } }) => globalPage(`iam/home#/roles/details/${role_name}`),
  phrases: [
    'describe iam role',
    'who can assume the role',
    'trust policy of role',
    'details of role',
    'when was the role last used',
  ],
});
export const listAttachedRolePolicies = operation({
  name: 'iam.list_attached_role_policies',
  title: 'Policies of an IAM role',
  description: 'The managed policies that are attached to a role.',
  effect: 'read',
  parameters: z.strictObject({ role_name: RoleName }),
  permissions: ['iam:ListAttachedRolePolicies'],
  columns: ['policy_name', 'policy_arn'],
  paged: true,
  console: ({ parameters: { role_name } }) => globalPage(`iam/home#/roles/details/${role_name}`),
  phrases: ['policies attached to role', 'what may the role do', 'permissions of role', 'policies of the role'],
});
export const listPolicies = operation({
  name: 'iam.list_policies',
  title: 'List IAM policies',
  description: 'The account’s own managed policies, or those of AWS.',
  effect: 'read',
  parameters: z.strictObject({ scope: z.enum(['Local', 'AWS', 'All']).default('Local') }),
  permissions: ['iam:ListPolicies'],
  columns: ['policy_name', 'arn', 'attachments', 'default_version', 'updated_at'],
  paged: true,
  console: () => globalPage('iam/home#/policies'),
  phrases: ['list iam policies', 'show policies', 'our managed policies', 'all policies'],
});
export const listAccessKeys = operation({
  name: 'iam.list_access_keys',
  title: 'List access keys of an IAM user',
  description: 'Ids of the access keys of a user, with state and age; never the secrets.',
  effect: 'read',
  parameters: z.strictObject({ user_name: UserName.optional().describe('Absent: the user that asks') }),
  permissions: ['iam:ListAccessKeys'],
  columns: ['access_key_id', 'user_name', 'status', 'created_at'],
  paged: true,
  console: userPage,
  phrases: ['list access keys of user', 'show access keys', 'how old are the access keys', 'api keys of iam user'],
});
export const getAccessKeyLastUsed = operation({
  name: 'iam.get_access_key_last_used',
  title: 'Last use of an access key',
  description: 'When, where and for which service an access key was last used: whether it can be switched off.',
  effect: 'read',
  parameters: z.strictObject({ access_key_id: AccessKeyId }),
  permissions: ['iam:GetAccessKeyLastUsed'],
  columns: ['user_name', 'last_used_at', 'service', 'region'],
  paged: false,
  console: () => globalPage('iam/home#/users'),
  phrases: ['when was the access key last used', 'last use of access key', 'is this access key still used'],
});
export const getAccountSummary = operation({
  name: 'iam.get_account_summary',
  title: 'IAM in figures',
  description: 'How many users, roles and policies there are and may be, and whether the root user has MFA.',
  effect: 'read',
  parameters: z.strictObject({}),
  permissions: ['iam:GetAccountSummary'],
  columns: ['name', 'value'],
  paged: false,
  console: () => globalPage('iam/home#/home'),
  phrases: [
    'iam account summary',
    'number of users and roles in the account',
    'does the root user have mfa',
    'iam limits',
  ],
});
export const updateAccessKey = operation({
  name: 'iam.update_access_key',
  title: 'Switch an access key off or on',
  description: 'Makes an access key inactive (what uses it is refused at once) or active again. Nothing is deleted.',
  effect: 'change',
  parameters: z.strictObject({
    ...ofUser.shape,
    access_key_id: AccessKeyId,
    status: z.enum(['Active', 'Inactive']).default('Inactive'),
  }),
  permissions: ['iam:UpdateAccessKey'],
  columns: ['user_name', 'access_key_id', 'status'],
  paged: false,
  console: userPage,
  phrases: [
    'deactivate access key',
    'disable the access key of user',
    'switch off access key',
    'activate access key',
    'make access key inactive',
  ],
  summary: ({ user_name, access_key_id, status }) =>
    `${status === 'Inactive' ? 'Switch off' : 'Switch on'} the access key ending in ${access_key_id.slice(-4)} of the user ${user_name}`,
});

export const iamOperations = [
  listUsers,
  listRoles,
  getRole,
  listAttachedRolePolicies,
  listPolicies,
  listAccessKeys,
  getAccessKeyLastUsed,
  getAccountSummary,
  updateAccessKey,
];
