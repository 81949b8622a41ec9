/** Jobs that a release brings: what their controller says of them. Their containers are judged with all others. */
import { WEIGHT, type Finding } from './finding.js';
import { conditionOf, type Condition, type WorkloadObject } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

const failureOf = (job: WorkloadObject | undefined): Condition | undefined =>
  ['Failed', 'FailureTarget']
    .map((type) => conditionOf(job, type))
    .find((condition) => condition !== undefined && condition.status === 'True');

/** For good: its controller starts no further pod. */
export const hasFailed = (job: WorkloadObject | undefined): boolean => failureOf(job) !== undefined;

export const jobs = ({ workload, target }: RolloutSnapshot): readonly Finding[] => {
  if (target.kind !== 'Job') return [];
  const object = `Job ${target.name}`;
  if (workload?.spec?.suspend === true)
    return [
      {
        code: 'job_suspended',
        fault: 'none',
        weight: WEIGHT.note,
        object,
        reason: `The ${object} is suspended, so it does not run.`,
        suggestion: `Resume it (kubectl patch job/${target.name} -p '{"spec":{"suspend":false}}').`,
        actAfterMs: undefined,
      },
    ];
  const failure = failureOf(workload);
  if (failure === undefined) return [];
  const late = failure.reason === 'DeadlineExceeded';
  return [
    {
      code: 'job_failed',
      fault: 'release',
      weight: WEIGHT.outcome, // what its containers say comes first
      object,
      reason: late
        ? `The ${object} did not end within its activeDeadlineSeconds.`
        : `The ${object} failed: ${failure.message ?? failure.reason ?? 'it gave no reason'}.`,
      suggestion: late
        ? 'Let the Job do less, or raise its activeDeadlineSeconds.'
        : 'The log of its pods says why; correct what they run, or raise backoffLimit if a retry would help.',
      actAfterMs: 0,
    },
  ];
};
