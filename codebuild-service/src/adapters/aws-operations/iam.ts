/** IAM: users, roles, policies, access keys. */
import * as declared from '../../aws-operations/catalogue/iam.js';
import { carriedOut } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-iam');

/** IAM says by a flag of its own whether its marker means anything. */
const nextOf = ({ IsTruncated, Marker }: { IsTruncated?: boolean | undefined; Marker?: string | undefined }) =>
  IsTruncated === true ? Marker : undefined;

export const iamCalls = [
  carriedOut(declared.listUsers, async (call) => {
    const { ListUsersCommand } = await sdk();
    const from = await call.send('iam', (iam, options) =>
      iam.send(new ListUsersCommand({ MaxItems: call.pageSize(1, 1000), Marker: call.token }), options),
    );
    const rows = (from.Users ?? []).map((user) => ({
      user_name: user.UserName,
      arn: user.Arn,
      created_at: user.CreateDate,
      password_last_used_at: user.PasswordLastUsed,
    }));
    return { rows, next: nextOf(from), from };
  }),
  carriedOut(declared.listRoles, async (call) => {
    const { ListRolesCommand } = await sdk();
    const from = await call.send('iam', (iam, options) =>
      iam.send(new ListRolesCommand({ MaxItems: call.pageSize(1, 1000), Marker: call.token }), options),
    );
    const rows = (from.Roles ?? []).map((role) => ({
      role_name: role.RoleName,
      arn: role.Arn,
      path: role.Path,
      max_session_seconds: role.MaxSessionDuration,
      created_at: role.CreateDate,
      description: role.Description,
    }));
    return { rows, next: nextOf(from), from };
  }),
  carriedOut(declared.getRole, async (call, { role_name }) => {
    const { GetRoleCommand } = await sdk();
    const from = await call.send('iam', (iam, options) =>
      iam.send(new GetRoleCommand({ RoleName: role_name }), options),
    );
    const role = from.Role;
    const row = {
      role_name: role?.RoleName,
      arn: role?.Arn,
      trust_policy:
        role?.AssumeRolePolicyDocument === undefined ? null : decodeURIComponent(role.AssumeRolePolicyDocument),
      last_used_at: role?.RoleLastUsed?.LastUsedDate,
      last_used_region: role?.RoleLastUsed?.Region,
      created_at: role?.CreateDate,
    };
    return { rows: [row], from };
  }),
  carriedOut(declared.listAttachedRolePolicies, async (call, { role_name }) => {
    const { ListAttachedRolePoliciesCommand } = await sdk();
    const from = await call.send('iam', (iam, options) =>
      iam.send(
        new ListAttachedRolePoliciesCommand({
          RoleName: role_name,
          MaxItems: call.pageSize(1, 1000),
          Marker: call.token,
        }),
        options,
      ),
    );
    const rows = (from.AttachedPolicies ?? []).map(({ PolicyName, PolicyArn }) => ({
      policy_name: PolicyName,
      policy_arn: PolicyArn,
    }));
    return { rows, next: nextOf(from), from };
  }),
  carriedOut(declared.listPolicies, async (call, { scope }) => {
    const { ListPoliciesCommand } = await sdk();
    const from = await call.send('iam', (iam, options) =>
      iam.send(
        new ListPoliciesCommand({ Scope: scope, MaxItems: call.pageSize(1, 1000), Marker: call.token }),
        options,
      ),
    );
    const rows = (from.Policies ?? []).map((policy) => ({
      policy_name: policy.PolicyName,
      arn: policy.Arn,
      attachments: policy.AttachmentCount,
      default_version: policy.DefaultVersionId,
      updated_at: policy.UpdateDate,
    }));
    return { rows, next: nextOf(from), from };
  }),
  carriedOut(declared.listAccessKeys, async (call, { user_name }) => {
    const { ListAccessKeysCommand } = await sdk();
    const from = await call.send('iam', (iam, options) =>
      iam.send(
        new ListAccessKeysCommand({ UserName: user_name, MaxItems: call.pageSize(1, 1000), Marker: call.token }),
        options,
      ),
    );
    const rows = (from.AccessKeyMetadata ?? []).map((key) => ({
      access_key_id: key.AccessKeyId,
      user_name: key.UserName,
      status: key.Status,
      created_at: key.CreateDate,
    }));
    return { rows, next: nextOf(from), from };
  }),
  carriedOut(declared.getAccessKeyLastUsed, async (call, { access_key_id }) => {
    const { GetAccessKeyLastUsedCommand } = await sdk();
    const from = await call.send('iam', (iam, options) =>
      iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: access_key_id }), options),
    );
    const used = from.AccessKeyLastUsed;
    const row = {
      user_name: from.UserName,
      last_used_at: used?.LastUsedDate,
      service: used?.ServiceName,
      region: used?.Region,
    };
    return { rows: [row], from };
  }),
  carriedOut(declared.getAccountSummary, async (call) => {
    const { GetAccountSummaryCommand } = await sdk();
    const from = await call.send('iam', (iam, options) => iam.send(new GetAccountSummaryCommand({}), options));
    return { rows: Object.entries(from.SummaryMap ?? {}).map(([name, value]) => ({ name, value })), from };
  }),
  carriedOut(declared.updateAccessKey, async (call, { user_name, access_key_id, status }) => {
    const { UpdateAccessKeyCommand } = await sdk();
    const from = await call.send('iam', (iam, options) =>
      iam.send(
        new UpdateAccessKeyCommand({ UserName: user_name, AccessKeyId: access_key_id, Status: status }),
        options,
      ),
    );
    return { rows: [{ user_name, access_key_id, status }], from };
  }),
];
