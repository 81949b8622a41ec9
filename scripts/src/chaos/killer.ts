/**
 * Kills deployers: at the instant of a transition, each in its turn, and at random instants; and starts them
 * again, at once or later. With two replicas it also stops one for longer than its lease, and lets it wake.
 */
import type { Loss } from './checks/loss.js';
import { pause } from './child-process.js';
import type { Random } from './random.js';
import { OUTAGES, type OutagePart, type Replica, type Surroundings } from './surroundings.js';
import type { Tail } from './tail.js';
import { ALL_TRANSITIONS, nameOf, type Transition } from './transitions.js';

export interface Kills {
  /** By the name of the transition at which it was. */
  readonly byTransition: Map<string, number>;
  /** At no transition in particular. */
  atRandom: number;
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
/** A transition that does not come by within this is not waited for. */
const TRANSITION_MS = 8_000;
/** But for those of the promised that are missing towards the end. */
const MISSING_MS = 60_000;
const AT_TRANSITION = 0.75;
/** So many kills for each transition, and none of them need be missed. */
const KILLS_EACH = 5;
const FREEZE = 0.06;
const OUTAGE = 0.15;
const FREEZE_MS = 14_000;
/** Nothing is taken over so late: the deployment itself is then reported. */
const TAKEOVER_MS = 60_000;

export class Killer {
  readonly kills: Kills = { byTransition: new Map(), atRandom: 0, recoveries: [], freezes: 0, outages: 0 };
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
      await pause(random.between(100, 800));
      await this.#one(count - n + 1);
      if (n % 10 === 0 || n === count)
        say(
          `${n} of ${count} kills, ${Math.round((Date.now() - began) / 1000)} s, ${this.parts.tail.states.size} deployments`,
        );
    }
    await Promise.all(this.#later);
    for (const replica of surroundings.replicas) if (!replica.runs) await replica.start();
  }

  /** Transitions at which there was no kill yet: all of them are promised where there are enough kills for it. */
  missing(): readonly Transition[] {
    return ALL_TRANSITIONS.filter((transition) => !this.kills.byTransition.has(nameOf(transition)));
  }

  /** `left`: how many kills there are, with this one. */
  async #one(left: number): Promise<void> {
    const { random, surroundings, tail, outages } = this.parts;
    const { replicas } = surroundings;
    if (outages && random.chance(OUTAGE)) this.#outage();
    // One at a time, so that there is always somebody to take over.
    const alone = replicas.length === 1 || this.#away || replicas.some(({ runs }) => !runs);
    if (!alone && random.chance(FREEZE)) this.#freeze(random.pick(replicas));
    const missing = this.missing();
    const lastChance = missing.length > 0 && left <= missing.length * 2;
    const wanted = lastChance ? missing : random.chance(AT_TRANSITION) ? this.#leastKilled() : [];
    const names = new Set(wanted.map(nameOf));
    const wait = lastChance ? MISSING_MS : TRANSITION_MS;
    const change = names.size === 0 ? undefined : await tail.next((one) => names.has(nameOf(one)), wait);
    const victim = replicas.find(({ pid }) => pid === change?.pid) ?? random.pick(replicas);
    if (!victim.runs) await victim.start();
    const held = [...tail.holders].filter(([, { pid }]) => pid === victim.pid).map(([id]) => id);
    const killed = victim.pid;
    await victim.kill();
    this.#count(change);
    for (const id of held) this.#later.push(this.#measure(id, killed, Date.now()));
    const late = !alone && !this.#away && random.chance(0.4) ? random.between(1_000, 13_000) : 0;
    if (late === 0) await victim.start();
    else this.#later.push(pause(late).then(() => (victim.runs ? undefined : victim.start())));
  }

  /** Whichever of them comes first: so each has its turn, and the rare ones are not waited for one by one. */
  #leastKilled(): readonly Transition[] {
    const timesOf = (transition: Transition): number => this.kills.byTransition.get(nameOf(transition)) ?? 0;
    const fewest = Math.min(...ALL_TRANSITIONS.map(timesOf));
    const least = ALL_TRANSITIONS.filter((transition) => timesOf(transition) === fewest);
    const next = Math.min(...ALL_TRANSITIONS.map(timesOf).filter((times) => times > fewest));
    return least.length > 4 || this.parts.random.chance(0.5)
      ? least
      : ALL_TRANSITIONS.filter((transition) => timesOf(transition) <= next);
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

  #count(change: Transition | undefined): void {
    const { byTransition } = this.kills;
    if (change === undefined) this.kills.atRandom += 1;
    else byTransition.set(nameOf(change), (byTransition.get(nameOf(change)) ?? 0) + 1);
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

/** What of the promise was not kept: with so many kills each transition is killed at, else none is promised. */
export const unkilled = (killer: Pick<Killer, 'missing'>, count: number): Loss[] =>
  promisesAll(count)
    ? killer.missing().map((transition) => ({ subject: nameOf(transition), what: 'was never killed at' }))
    : [];
export const promisesAll = (count: number): boolean => count >= ALL_TRANSITIONS.length * KILLS_EACH;
