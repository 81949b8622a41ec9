/** How long the builds of a project took: the estimate of its next one, by the size of machine where that is known. */
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import type { CodebuildSchema } from '../schema.js';
import { estimateSeconds } from './build-estimate.js';

const LOOKED_AT = 50;
const KEPT_MS = 10_000;
/** Of one size fewer than these say less than all sizes together. */
const ENOUGH = 3;

interface Past {
  readonly compute: string;
  readonly seconds: number;
}

export class BuildHistory {
  readonly #kept = new Map<string, { readonly at: number; readonly past: Promise<readonly Past[]> }>();

  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly clock: Clock,
  ) {}

  /** Seconds; null while no build of the project has succeeded. */
  async estimate({
    projectId,
    project,
    compute,
  }: {
    projectId: string;
    project: string;
    compute: string;
  }): Promise<number | null> {
    const past = await this.#past(projectId, project);
    const same = past.filter((build) => build.compute === compute);
    return estimateSeconds((same.length >= ENOUGH ? same : past).map(({ seconds }) => seconds));
  }

  /** A build of it has ended. */
  forget(projectId: string): void {
    this.#kept.delete(projectId);
  }

  #past(projectId: string, project: string): Promise<readonly Past[]> {
    const now = this.clock.now().getTime();
    const kept = this.#kept.get(projectId);
    if (kept !== undefined && now - kept.at < KEPT_MS) return kept.past;
    const past = this.#read(projectId, project);
    this.#kept.set(projectId, { at: now, past });
    past.catch(() => this.#kept.delete(projectId)); // the caller is told
    if (this.#kept.size > 5_000) this.#kept.delete(this.#kept.keys().next().value ?? '');
    return past;
  }

  async #read(projectId: string, project: string): Promise<readonly Past[]> {
    const rows = await this.database.db
      .selectFrom('builds')
      .select(['compute', 'duration_ms'])
      .where('project', '=', project) // the index; the id tells a project from an earlier one of its name
      .where('project_id', '=', projectId)
      .where('status', '=', 'succeeded')
      .orderBy('id', 'desc')
      .limit(LOOKED_AT)
      .execute();
    return rows.flatMap(({ compute, duration_ms }) =>
      duration_ms === null ? [] : [{ compute, seconds: Number(duration_ms) / 1000 }],
    );
  }
}
