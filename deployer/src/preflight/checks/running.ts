/** What is around the release in the cluster: disruption budgets, autoscalers, and the version that runs now. Pure. */
import type { Manifest } from '../../ports/cluster.js';
import { conditionOf, type WorkloadObject } from '../../deployments/verdict/objects.js';
import { failed, orPassed, untold, warned, type Check } from '../check.js';
import { valueOf, type ClusterState } from '../cluster-state.js';
import type { DesiredState, DesiredWorkload } from '../desired-state.js';
import { specOf, statusOf } from '../pod-shape.js';

interface BudgetSpec {
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
}

export const disruptionBudgets = (desired: DesiredState, state: ClusterState): readonly Check[] => {
  if (!state.budgets.known)
    return [untold('disruption_budget', `The disruption budgets could not be read: ${state.budgets.why}`)];
  const budgets = [...state.budgets.value, ...desired.manifests.filter(({ kind }) => kind === 'PodDisruptionBudget')];
  const checks = desired.workloads.flatMap((workload) =>
    budgets
      .filter((budget) => selects(specOf<BudgetSpec>(budget).selector?.matchLabels, workload))
      .flatMap((budget): Check[] => {
        const { minAvailable, maxUnavailable } = specOf<BudgetSpec>(budget);
        const least = amountOf(minAvailable, workload.replicas);
        const most = amountOf(maxUnavailable, workload.replicas);
        if (most !== 0 && (least === undefined || least < workload.replicas)) return [];
        return [
          warned('disruption_budget', {
            code: 'disruption_budget_blocks',
            fault: 'release',
            object: `PodDisruptionBudget ${budget.metadata.name}`,
            message: `With ${String(workload.replicas)} replicas the budget ${budget.metadata.name} (${
              most === 0 ? `maxUnavailable ${String(maxUnavailable)}` : `minAvailable ${String(minAvailable)}`
            }) lets no pod of ${workload.object} be evicted: no node that runs one can be drained`,
            mend: 'Let at least one pod be missing, or run more replicas',
          }),
        ];
      }),
  );
  return orPassed('disruption_budget', checks, 'No disruption budget forbids every eviction.');
};

const selects = (selector: Readonly<Record<string, string>> | undefined, { labels }: DesiredWorkload): boolean =>
  selector !== undefined && Object.entries(selector).every(([name, value]) => labels[name] === value);
const amountOf = (value: number | string | undefined, of: number): number | undefined => {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? Math.ceil((Number(value.replace('%', '')) * of) / 100) : value;
};

interface ScalerSpec {
  readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string };
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly metrics?: readonly {
    readonly type?: string;
    readonly resource?: { readonly name?: string; readonly target?: { readonly type?: string } };
  }[];
}

export const autoscaling = (desired: DesiredState, state: ClusterState): readonly Check[] => {
  if (!state.autoscalers.known)
    return [untold('autoscaling', `The autoscalers could not be read: ${state.autoscalers.why}`)];
  const own = desired.manifests.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
  const scalers = [
    ...state.autoscalers.value.filter((one) => !own.some(({ metadata }) => metadata.name === one.metadata.name)),
    ...own,
  ];
  const live = new Map(state.autoscalers.value.map((one) => [one.metadata.name, one]));
  const checks = desired.workloads.flatMap((workload) => {
    const { kind, metadata } = workload.manifest;
    const mine = scalers.filter((scaler) => {
      const target = specOf<ScalerSpec>(scaler).scaleTargetRef;
      return target?.kind === kind && target.name === metadata.name;
    });
    return [
      ...conflicts(workload, mine),
      ...mine.flatMap((one) => blindness(workload, one, live.get(one.metadata.name))),
    ];
  });
  return orPassed('autoscaling', checks, 'No autoscaler is in the way.');
};

function conflicts(workload: DesiredWorkload, scalers: readonly Manifest[]): readonly Check[] {
  const [first, second] = scalers;
  if (first === undefined) return [];
  if (second !== undefined)
    return [
      failed('autoscaling', {
        code: 'autoscaler_conflict',
        fault: 'release',
        object: workload.object,
        message: `Two autoscalers, ${first.metadata.name} and ${second.metadata.name}, scale ${workload.object} against each other`,
        mend: 'Remove one of them',
      }),
    ];
  const { minReplicas = 1, maxReplicas = Infinity } = specOf<ScalerSpec>(first);
  const asked = specOf<{ replicas?: number }>(workload.manifest).replicas;
  if (asked === undefined) return [];
  return [
    warned('autoscaling', {
      code: 'autoscaler_owns_replicas',
      fault: 'release',
      object: workload.object,
      message: `The autoscaler ${first.metadata.name} decides how many pods ${workload.object} has (${String(minReplicas)} to ${String(maxReplicas)}); the rollout sets it to ${String(asked)} and the autoscaler sets it back`,
      mend: 'Leave the number to the autoscaler, or remove the autoscaler',
    }),
  ];
}

