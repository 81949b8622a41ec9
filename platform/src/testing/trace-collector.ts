/** The receiving end of OTLP/HTTP, as a collector has it: keeps the spans that it is sent. */
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Milliseconds. */
  readonly tookMs: number;
  readonly failure: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}
interface Value {
  readonly stringValue?: string;
  readonly intValue?: number;
}
interface Attribute {
  readonly key: string;
  readonly value: Value;
}
interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string;
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly status: { readonly code: number; readonly message?: string };
        readonly attributes: readonly Attribute[];
      }[];
    }[];
  }[];
}
const ERROR = 2;

const attributesOf = (all: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(all.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

export interface TraceCollector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** What it answers; 200 unless set. */
  status: number;
  stop(): Promise<void>;
}

export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    json(request)
      .then((body) => {
        if (collector.status === 200 && request.url === '/v1/traces') spans.push(...spansOf(body as TraceRequest));
        response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}');
      })
      .catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    status: 200,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return collector;
}

const spansOf = ({ resourceSpans }: TraceRequest): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        service: String(attributesOf(resource.attributes)['service.name']),
        name: span.name,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        tookMs: Number((BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1_000_000n),
        failure: span.status.code === ERROR ? (span.status.message ?? '') : undefined,
        attributes: attributesOf(span.attributes),
      })),
  );
