/**
 * Kills deployers: at the instant at which a state appears, each state in its turn, and at random instants; and starts them
 * again, at once or later. With two replicas it also stops one for longer than its lease, and lets it wake.
 */
import { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { pause } from './child-process.js';
import type { Random } from './random.js';
import { OUTAGES, type OutagePart, type Replica, type Surroundings } from './surroundings.js';
import type { Tail } from './tail.js';

export interface Kills {
  /** By the state at which it was; `any moment` for the others. */
  readonly byState: Map<string, number>;
  /** Milliseconds from a kill until another process holds what the killed one held. */
  readonly recoveries: number[];
  freezes: number;
  outages: number;
}
export interface KillerParts {
  readonly surroundings: Surroundings;
  readonly tail: Tail;
  readonly random: Random;
  /** The parts beside the deployer are killed too. */
  readonly outages: boolean;
  readonly say: (line: string) => void;
}
const ANY = 'any moment';
const STATES = DeploymentState.options;
/** A state that does not come by within this is not waited for. */
const STATE_MS = 8_000;
const AT_STATE = 0.7;
const FREEZE = 0.06;
const OUTAGE = 0.15;
const FREEZE_MS = 14_000;
/** Nothing is taken over so late: the deployment itself is then reported. */
const TAKEOVER_MS = 60_000;

export class Killer {
  readonly kills: Kills = { byState: new Map(), recoveries: [], freezes: 0, outages: 0 };
  readonly #later: Promise<void>[] = [];
  readonly #outages = new Set<OutagePart>();
  /** One of two is paused. */
  #away = false;

  constructor(private readonly parts: KillerParts) {}

  /** Resolves when `count` kills are done and every deployer runs again. */
  async run(count: number): Promise<void> {
    const { random, say, surroundings } = this.parts;
    const began = Date.now();
    for (let n = 1; n <= count; n += 1) {
      await pause(random.between(150, 1_600));
      await this.#one();
      if (n % 10 === 0 || n === count)
        say(
          `${n} of ${count} kills, ${Math.round((Date.now() - began) / 1000)} s, ${this.parts.tail.states.size} deployments`,
        );
    }
    await Promise.all(this.#later);
    for (const replica of surroundings.replicas) if (!replica.runs) await replica.start();
  }

  async #one(): Promise<void> {
    const { random, surroundings, tail, outages } = this.parts;
    const { replicas } = surroundings;
    if (outages && random.chance(OUTAGE)) this.#outage();
    // One at a time, so that there is always somebody to take over.
    const alone = replicas.length === 1 || this.#away || replicas.some(({ runs }) => !runs);
    if (!alone && random.chance(FREEZE)) this.#freeze(random.pick(replicas));
    const wanted = random.chance(AT_STATE) ? this.#leastKilled() : [];
    const change = wanted.length === 0 ? undefined : await tail.next(({ state }) => wanted.includes(state), STATE_MS);
    const victim = replicas.find(({ pid }) => pid === change?.pid) ?? random.pick(replicas);
    if (!victim.runs) await victim.start();
    const held = [...tail.holders].filter(([, { pid }]) => pid === victim.pid).map(([id]) => id);
    const killed = victim.pid;
    await victim.kill();
    this.#count(change?.state ?? ANY);
    for (const id of held) this.#later.push(this.#measure(id, killed, Date.now()));
    const late = !alone && !this.#away && random.chance(0.4) ? random.between(1_000, 13_000) : 0;
    if (late === 0) await victim.start();
    else this.#later.push(pause(late).then(() => (victim.runs ? undefined : victim.start())));
  }

  /** Whichever of them comes first: so each state has its turn, and the rare ones are not waited for one by one. */
  #leastKilled(): DeploymentState[] {
    const timesOf = (state: string): number => this.kills.byState.get(state) ?? 0;
    const fewest = Math.min(...STATES.map(timesOf));
    const least = STATES.filter((state) => timesOf(state) === fewest);
    const next = Math.min(...STATES.map(timesOf).filter((times) => times > fewest));
    return least.length > 4 ? least : STATES.filter((state) => timesOf(state) <= next);
  }

  /** A part beside the deployer is gone for a while. */
  #outage(): void {
    const { random, surroundings } = this.parts;
    const part = random.pick(OUTAGES);
    if (this.#outages.has(part)) return;
    this.#outages.add(part);
    this.kills.outages += 1;
    this.#later.push(
      surroundings.outage(part, random.between(1_000, 6_000)).then(() => void this.#outages.delete(part)),
    );
  }

  #count(state: string): void {
    this.kills.byState.set(state, (this.kills.byState.get(state) ?? 0) + 1);
  }

  #freeze(replica: Replica): void {
    if (!replica.runs) return;
    const { pid } = replica;
    this.kills.freezes += 1;
    this.#away = true;
    replica.signal('SIGSTOP');
    this.#later.push(
      pause(FREEZE_MS).then(() => {
        this.#away = false;
        if (replica.pid === pid && replica.runs) replica.signal('SIGCONT');
      }),
    );
  }

  async #measure(id: string, killed: number, at: number): Promise<void> {
    const { tail } = this.parts;
    const limit = Date.now() + TAKEOVER_MS;
    while (Date.now() < limit) {
      const held = tail.holders.get(id);
      if (held === undefined) return; // it has just ended: nothing was to be taken over
      if (held.pid !== killed) {
        this.kills.recoveries.push(Math.max(0, held.since - at));
        return;
      }
      await pause(20);
    }
    this.kills.recoveries.push(TAKEOVER_MS);
  }
}
