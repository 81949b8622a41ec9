/**
 * Runs Jobs to completion: `parallelism` pods at a time until `completions` have succeeded; pods that fail are replaced
 * after 10 s, doubling to 6 min, until `backoffLimit`; `activeDeadlineSeconds`, `suspend` and
 * `ttlSecondsAfterFinished` are kept. Indexed completion is treated as plain completion.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Condition, Job, JobStatus, Pod } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { findCondition, kubeTime } from './conditions.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';
import { controllerOf } from './ownership.js';
import { podFromTemplate } from './pod-from-template.js';
import { isPodActive, isPodReady } from './pod-state.js';

const JOBS = 'batch/jobs';
const PODS = 'core/pods';
const COMPONENT = 'job-controller';
const FIRST_BACKOFF_MS = 10_000;
const LAST_BACKOFF_MS = 360_000;

export function createJobController(client: ClusterClient, log: Logger): Controller {
  return createController({
    name: COMPONENT,
    client,
    log,
    watches: {
      [JOBS]: ({ object }) => [keyOf(object)],
      [PODS]: ({ object }) => {
        const owner = controllerOf(object);
        return owner?.kind === 'Job' ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
      },
    },
    reconcile: (key) => reconcile(client, key),
  });
}

const condition = (type: string, reason: string, message: string): Condition => ({
  type,
  status: 'True',
  lastProbeTime: kubeTime(),
  lastTransitionTime: kubeTime(),
  ...(reason === '' ? {} : { reason, message }),
});

function reconcile(client: ClusterClient, key: string): number | undefined {
  const { namespace, name } = splitKey(key);
  const job = client.get<Job>(JOBS, namespace, name);
  if (job?.spec === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
  const ended = ['Complete', 'Failed'].some((type) => findCondition(job.status?.conditions, type)?.status === 'True');
  if (ended) return removeWhenDue(client, job);

  const pods = client.list<Pod>(PODS, namespace).filter((pod) => controllerOf(pod)?.uid === job.metadata.uid);
  const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded').length;
  const failed = pods.filter((pod) => pod.status?.phase === 'Failed');
  const active = pods.filter(isPodActive);
  const startTime = job.status?.startTime ?? kubeTime();
  const verdict = verdictOf(job, succeeded, failed.length, startTime);

  let againInMs: number | undefined;
  if (verdict !== undefined || job.spec.suspend === true) {
    for (const pod of active) client.delete(PODS, namespace, pod.metadata.name);
  } else {
    const wanted = Math.min(job.spec.parallelism ?? 1, (job.spec.completions ?? job.spec.parallelism ?? 1) - succeeded);
    const wait = backoffLeft(failed);
    if (active.length < wanted && wait > 0) againInMs = wait;
    else for (let missing = wanted - active.length; missing > 0; missing -= 1) createPod(client, job);
    if (job.spec.activeDeadlineSeconds !== undefined) {
      const left = Date.parse(startTime) + job.spec.activeDeadlineSeconds * 1000 - Date.now() + 100;
      againInMs = Math.min(againInMs ?? left, Math.max(left, 100));
    }
  }
  const now = client.list<Pod>(PODS, namespace).filter((pod) => controllerOf(pod)?.uid === job.metadata.uid);
  const running = verdict === undefined ? now.filter(isPodActive) : [];
  const conditions = verdict ?? suspension(client, job);
  writeStatus(client, job, {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(verdict === undefined && job.spec.suspend === true ? {} : { startTime }),
    ...(verdict?.some(({ type }) => type === 'Complete') === true ? { completionTime: kubeTime() } : {}),
    ...(running.length > 0 ? { active: running.length } : {}),
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(failed.length > 0 ? { failed: failed.length } : {}),
    terminating: now.filter((pod) => pod.metadata.deletionTimestamp !== undefined).length,
    uncountedTerminatedPods: {},
    ready: running.filter(isPodReady).length,
  });
  if (verdict !== undefined) {
    const last = verdict.at(-1);
    const complete = last?.type === 'Complete';
    client.event(
      job,
      complete ? 'Normal' : 'Warning',
      complete ? 'Completed' : (last?.reason ?? 'Failed'),
      complete ? 'Job completed' : (last?.message ?? ''),
      COMPONENT,
    );
  }
  return againInMs;
}

/** The condition `Suspended` of a Job that is, or that was. */
function suspension(client: ClusterClient, job: Job): Condition[] {
  const before = findCondition(job.status?.conditions, 'Suspended');
  const suspended = job.spec?.suspend === true;
  if ((before?.status === 'True') === suspended) return before === undefined ? [] : [before];
  const [reason, message] = suspended ? ['Suspended', 'Job suspended'] : ['Resumed', 'Job resumed'];
  client.event(job, 'Normal', reason, message, COMPONENT);
  return [{ ...condition('Suspended', `Job${reason}`, message), status: suspended ? 'True' : 'False' }];
}

/** The conditions a Job ends with; undefined: it goes on. */
function verdictOf(job: Job, succeeded: number, failed: number, startTime: string): Condition[] | undefined {
  const spec = job.spec;
  if (spec === undefined) return undefined;
  if (succeeded >= (spec.completions ?? 1))
    return [
      condition('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods'),
      condition('Complete', 'CompletionsReached', 'Reached expected number of succeeded pods'),
    ];
  const over =
    failed > (spec.backoffLimit ?? 6)
      ? (['BackoffLimitExceeded', 'Job has reached the specified backoff limit'] as const)
      : spec.activeDeadlineSeconds !== undefined &&
          Date.parse(startTime) + spec.activeDeadlineSeconds * 1000 <= Date.now()
        ? (['DeadlineExceeded', 'Job was active longer than specified deadline'] as const)
        : undefined;
  if (over === undefined) return undefined;
  const [reason, message] = over;
  return [condition('FailureTarget', reason, message), condition('Failed', reason, message)];
}

function backoffLeft(failed: readonly Pod[]): number {
  if (failed.length === 0) return 0;
  const last = Math.max(...failed.map(finishedAt));
  return last + Math.min(FIRST_BACKOFF_MS * 2 ** (failed.length - 1), LAST_BACKOFF_MS) - Date.now();
}

const finishedAt = (pod: Pod): number =>
  Math.max(
    0,
    ...(pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '') || 0),
  );

function createPod(client: ClusterClient, job: Job): void {
  const template = job.spec?.template;
  if (template === undefined) return;
  try {
    const pod = client.create<Pod>(PODS, podFromTemplate(job, template));
    client.event(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, COMPONENT);
  } catch (error) {
    client.event(job, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`, COMPONENT);
    throw error;
  }
}

function writeStatus(client: ClusterClient, job: Job, status: JobStatus): void {
  client.updateStatus<Job>(JOBS, job.metadata.namespace, job.metadata.name, (fresh) =>
    JSON.stringify(fresh.status) === JSON.stringify(status) ? undefined : { ...fresh, status },
  );
}

function removeWhenDue(client: ClusterClient, job: Job): number | undefined {
  const ttl = job.spec?.ttlSecondsAfterFinished;
  if (ttl === undefined) return undefined;
  const ended = job.status?.conditions?.find(
    ({ type }) => type === 'Complete' || type === 'Failed',
  )?.lastTransitionTime;
  const left = Date.parse(ended ?? '') + ttl * 1000 - Date.now();
  if (left > 0) return left;
  client.delete(JOBS, job.metadata.namespace, job.metadata.name, { propagationPolicy: 'Background' });
  return undefined;
}
