/** How long each stage may take at most, in milliseconds: what the request says, else generous figures. Pure. */
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import type { CreateDeploymentBody, StageName } from '@aws-deployer/platform/contracts/deployments';

const SECOND = 1_000;
const DEFAULT = { validating: 60, preparing: 600, building: 1_800, testing: 90 } as const;
/** What a stage needs beside its rollout: applying, draining, looking for an address. */
const BESIDE_SECONDS = 90;

/** `rolloutMs`: the own deadline of one rollout. A ReplicaSet is watched twice, before and after its Service moves to it. */
export function stageLimitMs(stage: StageName, spec: CreateDeploymentBody, rolloutMs: number): number {
  const { timeouts } = spec;
  switch (stage) {
    case 'validating':
      return (timeouts?.validating ?? DEFAULT.validating) * SECOND;
    case 'preparing':
      return (timeouts?.preparing ?? DEFAULT.preparing) * SECOND;
    case 'building':
      return (timeouts?.building ?? DEFAULT.building) * SECOND;
    case 'deploying':
      return 2 * rolloutMs + BESIDE_SECONDS * SECOND;
    case 'rolling_back':
      return timeouts?.rolling_back === undefined
        ? 2 * rolloutMs + BESIDE_SECONDS * SECOND
        : timeouts.rolling_back * SECOND;
    case 'testing':
      return (timeouts?.testing ?? DEFAULT.testing) * SECOND + 30 * SECOND; // until there is an address to test
    case 'monitoring':
      return timeouts?.monitoring === undefined
        ? ((spec.monitor_seconds ?? 0) + BESIDE_SECONDS) * SECOND + rolloutMs
        : timeouts.monitoring * SECOND;
  }
}

/** The own deadline of the rollout that leads back: before its stage ends, so that what is said names the cause. */
export const wayBackMs = ({ timeouts }: CreateDeploymentBody, rolloutMs: number): number =>
  timeouts?.rolling_back === undefined ? rolloutMs : Math.min(rolloutMs, timeouts.rolling_back * SECOND * 0.8);

/** Beside the monitoring itself: the proof at its end. */
const PROOF_SECONDS = 5;

/** Throws AppError invalid on `timeouts.monitoring` when it would end a monitoring that goes well. */
export function checkMonitoringLimit({ timeouts, monitor_seconds: watched = 0 }: CreateDeploymentBody): void {
  const least = watched + PROOF_SECONDS;
  if (timeouts?.monitoring !== undefined && timeouts.monitoring < least)
    throw invalidField(
      'timeouts.monitoring',
      `is shorter than the monitoring itself, which takes ${String(least)} s with its proof (monitor_seconds is ${String(watched)})`,
      `give at least ${String(least)}, or watch for a shorter time`,
    );
}
