import { VerifyView } from '@aws-deployer/platform/contracts/history';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { Verification } from './verification.js';

export const verificationRoute = (verification: Verification): Route =>
  defineRoute({
    method: 'get',
    path: '/api/v1/history/verify',
    operationId: 'verifyHistory',
    summary: 'Walk the audit chain and name the first row that was changed, removed or put in',
    access: 'history:verify',
    responses: { 200: VerifyView },
    handler: async () => ({ status: 200, body: await verification.verify() }),
  });
