/**
 * HorizontalPodAutoscalers. This cluster has no metrics API, so every autoscaler says so, in the words of Kubernetes, and
 * keeps its target only within its bounds.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { Condition, HorizontalPodAutoscaler } from '../resources/types.js';
import { resourceOfKind } from '../resources/resource-definition.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { KubeObject } from '../store/object-store.js';
import { kubeTime, withCondition } from './conditions.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';

const AUTOSCALERS = 'autoscaling/horizontalpodautoscalers';
const COMPONENT = 'horizontal-pod-autoscaler';
const SYNC_MS = 15_000;

export function createAutoscalerController(client: ClusterClient, log: Logger, syncMs = SYNC_MS): Controller {
  /** When each autoscaler is looked at next: the first time after one period, and then once a period whatever changes. */
  const due = new Map<string, number>();
  return createController({
    name: COMPONENT,
    client,
    log,
    watches: { [AUTOSCALERS]: ({ object }) => [keyOf(object)] },
    reconcile: (key) => {
      const { namespace, name } = splitKey(key);
      const autoscaler = client.get<HorizontalPodAutoscaler>(AUTOSCALERS, namespace, name);
      if (autoscaler?.spec === undefined) {
        due.delete(key);
        return undefined;
      }
      const now = Date.now();
      const at = due.get(key) ?? now + syncMs;
      if (at <= now) sync(client, autoscaler);
      const next = at <= now ? now + syncMs : at;
      due.set(key, next);
      return next - now;
    },
  });
}

function sync(client: ClusterClient, autoscaler: HorizontalPodAutoscaler): void {
  const { spec, metadata } = autoscaler;
  if (spec === undefined) return;
  const { apiVersion = 'apps/v1', kind, name } = spec.scaleTargetRef;
  const resource = resourceOfKind(apiVersion, kind);
  const target = resource === undefined ? undefined : client.get(resource.key, metadata.namespace, name);
  let conditions = autoscaler.status?.conditions ?? [];
  const say = (type: string, status: 'True' | 'False', reason: string, message: string): void => {
    conditions = withCondition(conditions, { type, status, lastTransitionTime: kubeTime(), reason, message });
  };
  if (resource === undefined || target === undefined) {
    const what =
      resource === undefined
        ? `no matches for kind "${kind}" in group "${apiVersion.split('/')[0] ?? ''}"`
        : `${resource.plural}.${resource.group} "${name}" not found`;
    client.event(autoscaler, 'Warning', 'FailedGetScale', what, COMPONENT);
    say(
      'AbleToScale',
      'False',
      'FailedGetScale',
      `the HPA controller was unable to get the target's current scale: ${what}`,
    );
    writeStatus(client, autoscaler, { desiredReplicas: 0 }, conditions);
    return;
  }
  say('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
  const current = Number(target.spec?.['replicas'] ?? 1);
  const wanted = withinBounds(spec.minReplicas ?? 1, spec.maxReplicas, current);
  if (current === 0)
    say(
      'ScalingActive',
      'False',
      'ScalingDisabled',
      'scaling is disabled since the replica count of the target is zero',
    );
  else if (wanted !== undefined) {
    rescale(client, resource.key, target, wanted.replicas);
    client.event(
      autoscaler,
      'Normal',
      'SuccessfulRescale',
      `New size: ${String(wanted.replicas)}; reason: ${wanted.why}`,
      COMPONENT,
    );
    say(
      'AbleToScale',
      'True',
      'SucceededRescale',
      `the HPA controller was able to update the target scale to ${String(wanted.replicas)}`,
    );
    writeStatus(
      client,
      autoscaler,
      { currentReplicas: current, desiredReplicas: wanted.replicas, lastScaleTime: kubeTime() },
      conditions,
    );
    return;
  } else {
    const [metric = ''] = (spec.metrics ?? []).map(missingMetric);
    const failure = REASONS[String(spec.metrics?.[0]?.['type'])] ?? 'FailedGetResourceMetric';
    const metrics = spec.metrics?.length ?? 0;
    client.event(autoscaler, 'Warning', failure, metric, COMPONENT);
    const computed = `invalid metrics (${String(metrics)} invalid out of ${String(metrics)}), first error is: ${firstError(spec.metrics?.[0], metric)}`;
    client.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', computed, COMPONENT);
    say('ScalingActive', 'False', failure, `the HPA was unable to compute the replica count: ${metric}`);
  }
  const seen = (spec.metrics ?? []).map(() => ({ type: '' }));
  writeStatus(
    client,
    autoscaler,
    { currentReplicas: current, desiredReplicas: autoscaler.status?.desiredReplicas ?? 0, currentMetrics: seen },
    conditions,
  );
}

function withinBounds(least: number, most: number, current: number): { replicas: number; why: string } | undefined {
  if (current > most) return { replicas: most, why: 'Current number of replicas above Spec.MaxReplicas' };
  if (current < least && current > 0)
    return { replicas: least, why: 'Current number of replicas below Spec.MinReplicas' };
  return undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  Resource: 'FailedGetResourceMetric',
  ContainerResource: 'FailedGetContainerResourceMetric',
  Pods: 'FailedGetPodsMetric',
  Object: 'FailedGetObjectMetric',
  External: 'FailedGetExternalMetric',
};

const nameOfResource = (metric: Record<string, unknown> | undefined): string =>
  String((metric?.['resource'] as { name?: string } | undefined)?.name ?? 'cpu');

function missingMetric(metric: Record<string, unknown>): string {
  switch (metric['type']) {
    case 'Pods':
    case 'Object':
      return 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
    case 'External':
      return 'unable to fetch metrics from external metrics API: no external metrics API (external.metrics.k8s.io) registered';
    default: {
      const name = nameOfResource(metric);
      return `failed to get ${name} utilization: unable to get metrics for resource ${name}: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)`;
    }
  }
}

const firstError = (metric: Record<string, unknown> | undefined, why: string): string =>
  metric?.['type'] === 'Resource' ? `failed to get ${nameOfResource(metric)} resource metric value: ${why}` : why;

function rescale(client: ClusterClient, key: string, { metadata }: KubeObject, replicas: number): void {
  client.update(key, metadata.namespace, metadata.name, (fresh) => ({ ...fresh, spec: { ...fresh.spec, replicas } }));
}

function writeStatus(
  client: ClusterClient,
  { metadata }: HorizontalPodAutoscaler,
  counts: NonNullable<HorizontalPodAutoscaler['status']>,
  conditions: readonly Condition[],
): void {
  client.updateStatus<HorizontalPodAutoscaler>(AUTOSCALERS, metadata.namespace, metadata.name, (fresh) => {
    const status = { ...fresh.status, ...counts, conditions: [...conditions] };
    return JSON.stringify(status) === JSON.stringify(fresh.status) ? undefined : { ...fresh, status };
  });
}
