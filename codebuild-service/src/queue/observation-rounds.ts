/** Asks the engines about the builds that run: many in one look, an engine at a time, later after each failure. */
import { backOff } from '../builds/pace.js';
import type { WatchedBuild } from '../builds/watched-build.js';
import type { WatchParts } from '../builds/watch-parts.js';
import type { BuildEngine } from '../ports/build-engine.js';
import type { QueueLease } from './queue-lease.js';

export class ObservationRounds {
  #observing = false;
  #observeFailures = 0;
  #observeAt = 0;

  constructor(
    private readonly lease: QueueLease,
    private readonly parts: Pick<WatchParts, 'engines' | 'metrics' | 'paces' | 'clock' | 'log'>,
    private readonly signal: AbortSignal,
  ) {}

  /** One look at all that is due; undefined: nothing is, or a look still goes on. It never rejects. */
  begin(watched: readonly WatchedBuild[], now: number): Promise<void> | undefined {
    if (this.#observing || now < this.#observeAt) return undefined;
    const due = watched.filter((build) => build.observable(now));
    if (due.length === 0) return undefined;
    this.#observing = true;
    for (const build of due) build.observeAt = Infinity; // until this look has ended
    return Promise.all(
      [...Map.groupBy(due, ({ build }) => build.engine)].map(([engine, builds]) => this.#observeAll(engine, builds)),
    )
      .then(() => {
        this.#observeFailures = 0;
      })
      .catch((error: unknown) => {
        if (this.signal.aborted) return;
        this.#observeFailures += 1;
        const engine = due[0]?.build.engine ?? 'local';
        this.#observeAt = this.#now() + backOff(this.parts.paces[engine], this.#observeFailures);
        for (const build of due) if (build.observeAt === Infinity) build.observeAt = this.#observeAt;
        this.parts.log.warn('running builds could not be looked at', {
          account: this.lease.account,
          region: this.lease.region,
          failures: this.#observeFailures,
          error,
        });
      })
      .finally(() => {
        this.#observing = false;
      });
  }

  async #observeAll(name: BuildEngine['name'], builds: readonly WatchedBuild[]): Promise<void> {
    const { engines, metrics } = this.parts;
    const engine = engines[name];
    if (engine === undefined) {
      for (const build of builds) build.observed(undefined, this.#now()); // nobody runs it any more
      return;
    }
    const end = metrics.poll.startTimer({ engine: name });
    try {
      const handles = await Promise.all(builds.map((build) => build.handle()));
      const seen = await engine.observe(handles, this.signal);
      builds.forEach((build, index) => {
        const ref = handles[index]?.ref;
        // Begun again meanwhile: what was said is about another run.
        if (ref !== undefined && ref === build.build.engineRef) build.observed(seen.get(ref), this.#now());
        else build.observeAt = this.#now();
      });
      end({ outcome: 'succeeded' });
    } catch (error) {
      end({ outcome: 'failed' });
      throw error;
    }
  }

  #now(): number {
    return this.parts.clock.now().getTime();
  }
}
