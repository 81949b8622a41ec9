/**
 * Which build starts next: weighted fair over teams, first come first served inside a team. Pure; times are milliseconds of
 * the epoch, sizes are estimated seconds.
 *
 * Start-time fair queueing. Each team has a finish tag: where its last started build ends on a clock that counts seconds of
 * work per weight. The next build of a team would start at max(the clock, its finish tag); the team whose start is the
 * earliest goes first, and the clock moves there. A team with two hundred builds so moves its own tag far ahead, and the one
 * build of another team, which starts where the clock stands, goes before all but the first of them. A team that was away
 * saves nothing up and owes nothing.
 */
export interface FairState {
  readonly clock: number;
  /** By team; one that is behind the clock is left out. */
  readonly finish: Readonly<Record<string, number>>;
}
export const FRESH: FairState = { clock: 0, finish: {} };

export interface WaitingBuild {
  readonly id: string;
  readonly project: string;
  readonly team: string;
  /** null: nothing is known of how long it takes. */
  readonly seconds: number | null;
  /** The account said that it was full: not tried before this instant. */
  readonly notBefore: number | null;
  /** Builds that must have ended before; one that is neither waiting nor running has. */
  readonly after: readonly string[];
}
export interface RunningBuild {
  readonly id: string;
  readonly project: string;
}
export interface QueueRules {
  /** Builds that may run at once. */
  readonly limit: number;
  /** A team that is not named weighs 1. */
  readonly weights: ReadonlyMap<string, number>;
  /** By project; one that is not named has no limit of its own. */
  readonly projectLimits: ReadonlyMap<string, number>;
}
export interface QueueInput {
  /** In the order in which they came. */
  readonly waiting: readonly WaitingBuild[];
  readonly running: readonly RunningBuild[];
  readonly rules: QueueRules;
  readonly state: FairState;
}

/** What a build counts for while nobody knows how long it takes. */
export const UNKNOWN_SECONDS = 120;

/** The working copy of one decision or one forecast: `next` moves builds from waiting to running. */
export class FairQueue {
  readonly #teams = new Map<string, WaitingBuild[]>();
  readonly #order = new Map<string, number>();
  readonly #open = new Set<string>();
  readonly #ofProject = new Map<string, number>();
  readonly #rules: QueueRules;
  readonly #finish: Map<string, number>;
  #running: number;
  #clock: number;

  constructor({ waiting, running, rules, state }: QueueInput) {
    this.#rules = rules;
    this.#clock = state.clock;
    this.#finish = new Map(Object.entries(state.finish));
    this.#running = running.length;
    for (const { id, project } of running) {
      this.#open.add(id);
      this.#count(project, 1);
    }
    waiting.forEach((build, index) => {
      this.#open.add(build.id);
      this.#order.set(build.id, index);
      const team = this.#teams.get(build.team);
      if (team) team.push(build);
      else this.#teams.set(build.team, [build]);
    });
  }

  get waiting(): number {
    return [...this.#teams.values()].reduce((sum, team) => sum + team.length, 0);
  }

  /** The next to start at the instant `now`, counted as running from here on; undefined: none may. */
  next(now: number): WaitingBuild | undefined {
    if (this.#running >= this.#rules.limit) return undefined;
    let best: { readonly build: WaitingBuild; readonly start: number } | undefined;
    for (const [team, builds] of this.#teams) {
      const build = builds.find((one) => this.#isFree(one, now));
      if (build === undefined) continue;
      const start = Math.max(this.#clock, this.#finish.get(team) ?? 0);
      if (best === undefined || start < best.start || (start === best.start && this.#cameBefore(build, best.build)))
        best = { build, start };
    }
    if (best === undefined) return undefined;
    this.#begin(best.build, best.start);
    return best.build;
  }

  /** A running build ended: its place is free. */
  ended({ id, project }: RunningBuild): void {
    if (!this.#open.delete(id)) return;
    this.#running -= 1;
    this.#count(project, -1);
  }

  state(): FairState {
    return { clock: this.#clock, finish: Object.fromEntries([...this.#finish].filter(([, tag]) => tag > this.#clock)) };
  }

  /** Why this waiting build does not start at `now`, one sentence. */
  reasonOf(build: WaitingBuild, now: number): string {
    const { limit, projectLimits } = this.#rules;
    const own = projectLimits.get(build.project);
    if (build.after.some((id) => this.#open.has(id))) return 'Waits for builds of its batch on which it depends.';
    if (own !== undefined && this.#runningOf(build.project) >= own)
      return `Project ${build.project} runs ${this.#runningOf(build.project)} of the ${own} builds that it may at once.`;
    if (this.#running >= limit) return `The account runs ${this.#running} of the ${limit} builds that it may at once.`;
    if (build.notBefore !== null && build.notBefore > now)
      return `The account was full a moment ago: it is tried again at ${new Date(build.notBefore).toISOString()}.`;
    return 'Is about to start.';
  }

  #begin(build: WaitingBuild, start: number): void {
    const builds = this.#teams.get(build.team) ?? [];
    builds.splice(builds.indexOf(build), 1);
    if (builds.length === 0) this.#teams.delete(build.team);
    const weight = Math.max(1, this.#rules.weights.get(build.team) ?? 1);
    this.#clock = start;
    this.#finish.set(build.team, start + Math.max(1, build.seconds ?? UNKNOWN_SECONDS) / weight);
    this.#running += 1;
    this.#count(build.project, 1);
  }

  #isFree({ project, notBefore, after }: WaitingBuild, now: number): boolean {
    const own = this.#rules.projectLimits.get(project);
    return (
      (notBefore === null || notBefore <= now) &&
      (own === undefined || this.#runningOf(project) < own) &&
      !after.some((id) => this.#open.has(id))
    );
  }

  #cameBefore(a: WaitingBuild, b: WaitingBuild): boolean {
    return (this.#order.get(a.id) ?? 0) < (this.#order.get(b.id) ?? 0);
  }
  #runningOf(project: string): number {
    return this.#ofProject.get(project) ?? 0;
  }
  #count(project: string, by: number): void {
    this.#ofProject.set(project, this.#runningOf(project) + by);
  }
}

/** All that may start now, in their order, and what the teams have had afterwards. */
export function startNow(
  input: QueueInput,
  now: number,
): { readonly start: readonly WaitingBuild[]; readonly state: FairState } {
  const queue = new FairQueue(input);
  const start: WaitingBuild[] = [];
  for (let build = queue.next(now); build !== undefined; build = queue.next(now)) start.push(build);
  return { start, state: queue.state() };
}
