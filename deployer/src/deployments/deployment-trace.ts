/**
 * A deployment in its trace: a span for the whole and one for each stage, in the trace of the request that asked for it. Their
 * ids follow from the deployment, so that processes which take it over from each other tell one story.
 */
import { spanIdOf, type FinishedSpan } from '@aws-deployer/platform/observability/tracing';
import type { TraceContext } from '@aws-deployer/platform/observability/trace-context';
import type { Deployment } from './deployment.js';
import type { StageOutcome } from './deployment-store.js';

/** Of a deployment that nobody's request asked for: a trace of its own. */
const traceIdOf = ({ id, traceId }: Deployment): string =>
  traceId ?? `${spanIdOf('trace', id)}${spanIdOf(id, 'trace')}`;
const attributesOf = ({ id, application, environment }: Deployment) => ({
  'deployment.id': id,
  'deployment.application': application,
  'deployment.environment.name': environment,
});
const wholeId = ({ id }: Deployment): string => spanIdOf('deployment', id);

/** What the work of its present stage belongs to. */
export const stageTrace = (deployment: Deployment): TraceContext => ({
  traceId: traceIdOf(deployment),
  spanId: spanIdOf('stage', deployment.id, deployment.state),
});

/** The stage that `left` is in and has just ended. */
export const stageSpan = (
  left: Deployment,
  ended: { readonly outcome: StageOutcome; readonly reason: string; readonly startedAt: Date; readonly endedAt: Date },
): FinishedSpan => ({
  ...stageTrace(left),
  name: `deployment ${left.state}`,
  kind: 'internal',
  parentSpanId: wholeId(left),
  startedAt: ended.startedAt,
  endedAt: ended.endedAt,
  failure: ended.outcome === 'failed' ? ended.reason : undefined,
  attributes: { ...attributesOf(left), 'deployment.stage': left.state, 'deployment.outcome': ended.outcome },
});

/** The whole, once it has ended. */
export const deploymentSpan = (deployment: Deployment, reason: string, endedAt: Date): FinishedSpan => ({
  traceId: traceIdOf(deployment),
  spanId: wholeId(deployment),
  name: 'deployment',
  kind: 'internal',
  startedAt: new Date(deployment.createdAt),
  endedAt,
  failure: deployment.failedState === null ? undefined : (deployment.verdict?.reason ?? reason),
  attributes: { ...attributesOf(deployment), 'deployment.outcome': deployment.state },
});
