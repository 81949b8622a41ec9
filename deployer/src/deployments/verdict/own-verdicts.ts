/** Verdicts that no rule over the cluster's objects can make: what the deployer itself knows. Pure. */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { RolloutTarget } from './snapshot.js';

/** A verdict about an object as a whole, without evidence of its own. */
export const plainVerdict = (
  of: Pick<VerdictView, 'code' | 'fault' | 'object' | 'reason' | 'suggestion'>,
): VerdictView => ({
  ...of,
  container: null,
  evidence: { exit_code: null, log_lines: [], events: [] },
});

/** Somebody else's change, or removal, of what is rolled out. */
export const newerRelease = ({
  target: { kind, name },
  deleted = false,
}: {
  readonly target: Pick<RolloutTarget, 'kind' | 'name'>;
  readonly deleted?: boolean;
}): VerdictView =>
  plainVerdict({
    code: deleted ? 'workload_deleted' : 'newer_release',
    fault: 'none',
    object: `${kind} ${name}`,
    reason: `${kind} ${name} was ${deleted ? 'deleted' : 'changed'} by somebody else while it was rolled out.`,
    suggestion: 'Deploy again if this release should win.',
  });

export const clusterUnreachable = (why: string): VerdictView =>
  plainVerdict({
    code: 'cluster_unreachable',
    fault: 'unknown',
    object: 'Cluster',
    reason: `The cluster does not answer: ${why}`,
    suggestion: 'Nothing is known about the release while the cluster does not answer.',
  });

export const outOfTime = ({ kind, name }: RolloutTarget, deadlineMs: number, sentence: string): VerdictView =>
  plainVerdict({
    code: 'progress_deadline_exceeded',
    fault: 'unknown',
    object: `${kind} ${name}`,
    reason: `The rollout was not finished within ${String(Math.round(deadlineMs / 1000))} s. ${sentence}`,
    suggestion: 'Look at the pods’ events and logs, or give it more time (timeouts.deploying).',
  });

export const nameCollision = (object: string, owner: string): VerdictView =>
  plainVerdict({
    code: 'name_collision',
    fault: 'release',
    object,
    reason: `${owner}.`,
    suggestion: 'Choose another application name or namespace, or remove the other object.',
  });

/** What ends by itself or is no trouble is no reason for having failed. */
export const troubleOf = (verdict: VerdictView | undefined): VerdictView | undefined =>
  verdict?.fault === 'transient' || verdict?.fault === 'none' ? undefined : verdict;
