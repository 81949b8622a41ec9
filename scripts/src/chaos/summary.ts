/** What a chaos run prints at its end. */
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import type { Loss } from './checks/loss.js';
import type { Kills } from './killer.js';
import { ALL_TRANSITIONS, nameOf } from './transitions.js';

/** Within this another process has taken over: the lease, and a moment to look. */
const TAKEOVER_BAR_MS = 15_000;

export interface Summary {
  readonly seconds: number;
  readonly seed: number;
  readonly kills: Kills;
  readonly states: ReadonlyMap<string, readonly DeploymentState[]>;
  readonly losses: readonly Loss[];
}

export function printSummary({ seconds, seed, kills, states, losses }: Summary, say: (line: string) => void): void {
  const total = [...kills.byTransition.values()].reduce((sum, count) => sum + count, kills.atRandom);
  const killedAt = ALL_TRANSITIONS.map((one) => ({ ...one, times: kills.byTransition.get(nameOf(one)) ?? 0 }));
  say(`${total} kills in ${Math.round(seconds)} s, seed ${seed}`);
  say(`  at        ${countsLine(sums(killedAt.map(({ to, times }) => [to, times])))}, any moment ${kills.atRandom}`);
  say(`  of        ${killedAt.length} transitions ${killedAt.filter(({ times }) => times > 0).length} were killed at`);
  for (const one of killedAt) say(`            ${String(one.times).padStart(3)} × ${nameOf(one)}`);
  if (kills.freezes > 0) say(`  beside    ${kills.freezes} times a replica was stopped for longer than its lease`);
  if (kills.outages > 0)
    say(`  beside    ${kills.outages} outages of the cluster with its registry, or of history, monitor and auth`);
  const ends = sums([...states.values()].map((way) => [way.at(-1) ?? '?', 1]));
  say(`${states.size} deployments ended: ${countsLine(ends)}`);
  const sorted = [...kills.recoveries].sort((a, b) => a - b);
  const at = (share: number): string =>
    seconds1(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  say(`${sorted.length} takeovers: median ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)} (bar ${TAKEOVER_BAR_MS / 1000} s)`);
  say(`losses: ${losses.length}`);
  for (const { subject, what } of losses) say(`  ${subject}: ${what}`);
}

/** What of the run itself is a loss: a takeover that came too late. */
export const lateTakeovers = ({ recoveries }: Kills): Loss[] =>
  recoveries.filter((ms) => ms > TAKEOVER_BAR_MS).map((ms) => ({ subject: 'takeover', what: `took ${seconds1(ms)}` }));

const sums = (pairs: readonly (readonly [string, number])[]): Map<string, number> => {
  const all = new Map<string, number>();
  for (const [name, count] of pairs) all.set(name, (all.get(name) ?? 0) + count);
  return all;
};
const seconds1 = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const countsLine = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
