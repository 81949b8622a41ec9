/**
 * The start of a build at its engine, and the second one of a build whose engine lost it. The engine starts once per id and
 * attempt: a step that was cut off may be taken again.
 */
import { inTransaction } from '@aws-deployer/platform/database/open-database';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { instant } from '@aws-deployer/platform/runtime/clock';
import { wasStartedElsewhere } from './build.js';
import type { BuildInHand } from './build-in-hand.js';
import type { BuildFacts } from './build-store.js';
import { endBuild, NOTHING_SEEN } from './finish-build.js';
import { backOff } from './pace.js';

/** `again`: it is to be tried once more, after a pause. `over`: it went back to the queue, or has ended. */
export type StartOutcome = 'started' | 'again' | 'over';

export async function startBuild(hand: BuildInHand, signal: AbortSignal): Promise<StartOutcome> {
  const { store, database, metrics, committed } = hand.parts;
  const { id, attempt, number, plan } = hand.current;
  let ref: string;
  try {
    ref = await hand
      .engine()
      .start({ id, attempt, number, plan, secretVariables: hand.secrets(), session: await hand.session() }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return notStarted(hand, error);
  }
  const from = hand.current;
  const facts: BuildFacts = { engineRef: ref, dispatched: true };
  hand.current = await inTransaction(database, async (trx) =>
    from.status === 'queued'
      ? store.transition(trx, from, {
          to: 'starting',
          reason: from.stopRequested ? from.reason : 'Is being started.',
          facts,
          origin: hand.origin,
          lease: hand.queue.lease,
        })
      : store.record(trx, from, facts, hand.queue.lease),
  );
  if (attempt === 1)
    metrics.queueWait.observe({ engine: from.engine }, (hand.now() - Date.parse(from.createdAt)) / 1000);
  committed([id]);
  return 'started';
}

async function notStarted(hand: BuildInHand, error: unknown): Promise<StartOutcome> {
  const { store, database, metrics, clock } = hand.parts;
  const { status, stopRequested, queueDeadline } = hand.current;
  const kind = error instanceof AppError ? error.kind : 'internal';
  const full = error instanceof AppError && error.code === 'account_limit';
  if (full) metrics.accountLimitHits.inc();
  if (full && status === 'queued' && !stopRequested) {
    await hand.queue.full();
    const notBefore = instant(new Date(clock.now().getTime() + backOff(hand.pace, 3)));
    hand.current = await store.record(database.db, hand.current, { dispatched: false, notBefore }, hand.queue.lease);
    return 'over';
  }
  if (kind === 'unavailable' || kind === 'rate_limited') {
    if (stopRequested) {
      await endBuild(hand, 'stopped', NOTHING_SEEN);
      return 'over';
    }
    if (instant(clock.now()) > queueDeadline) {
      await endBuild(hand, 'fault', NOTHING_SEEN, `It could not be started in time: ${messageOf(error)}`);
      return 'over';
    }
    const reason = full ? 'Waits for a place in the account.' : `It could not be started yet: ${messageOf(error)}`;
    if (reason !== hand.current.reason)
      hand.current = await store.record(database.db, hand.current, { reason }, hand.queue.lease);
    return 'again';
  }
  if (kind === 'internal') hand.parts.log.error('a build could not be started', { build: hand.current.id, error });
  const message = kind === 'internal' ? 'The platform broke when it started the build.' : messageOf(error);
  await endBuild(hand, kind === 'internal' ? 'fault' : 'failed', NOTHING_SEEN, message);
  return 'over';
}

/** The process that ran it has died: once more from the beginning, but only once. */
export async function beginAgain(hand: BuildInHand): Promise<void> {
  const { store, database, logs, metrics, committed } = hand.parts;
  const from = hand.current;
  if (from.stopRequested) return endBuild(hand, 'stopped', NOTHING_SEEN);
  if (wasStartedElsewhere(from)) return endBuild(hand, 'fault', NOTHING_SEEN, 'AWS no longer knows this build.');
  if (from.attempt > 1)
    return endBuild(
      hand,
      'fault',
      NOTHING_SEEN,
      'Its engine lost it twice: the process that ran it died, or it was deleted.',
    );
  const text = 'The process that ran this build died: it is begun again from the beginning.';
  const facts: BuildFacts = {
    attempt: from.attempt + 1,
    engineRef: null,
    phase: null,
    phases: [],
    logCursor: null,
    startedAt: null,
    exportedVariables: {},
  };
  hand.current = await inTransaction(database, async (trx) => {
    const next =
      from.status === 'in_progress'
        ? await store.transition(trx, from, {
            to: 'starting',
            reason: text,
            facts,
            origin: hand.origin,
            lease: hand.queue.lease,
          })
        : await store.record(trx, from, { ...facts, reason: text }, hand.queue.lease);
    await logs.say(trx, from.id, text);
    return next;
  });
  metrics.begunAgain.inc();
  committed([from.id]);
}