function blindness({ pod, object }: DesiredWorkload, scaler: Manifest, live: Manifest | undefined): readonly Check[] {
  const { metrics = [] } = specOf<ScalerSpec>(scaler);
  const byShare = metrics.filter(
    ({ type, resource }) => type === 'Resource' && resource?.target?.type === 'Utilization',
  );
  const name = scaler.metadata.name;
  for (const { resource } of byShare) {
    const silent = (pod.containers ?? []).find((one) => {
      const { requests, limits } = one.resources ?? {};
      return (requests?.[resource?.name ?? ''] ?? limits?.[resource?.name ?? '']) === undefined;
    });
    if (silent !== undefined)
      return [
        warned('autoscaling', {
          code: 'hpa_metrics_unavailable',
          fault: 'release',
          object: `HorizontalPodAutoscaler ${name}`,
          message: `The autoscaler ${name} measures ${resource?.name ?? ''} as a share of the request, and container ${silent.name} of ${object} requests none: it cannot scale`,
          mend: `Set workload.resources.requests.${resource?.name ?? 'cpu'}`,
        }),
      ];
  }
  const blind = conditionOf(statusHolder(live), 'ScalingActive');
  if (blind?.status !== 'False' || blind.reason === 'ScalingDisabled') return [];
  return [
    warned('autoscaling', {
      code: 'hpa_metrics_unavailable',
      fault: 'platform',
      object: `HorizontalPodAutoscaler ${name}`,
      message: `The autoscaler ${name} gets no metrics: ${blind.message ?? blind.reason ?? ''}`,
      mend: 'The cluster’s operators must provide metrics (metrics-server); until then it does not scale',
    }),
  ];
}
const statusHolder = (object: Manifest | undefined) => ({
  status: statusOf<NonNullable<WorkloadObject['status']>>(object),
});

const UNOBSERVED_MS = 30_000;

export const liveVersion = (desired: DesiredState, state: ClusterState): readonly Check[] =>
  orPassed(
    'live_version',
    desired.workloads.flatMap(({ object }): Check[] => {
      const live = valueOf(state.live.get(object), undefined) as WorkloadObject | undefined;
      if (live === undefined) return [];
      const { observedGeneration = 0, availableReplicas = 0 } = live.status ?? {};
      const { generation = 0 } = live.metadata;
      const changedAt = lastChange(live.metadata['managedFields']);
      if (observedGeneration < generation && changedAt !== undefined && state.now.getTime() - changedAt > UNOBSERVED_MS)
        return [
          warned('live_version', {
            code: 'controller_not_observing',
            fault: 'platform',
            object,
            message: `The cluster’s controllers have not looked at ${object} since it was changed ${String(Math.round((state.now.getTime() - changedAt) / 1000))} s ago: a new version would not be rolled out either`,
            mend: 'The cluster’s operators must see why its controller manager stands still',
            evidence: [`generation ${String(generation)}, observed ${String(observedGeneration)}`],
          }),
        ];
      if (live.spec?.paused === true)
        return [
          warned('live_version', {
            code: 'deployment_paused',
            fault: 'release',
            object,
            message: `${object} is paused: a new version does not roll out until it is resumed`,
            mend: 'Resume it (kubectl rollout resume), or redeploy with adopt: true to take the field over',
          }),
        ];
      const wanted = live.spec?.replicas ?? 1;
      if (availableReplicas >= wanted) return [];
      const why = conditionOf(live, 'Available')?.message;
      return [
        warned('live_version', {
          code: 'live_version_unhealthy',
          fault: 'none',
          object,
          message: `The version that runs now is not healthy: ${String(availableReplicas)} of ${String(wanted)} pods of ${object} are available`,
          mend: 'Nothing to do if this release is the cure; going back to the running version would not help',
          evidence: why === undefined ? [] : [why],
        }),
      ];
    }),
    'The version that runs now is healthy, or there is none.',
  );

const lastChange = (fields: unknown): number | undefined => {
  const times = (Array.isArray(fields) ? (fields as { time?: string; subresource?: string }[]) : [])
    .filter(({ subresource }) => subresource === undefined || subresource === '')
    .map(({ time }) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : Math.max(...times);
};
