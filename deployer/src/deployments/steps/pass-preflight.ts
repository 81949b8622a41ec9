/**
 * The pipeline asks itself what a person can ask: would this roll out? What would fail ends the deployment here, with the verdict
 * that the rollout would have ended with; what is only warned of is on the record. A release that a person restores is never
 * stopped by a forecast.
 */
import type { CheckView } from '@aws-deployer/platform/contracts/preflight';
import { delay, instant } from '@aws-deployer/platform/runtime/clock';
import { PIPELINE_BUDGET_MS, preflightOf } from '../deployment-preflight.js';
import { keepPreflight, warningsOf } from '../preflight-store.js';
import type { StepContext, StepResult } from '../step.js';
import { plainVerdict } from '../verdict/own-verdicts.js';

/** A webhook that restarts is back by then. */
const WEBHOOK_MS = 30_000;
const AGAIN_MS = 2_000;

/** Undefined: nothing stands in the way. */
export async function passPreflight(context: StepContext, signal: AbortSignal): Promise<StepResult | undefined> {
  const { deployment, parts } = context;
  const until = Date.now() + WEBHOOK_MS;
  let view = await preflightOf(context, PIPELINE_BUDGET_MS, signal);
  while (view.checks.some(isPassing) && Date.now() < until) {
    context.log('system', 'an admission webhook of the cluster does not answer; trying again');
    await delay(AGAIN_MS, signal);
    view = await preflightOf(context, PIPELINE_BUDGET_MS, signal);
  }
  const restoring = deployment.rollbackOf !== null;
  const checks = restoring ? view.checks.map(asWarning) : view.checks;
  await keepPreflight(parts.database.db, deployment.id, { ...view, checks }, instant(parts.clock.now()));
  await context.record({ warnings: warningsOf({ checks }) });
  logChecks(context, checks);
  const stopped = stoppedBy(checks);
  if (stopped === undefined) {
    context.log('system', `preflight: ${checks.length} checks in ${view.duration_ms} ms`);
    return undefined;
  }
  return stopped;
}

export function logChecks(context: StepContext, checks: readonly CheckView[]): void {
  for (const { state, message } of checks) if (state !== 'ok') context.log('system', `${WORDS[state]}: ${message}`);
}

/** The end that the first failed check means; undefined: none failed. */
export function stoppedBy(checks: readonly CheckView[]): StepResult | undefined {
  const stop = checks.find(({ state }) => state === 'fail');
  return stop && { kind: 'failed', reason: stop.message, verdict: verdictOf(stop) };
}

const WORDS = { ok: 'ok', warn: 'warning', fail: 'would fail', unknown: 'not known' } as const;
const isPassing = ({ state, code }: CheckView): boolean => state === 'fail' && code === 'admission_webhook_unreachable';
const asWarning = (check: CheckView): CheckView => (check.state === 'fail' ? { ...check, state: 'warn' } : check);

const verdictOf = ({ code, fault, object, message, mend, evidence }: CheckView) => {
  const verdict = plainVerdict({ code, fault, object, reason: message, suggestion: mend });
  return { ...verdict, evidence: { ...verdict.evidence, events: [...evidence] } };
};
