/** `/api/v1/cloud-accounts`. */
import {
  AccountCheckView,
  AccountCredentialsBody,
  AccountCredentialsView,
  CloudAccountView,
  CreateCloudAccountBody,
  UpdateCloudAccountBody,
} from '@aws-deployer/platform/contracts/cloud-accounts';
import { DnsLabel, PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { AccountCheck } from './account-check.js';
import type { AccountCredentials } from './account-credentials.js';
import type { CloudAccountService } from './cloud-account-service.js';

const params = z.strictObject({ id: z.string().min(1).max(63).describe('Id or name') });

export const cloudAccountRoutes = (
  accounts: CloudAccountService,
  check: AccountCheck,
  credentials: AccountCredentials,
): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/cloud-accounts',
    operationId: 'listCloudAccounts',
    summary: 'Cloud accounts, without their credentials',
    access: 'aws:read',
    query: PageQuery,
    responses: { 200: pageOf(CloudAccountView) },
    handler: async ({ query }) => ({ status: 200, body: await accounts.list(query) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/cloud-accounts',
    operationId: 'createCloudAccount',
    summary: 'Add a cloud account: keys, a role to assume, or what the process finds',
    access: 'aws:write',
    action: { type: 'cloud_account.create', targetType: 'cloud_account' },
    body: CreateCloudAccountBody,
    bodyLimit: 20_000,
    responses: { 201: CloudAccountView },
    handler: async ({ body, origin }) => {
      const view = await accounts.create(body, origin);
      return { status: 201, body: view, headers: { location: `/api/v1/cloud-accounts/${view.name}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/cloud-accounts/:id',
    operationId: 'getCloudAccount',
    summary: 'One cloud account',
    access: 'aws:read',
    params,
    responses: { 200: CloudAccountView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await accounts.get(id) }),
  }),
  defineRoute({
    method: 'patch',
    path: '/api/v1/cloud-accounts/:id',
    operationId: 'updateCloudAccount',
    summary: 'Change a cloud account, or make it the default one',
    access: 'aws:write',
    action: { type: 'cloud_account.update', targetType: 'cloud_account' },
    params,
    body: UpdateCloudAccountBody,
    bodyLimit: 20_000,
    responses: { 200: CloudAccountView },
    handler: async ({ params: { id }, body, origin }) => ({
      status: 200,
      body: await accounts.update(id, body, origin),
    }),
  }),
  defineRoute({
    method: 'delete',
    path: '/api/v1/cloud-accounts/:id',
    operationId: 'deleteCloudAccount',
    summary: 'Remove a cloud account and its credential; refused while build projects use it',
    access: 'aws:write',
    action: { type: 'cloud_account.delete', targetType: 'cloud_account' },
    params,
    responses: { 204: null },
    handler: async ({ params: { id }, origin }) => {
      await accounts.remove(id, origin);
      return { status: 204 };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/cloud-accounts/:id/check',
    operationId: 'checkCloudAccount',
    summary: 'Who the account is at AWS, what it lacks, and the least policy; changes nothing there',
    access: 'aws:write',
    action: { type: 'cloud_account.check', targetType: 'cloud_account' },
    idempotent: false,
    params,
    responses: { 200: AccountCheckView },
    handler: async ({ params: { id }, origin, signal }) => ({
      status: 200,
      body: await check.run(id, origin, signal),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/internal/v1/cloud-accounts/:name/credentials',
    operationId: 'issueAccountCredentials',
    summary: 'Keys of a cloud account for the process of another service; recorded as a secret that was read',
    access: 'internal',
    params: z.strictObject({ name: DnsLabel }),
    body: AccountCredentialsBody,
    responses: { 200: AccountCredentialsView },
    handler: async ({ params: { name }, body, origin }) => ({
      status: 200,
      body: await credentials.issue(name, body, origin),
    }),
  }),
];
