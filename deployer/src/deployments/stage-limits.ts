/** How long each stage may take at most, in milliseconds: what the request says, else generous figures. Pure. */
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
      return DEFAULT.validating * SECOND;
    case 'preparing':
      return (timeouts?.preparing ?? DEFAULT.preparing) * SECOND;
    case 'building':
      return (timeouts?.building ?? DEFAULT.building) * SECOND;
    case 'deploying':
    case 'rolling_back':
      return 2 * rolloutMs + BESIDE_SECONDS * SECOND;
    case 'testing':
      return (timeouts?.testing ?? DEFAULT.testing) * SECOND + 30 * SECOND; // until there is an address to test
    case 'monitoring':
      return ((spec.monitor_seconds ?? 0) + BESIDE_SECONDS) * SECOND + rolloutMs;
  }
}
