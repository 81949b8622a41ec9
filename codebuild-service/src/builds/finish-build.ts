/** The end of a build: all that is left to be read of it, its gates, and one transaction that keeps everything. */
import { isBuildEnd, type BuildReportView, type BuildStatus } from '@aws-deployer/platform/contracts/builds';
import { inTransaction } from '@aws-deployer/platform/database/open-database';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { mask } from '@aws-deployer/platform/masking/mask';
import { delay, instant } from '@aws-deployer/platform/runtime/clock';
import type { BuildObservation, EngineArtifact } from '../ports/build-engine.js';
import { summaryOf } from '../reports/read-report.js';
import { endOf } from './build-end.js';
import type { BuildInHand } from './build-in-hand.js';
import { readLog } from './log-reading.js';
import { backOff } from './pace.js';

export type EndStatus = Exclude<BuildStatus, 'queued' | 'starting' | 'in_progress'>;
export const isEndStatus = (status: BuildStatus): status is EndStatus => isBuildEnd(status);
/** Of a build that ends without its engine having said anything. */
export const NOTHING_SEEN = { phase: null, failure: null, startedAt: null, endedAt: null };

const FETCH_TRIES = 3;

/** All that is left to be read is read, then the end is written: once, with all that belongs to it. */
export async function finishBuild(
  hand: BuildInHand,
  seen: BuildObservation,
  status: EndStatus,
  signal: AbortSignal,
): Promise<void> {
  const { looks, apartMs } = hand.pace.drain;
  for (let quiet = 0; quiet < looks;) {
    if (await readLog(hand, signal)) quiet = 0;
    else quiet += 1;
    if (quiet < looks) await delay(apartMs, signal);
  }
  const engine = hand.engine();
  const problems: string[] = [];
  const reports = await fetchPart(hand, 'reports', problems, signal, async () =>
    engine.reports(await hand.handle(), signal),
  );
  const artifacts = await fetchPart(hand, 'artifacts', problems, signal, async () =>
    engine.artifacts(await hand.handle(), signal),
  );
  await endBuild(hand, status, seen, undefined, { reports, artifacts, problems }, signal);
}

/** What cannot be had after some tries is left out, and the log says so: a build must end. */
async function fetchPart<Item>(
  hand: BuildInHand,
  what: string,
  problems: string[],
  signal: AbortSignal,
  read: () => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await read();
    } catch (error) {
      if (signal.aborted) throw error;
      if (failures < FETCH_TRIES) await delay(backOff(hand.pace, failures), signal);
      else {
        problems.push(`The ${what} of the build could not be read: ${messageOf(error)}`);
        hand.parts.log.warn('an ended build could not be read whole', { build: hand.current.id, what, error });
        return [];
      }
    }
  }
}

/** Written once: the row, its reports and files, and what the log still has to say. */
export async function endBuild(
  hand: BuildInHand,
  status: EndStatus,
  seen: Pick<BuildObservation, 'phase' | 'failure' | 'startedAt' | 'endedAt'> & Partial<BuildObservation>,
  message?: string,
  made: {
    readonly reports: readonly BuildReportView[];
    readonly artifacts: readonly EngineArtifact[];
    readonly problems: readonly string[];
  } = { reports: [], artifacts: [], problems: [] },
  signal?: AbortSignal,
): Promise<void> {
  const { store, database, logs, history, metrics, committed, clock } = hand.parts;
  const masker = hand.mask();
  const from = hand.current;
  const reports = mask(made.reports, masker) as BuildReportView[];
  const failure =
    message === undefined
      ? seen.failure
      : { phase: from.phase ?? ('SUBMITTED' as const), command: null, exit_code: null, message, last_lines: [] };
  const end = endOf(
    from,
    status,
    { ...seen, failure: mask(failure, masker) as typeof failure },
    await logs.last(from.id, 20),
    instant(clock.now()),
  );
  const news = 'status' in seen ? hand.news(seen as BuildObservation) : {};
  const gates =
    status === 'succeeded' && signal !== undefined
      ? await hand.parts.gates.judge(
          {
            gates: from.qualityGates,
            reports,
            exportedVariables: seen.exportedVariables ?? {},
            session: await hand.session(),
            login: hand.registryLogin(),
          },
          signal,
        )
      : [];
  hand.current = await inTransaction(database, async (trx) => {
    const ended = await store.transition(trx, from, {
      to: status,
      reason: end.reason,
      facts: {
        ...news,
        failure: end.failure,
        durationMs: end.durationMs,
        billedMinutes: end.billedMinutes,
        costMicros: end.costMicros,
        reports: summaryOf(reports),
        artifactCount: made.artifacts.length,
        gates,
        ...(from.secretVariables === null ? {} : { secretVariables: '' }),
      },
      origin: hand.origin,
      lease: hand.queue.lease,
    });
    for (const [position, report] of reports.entries())
      await trx
        .insertInto('build_reports')
        .values({ build_id: from.id, position, report: JSON.stringify(report) })
        .execute();
    for (let at = 0; at < made.artifacts.length; at += 500)
      await trx
        .insertInto('build_artifacts')
        .values(
          made.artifacts.slice(at, at + 500).map(({ artifact, path, sizeBytes }) => ({
            seq: undefined,
            build_id: from.id,
            artifact,
            path,
            size_bytes: sizeBytes,
          })),
        )
        .execute();
    for (const problem of made.problems) await logs.say(trx, from.id, problem);
    return ended;
  });
  history.forget(from.projectId);
  metrics.finished.inc({ status, engine: from.engine });
  if (end.durationMs !== null) metrics.duration.observe({ status, engine: from.engine }, end.durationMs / 1000);
  committed([from.id]);
}
