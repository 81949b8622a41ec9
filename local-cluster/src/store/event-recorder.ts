import { hostname } from 'node:os';
import type { KubeObject, ObjectStore } from './object-store.js';
import type { KubeEvent } from '../resources/types.js';

/**
 * Core/v1 Events as client-go records them: the same event again raises its count; ten different messages of one reason
 * within ten minutes become one "(combined from similar events)"; one object and component may write 25 events at once
 * and then one every five minutes. The scheduler writes with the newer recorder: an `eventTime`, an action, and a series in
 * place of the count.
 */
export interface EventInput {
  readonly object: KubeObject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  /** `spec.containers{web}`, where the event is about one container. */
  readonly fieldPath?: string;
  readonly host?: string;
}

/** What the recorder decided: write a new event, or raise an existing one. */
export type EventWrite =
  | { readonly kind: 'create'; readonly event: KubeEvent }
  | {
      readonly kind: 'count';
      readonly namespace: string;
      readonly name: string;
      readonly message: string;
      readonly at: string;
      /** With the microseconds that a series has. */
      readonly exactly: string;
    };

const SCHEDULER = 'default-scheduler';
const microTime = (atMs: number): string => new Date(atMs).toISOString().replace('Z', '000Z');
const SIMILAR_BEFORE_COMBINED = 10;
const SIMILAR_WINDOW_MS = 600_000;
const BURST = 25;
const REFILL_MS = 300_000;
const MAX_REMEMBERED = 4_096;

interface Similar {
  readonly messages: Set<string>;
  lastAt: number;
}
interface Budget {
  tokens: number;
  at: number;
}

/** A map that forgets its oldest entries, as client-go's LRU caches do. */
class Remembered<T> {
  readonly #entries = new Map<string, T>();
  get(key: string): T | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }
  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > MAX_REMEMBERED) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
  }
}

export class EventRecorder {
  readonly #names = new Remembered<{ namespace: string; name: string }>();
  readonly #similar = new Remembered<Similar>();
  readonly #budgets = new Remembered<Budget>();
  /** One count for all recorders: two components may speak of one object in the same millisecond. */
  static #serial = 0n;

  constructor(private readonly store: ObjectStore) {}

  /** Undefined: the spam filter swallowed it. */
  record(input: EventInput, nowMs = Date.now()): EventWrite | undefined {
    const { object, type, reason, component } = input;
    const about = `${component}|${input.host ?? ''}|${object.kind}|${object.metadata.namespace ?? ''}|${object.metadata.name}|${object.metadata.uid ?? ''}|${input.fieldPath ?? ''}`;
    if (!this.#affords(about, nowMs)) return undefined;
    const { message, key } = this.#combine(`${about}|${type}|${reason}`, input.message, nowMs);
    const at = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const known = this.#names.get(key);
    if (known !== undefined && this.store.get('core/events', known.namespace, known.name) !== undefined)
      return { kind: 'count', ...known, message, at, exactly: microTime(nowMs) };
    const event = this.#event(input, message, at, nowMs);
    this.#names.set(key, { namespace: event.metadata.namespace ?? 'default', name: event.metadata.name });
    return { kind: 'create', event };
  }

  #affords(about: string, nowMs: number): boolean {
    const budget = this.#budgets.get(about) ?? { tokens: BURST, at: nowMs };
    budget.tokens = Math.min(BURST, budget.tokens + (nowMs - budget.at) / REFILL_MS);
    budget.at = nowMs;
    this.#budgets.set(about, budget);
    if (budget.tokens < 1) return false;
    budget.tokens -= 1;
    return true;
  }

  #combine(kind: string, message: string, nowMs: number): { message: string; key: string } {
    let similar = this.#similar.get(kind);
    if (similar === undefined || nowMs - similar.lastAt > SIMILAR_WINDOW_MS)
      this.#similar.set(kind, (similar = { messages: new Set(), lastAt: nowMs }));
    similar.lastAt = nowMs;
    similar.messages.add(message);
    return similar.messages.size < SIMILAR_BEFORE_COMBINED
      ? { message, key: `${kind}|${message}` }
      : { message: `(combined from similar events): ${message}`, key: kind };
  }

  #event(input: EventInput, message: string, at: string, nowMs: number): KubeEvent {
    const { object, type, reason, component, fieldPath, host } = input;
    const { name, namespace, uid, resourceVersion } = object.metadata;
    EventRecorder.#serial += 1n;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${(BigInt(nowMs) * 1_000_000n + (EventRecorder.#serial % 1_000_000n)).toString(16)}`,
        namespace: namespace ?? 'default',
      },
      involvedObject: {
        kind: object.kind,
        ...(namespace === undefined ? {} : { namespace }),
        name,
        ...(uid === undefined ? {} : { uid }),
        apiVersion: object.apiVersion,
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      reason,
      message,
      type,
      ...(component === SCHEDULER
        ? {
            source: {},
            firstTimestamp: null,
            lastTimestamp: null,
            eventTime: microTime(nowMs),
            action: reason === 'Scheduled' ? 'Binding' : 'Scheduling',
            reportingComponent: component,
            reportingInstance: `${component}-${hostname()}`,
          }
        : {
            source: { component, ...(host === undefined ? {} : { host }) },
            firstTimestamp: at,
            lastTimestamp: at,
            count: 1,
            eventTime: null,
            reportingComponent: component,
            reportingInstance: host ?? '',
          }),
    };
  }
}
