/**
 * Starts a Job at each time of a CronJob's schedule, by its concurrency policy and starting deadline, and keeps as many
 * finished Jobs as its history limits say. Of several missed times the last is made up for.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { CronJob, CronJobStatus, Job } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { isStatusError } from '../store/status-error.js';
import { findCondition, kubeTime } from './conditions.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';
import { parseCron, type CronSchedule } from './cron-schedule.js';
import { controllerOf, controllerReference } from './ownership.js';

const CRON_JOBS = 'batch/cronjobs';
const JOBS = 'batch/jobs';
const COMPONENT = 'cronjob-controller';
/** Beyond this many missed times something is wrong with the clock or the schedule. */
const MAX_MISSED = 100;

export function createCronJobController(client: ClusterClient, log: Logger): Controller {
  return createController({
    name: COMPONENT,
    client,
    log,
    watches: {
      [CRON_JOBS]: ({ object }) => [keyOf(object)],
      [JOBS]: ({ object }) => {
        const owner = controllerOf(object);
        return owner?.kind === 'CronJob' ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
      },
    },
    reconcile: (key) => reconcile(client, key),
  });
}

function reconcile(client: ClusterClient, key: string): number | undefined {
  const { namespace, name } = splitKey(key);
  const cronJob = client.get<CronJob>(CRON_JOBS, namespace, name);
  if (cronJob?.spec === undefined || cronJob.metadata.deletionTimestamp !== undefined) return undefined;
  const jobs = client
    .list<Job>(JOBS, namespace)
    .filter((job) => controllerOf(job)?.uid === cronJob.metadata.uid)
    .sort((a, b) => scheduledAt(a) - scheduledAt(b));
  forgetOld(client, cronJob, jobs);
  noteFinished(client, cronJob, jobs);
  if (cronJob.spec.suspend === true) return undefined;
  const schedule = parseCron(cronJob.spec.schedule, cronJob.spec.timeZone);
  const now = new Date();
  const due = lastDue(client, cronJob, schedule, now);
  if (due !== undefined)
    start(
      client,
      cronJob,
      due,
      jobs.filter((job) => endOf(job) === undefined),
    );
  const next = schedule.next(now);
  return next === undefined ? undefined : next.getTime() - now.getTime() + 50;
}

const scheduledAt = (job: Job): number => Date.parse(job.metadata.creationTimestamp ?? '') || 0;
const endOf = (job: Job): 'Complete' | 'Failed' | undefined =>
  (['Complete', 'Failed'] as const).find((type) => findCondition(job.status?.conditions, type)?.status === 'True');

/** The last scheduled time that has come since the last start; undefined: none, or it is too late for it. */
function lastDue(client: ClusterClient, cronJob: CronJob, schedule: CronSchedule, now: Date): Date | undefined {
  const { spec, status, metadata } = cronJob;
  const deadlineMs = (spec?.startingDeadlineSeconds ?? Infinity) * 1000;
  const since = Math.max(
    Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '') || now.getTime(),
    now.getTime() - deadlineMs,
  );
  let due: Date | undefined;
  let missed = 0;
  for (let at = schedule.next(new Date(since)); at !== undefined && at <= now; at = schedule.next(at)) {
    due = at;
    missed += 1;
    if (missed > MAX_MISSED) {
      const why = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      client.event(cronJob, 'Warning', 'TooManyMissedTimes', why, COMPONENT);
      // The present minute is tried all the same, as later versions of Kubernetes do.
      return schedule.next(new Date(now.getTime() - 60_000));
    }
  }
  return due;
}

function start(client: ClusterClient, cronJob: CronJob, due: Date, active: readonly Job[]): void {
  const policy = cronJob.spec?.concurrencyPolicy;
  if (policy === 'Forbid' && active.length > 0) {
    const why = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    client.event(cronJob, 'Normal', 'JobAlreadyActive', why, COMPONENT);
    return;
  }
  if (policy === 'Replace') for (const job of active) deleteJob(client, cronJob, job);
  const template = cronJob.spec?.jobTemplate;
  if (template === undefined) return;
  const { namespace, name } = cronJob.metadata;
  try {
    const job = client.create<Job>(JOBS, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: `${name}-${String(Math.floor(due.getTime() / 60_000))}`,
        ...(namespace === undefined ? {} : { namespace }),
        ...(template.metadata?.labels === undefined ? {} : { labels: template.metadata.labels }),
        annotations: {
          ...template.metadata?.annotations,
          'batch.kubernetes.io/cronjob-scheduled-timestamp': kubeTime(due),
        },
        ownerReferences: [controllerReference(cronJob)],
      },
      spec: template.spec,
    });
    client.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`, COMPONENT);
  } catch (error) {
    // Made before a restart of this process: only the note of it was lost.
    if (!isStatusError(error, 'AlreadyExists')) {
      client.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`, COMPONENT);
      throw error;
    }
  }
  writeStatus(client, cronJob, (status) => ({ ...status, lastScheduleTime: kubeTime(due) }));
}

function noteFinished(client: ClusterClient, cronJob: CronJob, jobs: readonly Job[]): void {
  const known = new Set((cronJob.status?.active ?? []).map(({ uid }) => uid));
  for (const job of jobs) {
    const end = endOf(job);
    if (end === undefined || !known.has(job.metadata.uid)) continue;
    const said = `Saw completed job: ${job.metadata.name}, condition: ${end}`;
    client.event(cronJob, 'Normal', 'SawCompletedJob', said, COMPONENT);
  }
  const active = jobs
    .filter((job) => endOf(job) === undefined && job.metadata.deletionTimestamp === undefined)
    .map(({ metadata: { namespace, name, uid, resourceVersion } }) => ({
      kind: 'Job',
      namespace,
      name,
      uid,
      apiVersion: 'batch/v1',
      resourceVersion,
    }));
  const lastSuccess = jobs
    .flatMap((job) => (endOf(job) === 'Complete' ? (job.status?.completionTime ?? []) : []))
    .sort()
    .at(-1);
  writeStatus(client, cronJob, ({ active: _active, ...status }) => ({
    ...(active.length > 0 ? { active } : {}),
    ...status,
    ...(lastSuccess === undefined ? {} : { lastSuccessfulTime: lastSuccess }),
  }));
}

function forgetOld(client: ClusterClient, cronJob: CronJob, jobs: readonly Job[]): void {
  for (const [type, limit] of [
    ['Complete', cronJob.spec?.successfulJobsHistoryLimit ?? 3],
    ['Failed', cronJob.spec?.failedJobsHistoryLimit ?? 1],
  ] as const) {
    const ended = jobs.filter((job) => endOf(job) === type && job.metadata.deletionTimestamp === undefined);
    for (const job of ended.slice(0, Math.max(0, ended.length - limit))) deleteJob(client, cronJob, job);
  }
}

function deleteJob(client: ClusterClient, cronJob: CronJob, { metadata }: Job): void {
  client.delete(JOBS, metadata.namespace, metadata.name, { propagationPolicy: 'Background' });
  client.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${metadata.name}`, COMPONENT);
}

function writeStatus(
  client: ClusterClient,
  { metadata }: CronJob,
  change: (status: CronJobStatus) => CronJobStatus,
): void {
  client.updateStatus<CronJob>(CRON_JOBS, metadata.namespace, metadata.name, (fresh) => {
    const status = change(fresh.status ?? {});
    return JSON.stringify(status) === JSON.stringify(fresh.status ?? {}) ? undefined : { ...fresh, status };
  });
}
