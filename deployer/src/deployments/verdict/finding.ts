/** What one rule found: a verdict, and when it may be acted upon. */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { textOf, type EventObject, type Pod } from './objects.js';

/**
 * Which finding is said when several hold: the cause before its effects. A container that was killed for want of memory is
 * also one that crashes, and a pod that crashes is also one that is not ready.
 */
export const WEIGHT = {
  rejected: 100,
  namespace: 95,
  creation: 90,
  start: 80,
  killed: 70,
  crash: 60,
  serving: 50,
  readiness: 40,
  /** What a controller says of the whole, which a container explains better. */
  outcome: 30,
  deadline: 10,
  departed: 8,
  note: 2,
} as const;

export interface Finding {
  readonly code: string;
  readonly fault: VerdictView['fault'];
  readonly weight: number;
  /** Which pod, when the finding is about one; it must hold for all pods or for two before it is acted upon. */
  readonly pod?: string;
  readonly object: string;
  readonly container?: string;
  readonly reason: string;
  readonly suggestion: string;
  readonly exitCode?: number;
  readonly events?: readonly EventObject[];
  /** Used when no log could be fetched: the container's last words in its status. */
  readonly lastWords?: string;
  /** Milliseconds that it must stand before it is even said; 0 unless given. */
  readonly sayAfterMs?: number;
  /** What its time is counted by: it counts anew when this changes. */
  readonly phase?: string;
  /** Milliseconds that a release fault must stand before it is acted upon; undefined: said only, never acted upon. */
  readonly actAfterMs: number | undefined;
  /** The container's log is worth fetching. */
  readonly wantsLog?: boolean;
}

/** As people write them. */
export const KIND_NAMES: Readonly<Record<string, string>> = { configmap: 'ConfigMap', secret: 'Secret' };

export const podName = (pod: Pod): string => `Pod ${pod.metadata.name}`;

export const eventLines = (events: readonly EventObject[]): string[] =>
  [...new Set(events.map((event) => `${event.reason ?? 'Event'}: ${textOf(event).trim()}`))].slice(-5);

/** Begins with a capital and ends with one full stop, whatever it was put together from. */
export const sentenceOf = (text: string): string => {
  const bare = text.trim().replace(/[.\s]+$/, '');
  return `${bare.charAt(0).toUpperCase()}${bare.slice(1)}.`;
};

/** The last lines of a text, without empty ones. */
export const lastLines = (text: string, most = 20): string[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-most);
