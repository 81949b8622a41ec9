/**
 * Traces over OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp), when an endpoint is set. Trace context is the platform's own
 * (W3C `traceparent`, on every request and every deployment), so what is exported are finished spans with their ids; the
 * OpenTelemetry SDK batches and sends them. Nothing waits for the other side: spans that it does not take are dropped.
 */
import { createHash } from 'node:crypto';
import type { HrTime } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { messageOf } from '../errors/app-error.js';
import type { Logger } from './logger.js';

export interface FinishedSpan {
  /** With route patterns and stages, never with ids: names are grouped by. */
  readonly name: string;
  /** `server`: a request that came in; `internal`: work of our own. */
  readonly kind: 'server' | 'internal';
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly parentSpanId?: string | undefined;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** What went wrong, without secrets; absent: nothing did. */
  readonly failure?: string | undefined;
  /** By the names of https://opentelemetry.io/docs/specs/semconv where there are any. */
  readonly attributes: Readonly<Record<string, string | number>>;
}
/** Where one service's spans go. */
export interface Tracing {
  record(span: FinishedSpan): void;
  /** Sends what is left, if that can be done within two seconds. */
  stop(): Promise<void>;
}
export interface TracingOptions {
  readonly service: string;
  readonly version: string;
  /** Of the collector, without `/v1/traces`; undefined: no traces. `OTEL_EXPORTER_OTLP_HEADERS` holds its login, if any. */
  readonly endpoint: string | undefined;
  readonly log: Logger;
}

const SEND_MS = 2_000;
const LONGEST_FAILURE = 500;
/** A collector that is away is said once in so long, not with every batch. */
const SAY_AGAIN_MS = 60_000;

export const noTracing: Tracing = { record: () => undefined, stop: async () => undefined };

/** The id of a span that several processes know: the same parts give the same id. 16 hex digits. */
export const spanIdOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);

/** The SDK is loaded only where there is somewhere to send to. */
export async function openTracing({ service, version, endpoint, log }: TracingOptions): Promise<Tracing> {
  if (endpoint === undefined) return noTracing;
  const [{ SpanKind, SpanStatusCode, TraceFlags }, { OTLPTraceExporter }, { resourceFromAttributes }, sdk] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces`, timeoutMillis: SEND_MS });
  const batches = new sdk.BatchSpanProcessor({ exporter: telling(exporter, log), exportTimeoutMillis: SEND_MS });
  const instrumentationScope = { name: 'aws-deployer', version };
  const resource = resourceFromAttributes({
    'service.name': service,
    'service.namespace': 'aws-deployer',
    'service.version': version,
  });
  return {
    record: ({ name, kind, traceId, spanId, parentSpanId, startedAt, endedAt, failure, attributes }) => {
      const context = (id: string) => ({ traceId, spanId: id, traceFlags: TraceFlags.SAMPLED });
      const span: ReadableSpan = {
        name,
        kind: kind === 'server' ? SpanKind.SERVER : SpanKind.INTERNAL,
        spanContext: () => context(spanId),
        ...(parentSpanId === undefined ? {} : { parentSpanContext: context(parentSpanId) }),
        startTime: hrTime(startedAt.getTime()),
        endTime: hrTime(endedAt.getTime()),
        duration: hrTime(Math.max(0, endedAt.getTime() - startedAt.getTime())),
        ended: true,
        status:
          failure === undefined
            ? { code: SpanStatusCode.UNSET }
            : { code: SpanStatusCode.ERROR, message: failure.slice(0, LONGEST_FAILURE) },
        attributes,
        links: [],
        events: [],
        resource,
        instrumentationScope,
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
      };
      batches.onEnd(span);
    },
    stop: () => batches.shutdown(),
  };
}

/** Seconds and nanoseconds. */
const hrTime = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

/** A batch that could not be sent is said in the log and forgotten; the SDK would print it to the console. */
function telling(exporter: SpanExporter, log: Logger): SpanExporter {
  let saidAt = -Infinity;
  return {
    export: (spans, done) =>
      exporter.export(spans, ({ error }) => {
        if (error !== undefined && performance.now() - saidAt >= SAY_AGAIN_MS) {
          saidAt = performance.now();
          log.warn('traces are not taken by their collector', { lost: spans.length, reason: messageOf(error) });
        }
        done({ code: 0 });
      }),
    shutdown: () => exporter.shutdown(),
  };
}
