/**
 * Builds that somebody started in AWS itself (its webhook, its console, another tool), taken in by who keeps the queue of the
 * account and region: each once, with a number of ours; from then on they are looked after like all others.
 *
 * A build of ours that AWS knows already and whose id is not written down yet is none of them: projects of which a build is
 * just being started are left for the next look.
 */
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { platformOrigin, recordAction } from '@aws-deployer/platform/outbox/outbox';
import { instant } from '@aws-deployer/platform/runtime/clock';
import { projectFromRow, type BuildProject } from '../build-projects/build-project.js';
import { nextNumbers } from '../builds/build-numbers.js';
import type { WatchParts } from '../builds/watch-parts.js';
import type { ElsewhereBuild } from '../ports/build-engine.js';
import { elsewhereRow } from './elsewhere-row.js';
import type { QueueLease } from './queue-lease.js';
import type { QueueLeaseStore } from './queue-lease-store.js';

export type ElsewhereParts = Pick<
  WatchParts,
  'database' | 'accounts' | 'engines' | 'paces' | 'clock' | 'log' | 'box' | 'committed'
> & { readonly leases: QueueLeaseStore };

/** At first sight what ended longer ago is history. */
const ENDED_MS = 3_600_000;
const MOST_PAUSE_MS = 900_000;
/** More projects than this are looked at less often: AWS bears some calls a second. */
const PROJECTS_A_LOOK = 120;
/** Of the usual pause, where a project was left out. */
const SOON = 1 / 6;
const IDS_A_QUERY = 500;
const ORIGIN = platformOrigin('codebuild', 'builds started in AWS', null);

export class BuildsElsewhere {
  #busy = false;
  #failures = 0;
  #lookAt: number;
  /** These do not fit a project of ours: they are not tried again while this process keeps the queue. */
  readonly #unfit = new Set<string>();

  constructor(
    private readonly lease: QueueLease,
    lookAt: string | null,
    private readonly parts: ElsewhereParts,
    private readonly signal: AbortSignal,
  ) {
    this.#lookAt = lookAt === null ? 0 : Date.parse(lookAt);
  }

  /** A look when it is time; undefined: it is not, or one goes on. Resolves to whether any build was taken in; never rejects. */
  begin(now: number): Promise<boolean> | undefined {
    if (this.#busy || now < this.#lookAt || this.parts.engines.codebuild?.recent === undefined) return undefined;
    this.#busy = true;
    return this.#look()
      .catch((error: unknown) => {
        if (this.signal.aborted) return false;
        this.#failures += 1;
        this.parts.log.warn('builds that were started in AWS could not be looked for', {
          account: this.lease.account,
          region: this.lease.region,
          failures: this.#failures,
          error,
        });
        return this.#pause(this.parts.paces.codebuild.elsewhereMs * 2 ** Math.min(this.#failures, 10)).then(
          () => false,
        );
      })
      .finally(() => {
        this.#busy = false;
      });
  }

