/**
 * Builds by their id, many at a call: what is asked within some milliseconds of the same account and region becomes one
 * BatchGetBuilds of at most 100. Hundreds of builds that are looked after one by one so cost a few calls, and no throttling.
 */
import { createHash } from 'node:crypto';
import type { Build } from '@aws-sdk/client-codebuild';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { AwsSession } from '../../ports/aws-session.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import { readStandIns } from './stand-in-instants.js';

const IDS_A_CALL = 100;
const GATHER_MS = 10;
const CALL_MS = 60_000;
/** Ended builds do not change: their log, reports and artifacts are asked for one after the other. */
const KEPT_ENDED = 500;

interface Waiting {
  readonly id: string;
  readonly resolve: (build: Build | undefined) => void;
  readonly reject: (error: unknown) => void;
}
interface Batch {
  readonly session: AwsSession;
  readonly waiting: Waiting[];
  readonly timer: NodeJS.Timeout;
}

export class BuildLookup {
  private readonly batches = new Map<string, Batch>();
  private readonly ended = new Map<string, Build>();
  private readonly closing = new AbortController();

  constructor(private readonly aws: AwsCaller) {}

  /** As it is now; undefined where AWS does not know it. An aborted signal ends the wait, not the call that others share. */
  async find(session: AwsSession, id: string, signal: AbortSignal): Promise<Build | undefined> {
    signal.throwIfAborted();
    const known = this.ended.get(id);
    if (known !== undefined) return known;
    return untilAborted(this.gather(session, id), signal);
  }

  /** Throws not_found/`build_not_found`. */
  async get(session: AwsSession, id: string, signal: AbortSignal): Promise<Build> {
    const build = await this.find(session, id, signal);
    if (build === undefined)
      throw new AppError('not_found', 'build_not_found', `AWS CodeBuild in ${session.region} has no build ${id}`);
    return build;
  }

  close(): void {
    this.closing.abort(new AppError('unavailable', 'stopping', 'The service is stopping'));
    for (const { timer, waiting } of this.batches.values()) {
      clearTimeout(timer);
      for (const { reject } of waiting) reject(this.closing.signal.reason);
    }
    this.batches.clear();
  }

  private gather(session: AwsSession, id: string): Promise<Build | undefined> {
    const key = createHash('sha256').update(JSON.stringify(session)).digest('hex');
    return new Promise((resolve, reject) => {
      const batch = this.batches.get(key) ?? this.open(key, session);
      batch.waiting.push({ id, resolve, reject });
      if (batch.waiting.length >= IDS_A_CALL) this.flush(key, batch);
    });
  }
  private open(key: string, session: AwsSession): Batch {
    const timer = setTimeout(() => this.flush(key, batch), GATHER_MS);
    const batch: Batch = { session, waiting: [], timer };
    this.batches.set(key, batch);
    return batch;
  }
  private flush(key: string, batch: Batch): void {
    clearTimeout(batch.timer);
    this.batches.delete(key);
    this.ask(batch).then(
      (found) => batch.waiting.forEach(({ id, resolve }) => resolve(found.get(id))),
      (error: unknown) => batch.waiting.forEach(({ reject }) => reject(error)),
    );
  }

  private async ask({ session, waiting }: Batch): Promise<ReadonlyMap<string, Build>> {
    const { BatchGetBuildsCommand } = await import('@aws-sdk/client-codebuild');
    const command = new BatchGetBuildsCommand({ ids: [...new Set(waiting.map(({ id }) => id))] });
    readStandIns(command);
    const { builds } = await this.aws.call(
      session,
      'codebuild',
      (client, abortSignal) => client.send(command, { abortSignal }),
      { signal: AbortSignal.any([AbortSignal.timeout(CALL_MS), this.closing.signal]) },
    );
    const found = new Map((builds ?? []).map((build) => [build.id ?? '', build]));
    for (const [id, build] of found) if (build.buildComplete === true) this.keep(id, build);
    return found;
  }
  private keep(id: string, build: Build): void {
    this.ended.set(id, build);
    const [oldest] = this.ended.keys();
    if (this.ended.size > KEPT_ENDED && oldest !== undefined) this.ended.delete(oldest);
  }
}

function untilAborted<Output>(work: Promise<Output>, signal: AbortSignal): Promise<Output> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
