/**
 * Which trace the present work belongs to, in the words of W3C Trace Context. Kept beside the work instead of handed through
 * it: every call to another service carries it, whoever makes the call.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** 32 and 16 hex digits. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
}

const present = new AsyncLocalStorage<TraceContext>();

/** Runs `work`, and all that it begins, as a part of this span. */
export const inTrace = <Result>(context: TraceContext, work: () => Result): Result => present.run(context, work);

/** The header for the next hop; undefined outside of any trace. */
export function traceparent(): string | undefined {
  const context = present.getStore();
  return context && `00-${context.traceId}-${context.spanId}-01`;
}