  async #look(): Promise<boolean> {
    const { accounts, engines, clock, paces } = this.parts;
    const { account, region } = this.lease;
    const projects = await this.#projects();
    let taken: readonly string[] = [];
    let left = false;
    if (projects.size > 0) {
      const found = await engines.codebuild?.recent?.(
        {
          projects: [...projects.keys()],
          unknown: (refs) => this.#unknown(refs),
          endedAfter: instant(new Date(clock.now().getTime() - ENDED_MS)),
        },
        await accounts.session(account, region),
        this.signal,
      );
      const starting = await this.#starting(); // after the answer: what it names was marked before it was started
      const ready = (found ?? []).filter(({ project }) => !starting.has(project));
      left = ready.length < (found ?? []).length;
      taken = await this.#takeIn(ready, projects);
    }
    this.#failures = 0;
    await this.#pause(paces.codebuild.elsewhereMs * Math.max(left ? SOON : 1, projects.size / PROJECTS_A_LOOK));
    return taken.length > 0;
  }

  /** Jittered, so that accounts and replicas do not ask as one. Kept: whoever keeps the queue next goes on from it. */
  async #pause(ms: number): Promise<void> {
    const { leases, clock, database, log } = this.parts;
    this.#lookAt = clock.now().getTime() + Math.min(ms, MOST_PAUSE_MS) * (0.9 + Math.random() * 0.2);
    await leases
      .keepElsewhereLook(database.db, this.lease, new Date(this.#lookAt))
      .catch((error: unknown) => log.warn('the time of the next look into AWS could not be kept', { error }));
  }

  async #projects(): Promise<ReadonlyMap<string, BuildProject>> {
    const rows = await this.parts.database.db
      .selectFrom('build_projects')
      .selectAll()
      .where('engine', '=', 'codebuild')
      .where('account', '=', this.lease.account)
      .where('region', '=', this.lease.region)
      .execute();
    return new Map(rows.map((row) => [row.name, projectFromRow(row)]));
  }

  async #unknown(refs: readonly string[]): Promise<readonly string[]> {
    const known = new Set<string | null>(this.#unfit);
    for (let from = 0; from < refs.length; from += IDS_A_QUERY)
      for (const { engine_ref } of await this.parts.database.db
        .selectFrom('builds')
        .select('engine_ref')
        .where('engine_ref', 'in', refs.slice(from, from + IDS_A_QUERY))
        .execute())
        known.add(engine_ref);
    return refs.filter((ref) => !known.has(ref));
  }

  /** Projects of which the engine is just being told to start a build. */
  async #starting(): Promise<ReadonlySet<string>> {
    const rows = await this.parts.database.db
      .selectFrom('builds')
      .select('project')
      .distinct()
      .where('ended_at', 'is', null)
      .where('account', '=', this.lease.account)
      .where('region', '=', this.lease.region)
      .where('dispatched', '=', 1)
      .where('engine_ref', 'is', null)
      .execute();
    return new Set(rows.map(({ project }) => project));
  }

  /** The oldest first, so that their numbers follow their time. */
  async #takeIn(
    found: readonly ElsewhereBuild[],
    projects: ReadonlyMap<string, BuildProject>,
  ): Promise<readonly string[]> {
    const taken: string[] = [];
    const inOrder = found.toSorted((a, b) => ((a.submittedAt ?? '') < (b.submittedAt ?? '') ? -1 : 1));
    for (const build of inOrder) {
      this.signal.throwIfAborted();
      const project = projects.get(build.project);
      if (project === undefined) continue;
      try {
        const id = await this.#takeInOne(build, project);
        if (id !== undefined) taken.push(id);
      } catch (error) {
        if (!(error instanceof AppError) || (error.kind !== 'invalid' && error.kind !== 'not_found')) throw error;
        this.#unfit.add(build.ref);
        this.parts.log.warn('a build that was started in AWS does not fit its project here', {
          build: build.ref,
          error,
        });
      }
    }
    return taken;
  }

  /** undefined: it is known by now. */
  async #takeInOne(build: ElsewhereBuild, project: BuildProject): Promise<string | undefined> {
    const { database, leases, committed, log } = this.parts;
    const row = elsewhereRow(this.parts, build, project, ORIGIN);
    const isNew = await inTransaction(database, async (trx) => {
      if (!(await leases.keepElsewhereLook(trx, this.lease, new Date(this.#lookAt))))
        throw new AppError('conflict', 'queue_lost', 'Another process keeps this queue by now');
      row.number = await nextNumbers(trx, project.id, 1, project.name);
      if (!(await insertedIfAbsent(trx.insertInto('builds').values(row)))) throw new KnownBuild();
      await recordAction(trx, ORIGIN, {
        type: 'build.adopt',
        targetType: 'build',
        target: row.id,
        after: {
          project: row.project,
          number: row.number,
          trigger: row.trigger_kind,
          aws_build_id: build.ref,
          initiator: build.initiator,
        },
        summary: `${build.initiator} started it in AWS; from here on it is looked after`,
      });
      return true;
    }).catch((error: unknown) => {
      if (error instanceof KnownBuild) return false; // its number is given back with the transaction
      throw error;
    });
    if (!isNew) return undefined;
    committed([row.id]);
    log.info('a build that was started in AWS is looked after', { build: row.id, ref: build.ref });
    return row.id;
  }
}

class KnownBuild extends Error {}
