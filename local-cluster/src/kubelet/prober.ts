/**
 * Probes one running container until it ends, with the timing of Kubernetes: startup first and alone, then liveness and
 * readiness side by side; `initialDelaySeconds`, `periodSeconds`, `timeoutSeconds`, thresholds of results in a row.
 *
 * While a container has not been ready yet, readiness is also tried at a quarter, a half and one second after each
 * regular attempt, for success only: a program that is up in 300 ms is ready then, not after a whole period.
 */
import type { Probe } from '../resources/types.js';
import { delay } from './abortable-delay.js';
import { probeOnce, type ProbeResult, type ProbeTarget } from './probe.js';

export type ProbeKind = 'Startup' | 'Liveness' | 'Readiness';
export interface ProbeHooks {
  onStarted(): void;
  onReady(ready: boolean): void;
  /** Liveness or startup failed for good: the container is to be ended. */
  onFailed(kind: ProbeKind, probe: Probe): void;
  /** Every failed attempt; `reason` is the Event's. */
  onUnhealthy(message: string, kind: ProbeKind, result: ProbeResult): void;
}

const EAGER_MS = [250, 500, 1000];

export async function watchProbes(target: ProbeTarget, hooks: ProbeHooks, signal: AbortSignal): Promise<void> {
  const { startupProbe, livenessProbe, readinessProbe } = target.spec;
  if (startupProbe !== undefined) {
    const started = await untilFirstVerdict(target, startupProbe, hooks, signal);
    if (signal.aborted) return;
    if (!started) {
      hooks.onFailed('Startup', startupProbe);
      return;
    }
  }
  hooks.onStarted();
  if (readinessProbe === undefined) hooks.onReady(true);
  await Promise.all([
    livenessProbe === undefined ? undefined : watchLiveness(target, livenessProbe, hooks, signal),
    readinessProbe === undefined ? undefined : watchReadiness(target, readinessProbe, hooks, signal),
  ]);
}

const seconds = (value: number | undefined, otherwise: number): number => (value ?? otherwise) * 1000;
const periodMs = (probe: Probe): number => Math.max(100, seconds(probe.periodSeconds, 10));

/** Waits until the container is old enough for the first attempt. */
async function initialDelay(target: ProbeTarget, probe: Probe, signal: AbortSignal): Promise<void> {
  const due = target.container.startedAt.getTime() + seconds(probe.initialDelaySeconds, 0);
  await delay(due - Date.now(), signal);
}

async function attempt(
  target: ProbeTarget,
  kind: ProbeKind,
  probe: Probe,
  hooks: ProbeHooks,
  signal: AbortSignal,
): Promise<ProbeResult | undefined> {
  const result = await probeOnce(target, probe, Math.max(100, seconds(probe.timeoutSeconds, 1)));
  if (signal.aborted) return undefined;
  if (!result.ok)
    hooks.onUnhealthy(
      `${kind} probe ${result.unknown === true ? 'errored' : 'failed'}: ${result.message}`,
      kind,
      result,
    );
  return result.unknown === true ? undefined : result;
}

/** Startup: true once it passed, false once it failed `failureThreshold` times in a row. */
async function untilFirstVerdict(
  target: ProbeTarget,
  probe: Probe,
  hooks: ProbeHooks,
  signal: AbortSignal,
): Promise<boolean> {
  await initialDelay(target, probe, signal);
  for (let failures = 0; !signal.aborted;) {
    const result = await attempt(target, 'Startup', probe, hooks, signal);
    if (result?.ok === true) return true;
    if (result !== undefined) failures += 1;
    if (failures >= (probe.failureThreshold ?? 3)) return false;
    await delay(periodMs(probe), signal);
  }
  return false;
}

async function watchLiveness(target: ProbeTarget, probe: Probe, hooks: ProbeHooks, signal: AbortSignal): Promise<void> {
  await initialDelay(target, probe, signal);
  for (let failures = 0; !signal.aborted;) {
    const result = await attempt(target, 'Liveness', probe, hooks, signal);
    if (result?.ok === true) failures = 0;
    else if (result !== undefined) failures += 1;
    if (failures >= (probe.failureThreshold ?? 3)) {
      hooks.onFailed('Liveness', probe);
      return;
    }
    await delay(periodMs(probe), signal);
  }
}

async function watchReadiness(
  target: ProbeTarget,
  probe: Probe,
  hooks: ProbeHooks,
  signal: AbortSignal,
): Promise<void> {
  await initialDelay(target, probe, signal);
  let ready = false;
  let wasReady = false;
  let inARow = 0;
  let last: boolean | undefined;
  while (!signal.aborted) {
    const next = Date.now() + periodMs(probe);
    const result = await attempt(target, 'Readiness', probe, hooks, signal);
    if (signal.aborted) return;
    if (result !== undefined) {
      inARow = result.ok === last ? inARow + 1 : 1;
      last = result.ok;
      const threshold = result.ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
      if (result.ok !== ready && inARow >= threshold) {
        ready = result.ok;
        wasReady ||= ready;
        hooks.onReady(ready);
      }
    }
    if (!wasReady && (probe.successThreshold ?? 1) === 1 && (await eagerly(target, probe, next, signal))) {
      ready = true;
      wasReady = true;
      last = true;
      inARow = 1;
      hooks.onReady(true);
    }
    await delay(next - Date.now(), signal);
  }
}

async function eagerly(target: ProbeTarget, probe: Probe, until: number, signal: AbortSignal): Promise<boolean> {
  const from = Date.now();
  for (const after of EAGER_MS) {
    if (from + after >= until) return false;
    await delay(from + after - Date.now(), signal);
    if (signal.aborted) return false;
    const { ok } = await probeOnce(target, probe, Math.min(seconds(probe.timeoutSeconds, 1), 1000));
    if (ok && !signal.aborted) return true;
  }
  return false;
}
