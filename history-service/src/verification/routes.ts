import { VerifyView } from '@aws-deployer/platform/contracts/history';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { Gauge } from 'prom-client';
import { verifyChain, type VerifyOptions } from './verify-chain.js';

/** Walks are shared: who asks while one is under way gets its answer. */
export function verificationRoute(options: VerifyOptions, broken: Gauge): Route {
  let running: Promise<VerifyView> | undefined;
  const verify = async (): Promise<VerifyView> => {
    running ??= verifyChain(options).finally(() => (running = undefined));
    const view = await running;
    broken.set(view.valid ? 0 : 1);
    return view;
  };
  return defineRoute({
    method: 'get',
    path: '/api/v1/history/verify',
    operationId: 'verifyHistory',
    summary: 'Walk the audit chain and name the first row that was changed, removed or put in',
    access: 'history:verify',
    responses: { 200: VerifyView },
    handler: async () => ({ status: 200, body: await verify() }),
  });
}
